"""One channel's consumer while it lasts: how much it may bring, and what of it is finished."""

import asyncio
import math
from collections.abc import Callable, Iterable

from aiormq.abc import AbstractChannel, DeliveredMessage
from pamqp import commands

from worker import errors
from worker.broker import faults, topology, watchdog
from worker.broker.connection import Session
from worker.broker.ledger import Ledger

#: Seconds to write an acknowledgement to the socket; the broker does not answer it.
ACK_WITHIN = 10.0


class Intake:
    """A consumer of the inbox on a channel of its own, with a side channel for its watchdog."""

    def __init__(self, channel: AbstractChannel, side: AbstractChannel, session: Session) -> None:
        self.ledger = Ledger()
        self.backlog = math.inf
        """messages to finish before what had gathered is worked off; not known at first"""
        self._channel = channel
        self._side = side
        self._session = session
        self._watchdog = watchdog.Watchdog()
        self._window = 0
        self._consumer_tag = ""
        self._ack_turn = asyncio.Lock()
        channel.on_consumer_cancel_callbacks.add(self._cancelled_by_broker)

    async def adjust(self, window: int, take: Callable[["Intake", DeliveredMessage], None]) -> None:
        """Have at most `window` messages brought that are not finished; 0 is none.

        A changed window needs a new consumer: the broker fixes it when one starts. What is in
        hand stays in hand, and is acknowledged on this channel as before. What the broker was
        about to bring comes to the next one, marked as redelivered.
        """
        if window == self._window:
            return
        if self._window:
            await self._channel.basic_cancel(self._consumer_tag)
        self._window = window
        self._watchdog = watchdog.Watchdog()
        if window:
            # Never global: on a quorum queue that closes the whole connection.
            await self._channel.basic_qos(prefetch_count=window, global_=False)
            await self._consume(take)

    async def _consume(self, take: Callable[["Intake", DeliveredMessage], None]) -> None:
        # A coroutine for the driver's sake: without an await in it, order is kept.
        async def bring(message: DeliveredMessage) -> None:
            self.ledger.deliver(message.delivery_tag or 0)
            take(self, message)

        reply = await self._channel.basic_consume(topology.INBOX, bring)
        self._consumer_tag = reply.consumer_tag or ""

    async def settle(self, tags: Iterable[int]) -> None:
        """Finish these, and let the broker forget what is contiguous.

        Raises BrokerUnavailable if that could not be told to the broker.
        """
        self.ledger.finish(tags)
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
        for tag in self.ledger.overdue(max(self._window // 2, 1)):
            await self._channel.basic_ack(tag)

    async def look(self) -> watchdog.Look:
        """Ask the broker how it stands. Raises BrokerUnavailable if our consumer is dead."""
        seen = await watchdog.look(self._side)
        if self._window:
            ledger = self.ledger
            why = self._watchdog.judge(seen, delivered=ledger.delivered, in_hand=ledger.in_hand)
            if why:
                raise errors.BrokerUnavailable(why)
            if seen.waiting == 0 and seen.consumers:
                self.backlog = min(self.backlog, ledger.delivered)
        return seen

    def is_caught_up(self) -> bool:
        """Whether the depth found at connect is worked off, or the inbox was seen empty."""
        return self.ledger.finished >= self.backlog

    def _cancelled_by_broker(self, _: commands.Basic.Cancel) -> None:
        why = f"the broker cancelled our consumer on {topology.INBOX}"
        self._session.fail(errors.BrokerUnavailable(why))
