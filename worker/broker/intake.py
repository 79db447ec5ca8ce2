"""One channel's consumer while it lasts: how much it may bring, and what of it is finished."""

import asyncio
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from aiormq.abc import AbstractChannel
from pamqp import commands

from worker import errors
from worker.broker import depth, faults, topology, watchdog
from worker.broker.connection import Session
from worker.broker.ledger import Ledger
from worker.broker.sieve import Brought
from worker.broker.window import Window
from worker.clock import Clock

#: Seconds to write an acknowledgement to the socket; the broker does not answer it.
ACK_WITHIN = 10.0
#: Seconds before a broker that could not tell the depth of the inbox is asked again.
_ASK_AGAIN_AFTER = 0.1

Take = Callable[["Intake", Brought], None]


@dataclass(frozen=True, slots=True)
class Channels:
    """What an intake works on, while the session lasts."""

    session: Session
    hot: AbstractChannel
    """brings messages, and answers behind those that it brought before"""
    side: AbstractChannel
    """for the watchdog"""


class Intake:
    """A consumer of the inbox on a channel of its own, with a side channel for its watchdog."""

    def __init__(self, channels: Channels, prefetch: int, take: Take, clock: Clock) -> None:
        self.ledger = Ledger()
        self.window = Window(prefetch, self.ledger)
        self._session = channels.session
        self._channel = channels.hot
        self._side = channels.side
        self._take = take
        self._clock = clock
        self._backlog = math.inf
        """messages to finish before what had gathered is worked off; not known at first"""
        self._watchdog = watchdog.Watchdog()
        self._consumer_tag = ""
        self._ack_turn = asyncio.Lock()
        self._channel.on_consumer_cancel_callbacks.add(self._cancelled_by_broker)

    async def begin(self) -> None:
        """Have messages brought, and count what has gathered until now."""
        self._backlog = math.inf
        # What is on its way to us would be counted nowhere.
        await self.stop()
        waiting = (await watchdog.look(self._side)).waiting
        before = self.ledger.delivered
        await self._start()
        # One that was called empty was perhaps only busy, and what is on its way to us lay there.
        self._backlog = before + waiting if waiting else await self._unread()

    async def adjust(self) -> None:
        """Keep to the window.

        A changed window needs a new consumer: the broker fixes it when one starts. What is in
        hand stays in hand, and is acknowledged on this channel as before. What the broker was
        about to bring comes to the next one, marked as redelivered.
        """
        is_due = self.window.is_due()
        if is_due:
            await self._cancel()
        await self.tell()
        if is_due:
            await self._start()

    async def stop(self) -> None:
        """Have nothing more brought."""
        await self._cancel()
        # What is finished shall not come again because a gap before it stays open to the end.
        await self.tell()

    async def part(self) -> None:
        """Have nothing more brought; return when the broker has forgotten all that is finished.

        The broker's channel stashes acknowledgements that come faster than the queue takes them,
        and forgets them when it is closed: the messages would come again. It hands them on once
        the queue has answered it, which it must for a consumer to begin and to end. The message
        that this one may be brought is given back.
        """
        await self.stop()
        if self.ledger.finished:
            await self._start()
            await self._cancel()
            await depth.of(self._channel, topology.INBOX)

    async def _cancel(self) -> None:
        if self.window.open:
            await self._channel.basic_cancel(self._consumer_tag)
            self.window.close()

    async def _start(self) -> None:
        self._watchdog = watchdog.Watchdog()
        # Never global: on a quorum queue that closes the whole connection.
        await self._channel.basic_qos(prefetch_count=self.window.renew(), global_=False)
        self._consumer_tag = await self._session.consume(self._channel, topology.INBOX, self._bring)

    async def _unread(self) -> int:
        """Messages to finish before all that lies there now, or is on its way, is worked off."""
        # A quorum queue that is busy for a quarter of a second, or has no leader, is said to
        # have no messages and no consumers; but we consume.
        while not (seen := await depth.of(self._channel, topology.INBOX)).consumers:
            await self._clock.sleep(_ASK_AGAIN_AFTER)
        # What was on its way to us may come after that answer, but not after the next.
        await depth.of(self._channel, topology.INBOX)
        return self.ledger.delivered + seen.waiting

    def _bring(self, message: Brought) -> None:
        self.ledger.deliver(message.tag)
        self._take(self, message)

    async def settle(self, tags: Iterable[int]) -> None:
        """Finish these, and have the broker told.

        Raises BrokerUnavailable if that could not be done.
        """
        self.ledger.finish(tags)
        # The broker would at once bring as much to a consumer that is about to be replaced, and
        # leave the next one no more room: it is told between the two.
        if not self.window.is_due():
            await self.tell()

    async def tell(self) -> None:
        """Let the broker forget what is finished. Raises as `settle` does."""
        # In turns: an older tag sent after a newer one would be unknown, and close the channel.
        async with self._ack_turn:
            with faults.translated():
                async with asyncio.timeout(ACK_WITHIN):
                    await self._acknowledge()

    async def _acknowledge(self) -> None:
        if (tag := self.ledger.advance()) is not None:
            await self._channel.basic_ack(tag, multiple=True)
        # A message that cannot be finished (a dead letter while the publisher is blocked) must
        # not fill the window with those that came after it, and so stop the input.
        for tag in self.ledger.overdue(max(self.window.open // 2, 1)):
            await self._channel.basic_ack(tag)

    async def look(self) -> watchdog.Look:
        """Ask the broker how it stands. Raises BrokerUnavailable if our consumer is dead."""
        seen = await watchdog.look(self._side)
        if self.window.open:
            ledger = self.ledger
            why = self._watchdog.judge(seen, delivered=ledger.delivered, in_hand=ledger.in_hand)
            if why:
                raise errors.BrokerUnavailable(why)
        return seen

    async def heed(self, seen: watchdog.Look) -> None:
        """An inbox that was seen empty is worked off with what is on its way to us."""
        if self.window.open and seen.consumers and not (seen.waiting or self.is_caught_up()):
            self._backlog = min(self._backlog, await self._unread())

    def is_caught_up(self) -> bool:
        """Whether the depth found at the beginning is worked off, or the inbox was seen empty."""
        return self.ledger.finished >= self._backlog

    def _cancelled_by_broker(self, _: commands.Basic.Cancel) -> None:
        why = f"the broker cancelled our consumer on {topology.INBOX}"
        self._session.fail(errors.BrokerUnavailable(why))
