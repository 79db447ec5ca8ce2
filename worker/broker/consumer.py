"""The inbox on RabbitMQ: a consumer under supervision."""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from math import nan

from worker import errors
from worker.broker import connection, faults, topology, unbroken, watchdog
from worker.broker.address import Locate
from worker.broker.connection import Link, Session
from worker.broker.events import Event
from worker.broker.hand import Hand
from worker.broker.intake import Channels, Intake
from worker.broker.port import Delivery, Observer
from worker.broker.sieve import Brought
from worker.broker.window import is_suspect
from worker.clock import Clock

#: Seconds for one request on a channel; after that the connection is replaced.
REQUEST_WITHIN = 10.0
#: Seconds for an answer that comes behind all that was brought before it: a full prefetch.
ARRIVE_WITHIN = 30.0
#: Seconds to have the broker take what was settled last, before a drained inbox leaves.
PART_WITHIN = 2.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """How the inbox behaves; times in seconds."""

    prefetch: int = 200
    """messages that the broker brings before the first of them is settled; at most 2000"""
    look_every: float = 15.0
    """between two looks of the watchdog"""
    hold_limit: float = 600.0
    """After this, a held inbox gives back what is in hand, once: the broker would close the
    channel after 30 minutes."""


class AmqpInbox:
    """The port Inbox.

    Only `run` sends requests to the broker; the other calls say what is wanted and wake it. So
    no caller that is cancelled half-way through a request can close the channel with it.
    """

    def __init__(
        self,
        locate: Locate,
        observer: Observer,
        clock: Clock,
        limits: Limits | None = None,
        *,
        declare: bool = True,
    ) -> None:
        self.caught_up = asyncio.Event()
        # What the watchdog saw when it last looked; not a number before that. Dead letters and
        # unrouted events are gone when two looks in a row find none.
        self.dead_letter_messages = nan
        """in `respondby.dead-letters`; the most that they were, while somebody reads them"""
        self.unrouted_messages = nan
        """in `respondby.unrouted`"""
        self.inbox_messages = nan
        """in the inbox, in nobody's hands"""
        self.inbox_consumers = nan
        """on the inbox, ours and others'"""
        self._observer = observer
        self._clock = clock
        self._limits = limits or Limits()
        self._prepare = topology.declare if declare else topology.check
        self._link = Link("consume", locate, self, observer, clock)
        self._hand = Hand()
        self._draining = False
        self._held_since: float | None = None
        self._session: Session | None = None
        self._intake: Intake | None = None
        self._dead_letters, self._unrouted = watchdog.Leftovers(), watchdog.Leftovers()
        self._is_counted = False
        """whether the intake counts from what gathered before the link was up, or while held"""

    async def run(self) -> None:
        await self._link.run()

    async def receive(self, at_most: int, linger: float) -> list[Delivery]:
        if self._intake is not None:
            self._intake.window.note_survived()
            self._wake_if_due()
        batch = await self._hand.out(at_most, linger)
        if self._intake is not None:
            tried = {tag: is_suspect(one) for one in batch if (tag := self._tag(one)) is not None}
            self._intake.window.hand_out(tried)
        return batch

    async def settle(self, deliveries: Sequence[Delivery]) -> None:
        tags = [tag for delivery in deliveries if (tag := self._tag(delivery)) is not None]
        if len(tags) < len(deliveries):
            self._observer.event(Event.STALE_SETTLED, count=len(deliveries) - len(tags))
        if not tags or self._intake is None or self._session is None:
            return
        try:
            await self._intake.settle(tags)
        except errors.BrokerUnavailable as fault:
            # The broker brings them again, and the store knows them by then.
            self._session.fail(fault)
        self._note_progress()
        self._wake_if_due()

    async def hold(self) -> None:
        if self._held_since is None:
            self._held_since = connection.now()
            self._is_counted = False
            self.caught_up.clear()
            self._wake()

    async def release(self) -> None:
        self._held_since = None
        self._wake()

    async def drain(self) -> None:
        self._draining = True
        if self._hand:
            self._observer.event(Event.GIVEN_BACK, count=len(self._hand))
        self._hand.close()
        self._wake()

    async def set_up(self, session: Session) -> None:
        """Of the link's Service: declare, count the backlog, consume."""
        side = await session.open_channel(confirms=False)
        await self._prepare(side)
        channels = Channels(session, await session.open_channel(confirms=False), side)
        self._hand.renew()
        self._session = session
        self._intake = Intake(channels, self._limits.prefetch, self._take, self._clock)
        await self._adjust()
        await self._look()

    async def serve(self, session: Session) -> None:
        """Of the link's Service: keep the consumer as wanted, and look at it now and then."""
        try:
            await self._keep(session)
        except asyncio.CancelledError:
            await self._part()
            raise

    async def _keep(self, session: Session) -> None:
        next_look = connection.now() + self._limits.look_every
        while True:
            session.check()
            await unbroken.done(_within(REQUEST_WITHIN, self._adjust()))
            if connection.now() >= next_look:
                await self._look()
                next_look = connection.now() + self._limits.look_every
            await session.wait(min(next_look, self._hold_end()) - connection.now())
            self._check_hold()

    def torn_down(self) -> None:
        """Of the link's Service: what was in hand comes again."""
        self._session = self._intake = None
        self._is_counted = False
        self._hand.empty()
        self.caught_up.clear()

    def _take(self, intake: Intake, message: Brought) -> None:
        if intake is not self._intake or self._draining:
            return
        self._hand.take(message, self._clock.now())

    def _tag(self, delivery: Delivery) -> int | None:
        return self._hand.tag(delivery) if self._intake else None

    def _wake(self) -> None:
        if self._session is not None:
            self._session.nudge()

    def _wake_if_due(self) -> None:
        if self._intake is not None and self._intake.window.is_due():
            self._wake()

    async def _adjust(self) -> None:
        if self._intake is None:
            return
        if self._draining or self._held_since is not None:
            await self._intake.stop()
        elif self._is_counted:
            await self._intake.adjust()
        else:
            # Before it is done: a hold that comes meanwhile takes it back.
            self._is_counted = True
            await self._intake.begin()
            self._note_progress()

    async def _part(self) -> None:
        """What was settled to the very end does not come again."""
        if self._intake is None:
            return
        try:
            with faults.translated():
                async with asyncio.timeout(PART_WITHIN):
                    await (self._intake.part() if self._draining else self._intake.tell())
        except errors.BrokerUnavailable:
            return  # it does come again, and the store knows it by then

    async def _look(self) -> None:
        if self._intake is None:
            return
        async with asyncio.timeout(REQUEST_WITHIN):
            seen = await self._intake.look()
        self._note_look(seen)
        await unbroken.done(_within(ARRIVE_WITHIN, self._intake.heed(seen)))
        self._note_progress()

    def _note_look(self, seen: watchdog.Look) -> None:
        self._dead_letters.note(seen.dead_letters, seen.dead_letter_readers)
        self._unrouted.note(seen.unrouted)
        self.dead_letter_messages = self._dead_letters.messages
        self.unrouted_messages = self._unrouted.messages
        self.inbox_messages = seen.waiting
        self.inbox_consumers = seen.consumers

    def _note_progress(self) -> None:
        if self._intake is not None and self._is_counted and self._intake.is_caught_up():
            self.caught_up.set()

    def _hold_end(self) -> float:
        if self._held_since is None or self._intake is None or not self._intake.ledger.in_hand:
            return float("inf")
        return self._held_since + self._limits.hold_limit

    def _check_hold(self) -> None:
        if connection.now() >= self._hold_end():
            raise errors.BrokerUnavailable("held too long: what is in hand is given back")


async def _within(seconds: float, request: Awaitable[None]) -> None:
    async with asyncio.timeout(seconds):
        await request
