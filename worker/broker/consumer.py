"""The inbox on RabbitMQ: a consumer under supervision."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import nan

from aiormq.abc import DeliveredMessage

from worker import errors
from worker.broker import faults, topology, watchdog
from worker.broker.address import Locate
from worker.broker.connection import Link, Session
from worker.broker.events import Event
from worker.broker.intake import Channels, Intake
from worker.broker.port import Delivery, Observer
from worker.broker.window import is_suspect
from worker.clock import Clock

#: Seconds for one request on a channel; after that the connection is replaced.
REQUEST_WITHIN = 10.0
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


@dataclass(frozen=True, slots=True)
class _Token:
    generation: int
    tag: int


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
        # What the watchdog saw when it last looked; not a number before that.
        self.dead_letter_messages = nan
        """in `respondby.dead-letters`"""
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
        self._arrived: deque[Delivery] = deque()
        self._arrival = asyncio.Event()
        self._wanted = 1
        self._draining = False
        self._held_since: float | None = None
        self._session: Session | None = None
        self._intake: Intake | None = None
        self._is_counted = False
        """whether the intake counts from what gathered before the link was up, or while held"""
        self._generation = 0

    async def run(self) -> None:
        await self._link.run()

    async def receive(self, at_most: int, linger: float) -> list[Delivery]:
        self._note_survived()
        # A lost connection may empty the hand while we linger: then wait for it to come back.
        while not self._draining:
            if self._arrived:
                await self._linger(at_most, linger)
                count = min(at_most, len(self._arrived))
                if count:
                    return self._hand_out(count)
            else:
                await self._arrival_of(1)
        return []

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
        if self._intake is not None and self._intake.window.is_stuck():
            self._wake()

    async def hold(self) -> None:
        if self._held_since is None:
            self._held_since = _now()
            self._is_counted = False
            self.caught_up.clear()
            self._wake()

    async def release(self) -> None:
        self._held_since = None
        self._wake()

    async def drain(self) -> None:
        self._draining = True
        if self._arrived:
            self._observer.event(Event.GIVEN_BACK, count=len(self._arrived))
        self._arrived.clear()
        self._arrival.set()
        self._wake()

    async def set_up(self, session: Session) -> None:
        """Of the link's Service: declare, count the backlog, consume."""
        side = await session.open_channel(confirms=False)
        await self._prepare(side)
        channels = Channels(session, await session.open_channel(confirms=False), side)
        self._generation += 1
        self._session = session
        self._intake = Intake(channels, self._limits.prefetch, self._take, self._clock)
        await self._adjust()
        await self._look()

    async def serve(self, session: Session) -> None:
        """Of the link's Service: keep the consumer as wanted, and look at it now and then."""
        try:
            await self._keep(session)
        except asyncio.CancelledError:
            if self._draining:
                await self._part()
            raise

    async def _keep(self, session: Session) -> None:
        next_look = _now() + self._limits.look_every
        while True:
            session.check()
            await self._adjust_to_the_end()
            if _now() >= next_look:
                async with asyncio.timeout(REQUEST_WITHIN):
                    await self._look()
                next_look = _now() + self._limits.look_every
            await session.wait(min(next_look, self._hold_end()) - _now())
            self._check_hold()

    def torn_down(self) -> None:
        """Of the link's Service: what was in hand comes again."""
        self._session = self._intake = None
        self._is_counted = False
        self._arrived.clear()
        self.caught_up.clear()

    def _take(self, intake: Intake, message: DeliveredMessage) -> None:
        # Called by the driver for each message, in order; must not wait.
        if intake is not self._intake or self._draining:
            return
        token = _Token(self._generation, message.delivery_tag or 0)
        self._arrived.append(_delivery(message, token, self._clock.now()))
        if len(self._arrived) >= self._wanted:
            self._arrival.set()

    def _tag(self, delivery: Delivery) -> int | None:
        token = delivery.token
        if isinstance(token, _Token) and token.generation == self._generation and self._intake:
            return token.tag
        return None

    async def _linger(self, at_most: int, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                while len(self._arrived) < at_most and not self._draining:
                    await self._arrival_of(at_most)
        except TimeoutError:
            return

    async def _arrival_of(self, count: int) -> None:
        # Woken once for all of them, not for each.
        self._wanted = count
        self._arrival.clear()
        await self._arrival.wait()

    def _wake(self) -> None:
        if self._session is not None:
            self._session.nudge()

    def _hand_out(self, count: int) -> list[Delivery]:
        batch = [self._arrived.popleft() for _ in range(count)]
        if self._intake is not None:
            tags = {one: tag for one in batch if (tag := self._tag(one)) is not None}
            self._intake.window.hand_out({tag: is_suspect(one) for one, tag in tags.items()})
        return batch

    def _note_survived(self) -> None:
        if self._intake is not None and self._intake.window.note_survived():
            self._wake()

    async def _adjust_to_the_end(self) -> None:
        # A request that is broken off closes its channel, and with it all that was settled last.
        async def adjusted() -> None:
            async with asyncio.timeout(REQUEST_WITHIN):
                await self._adjust()

        adjusting = asyncio.create_task(adjusted(), name="adjust the inbox")
        try:
            await asyncio.shield(adjusting)
        except asyncio.CancelledError:
            await asyncio.gather(adjusting, return_exceptions=True)
            raise

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
        """What was settled to the very end of a drain does not come again."""
        if self._intake is None:
            return
        try:
            with faults.translated():
                async with asyncio.timeout(PART_WITHIN):
                    await self._intake.part()
        except errors.BrokerUnavailable:
            return  # it does come again, and the store knows it by then

    async def _look(self) -> None:
        if self._intake is not None:
            self._note_look(await self._intake.look())
            self._note_progress()

    def _note_look(self, seen: watchdog.Look) -> None:
        # The broker does not count those that a person looks at, and has in hand: while somebody
        # reads them they have not become fewer.
        known = self.dead_letter_messages if seen.dead_letter_readers else 0
        self.dead_letter_messages = max(seen.dead_letters, known)
        self.unrouted_messages = seen.unrouted
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
        if _now() >= self._hold_end():
            raise errors.BrokerUnavailable("held too long: what is in hand is given back")


def _now() -> float:
    return asyncio.get_running_loop().time()


def _delivery(message: DeliveredMessage, token: object, received_at: datetime) -> Delivery:
    properties = message.header.properties
    return Delivery(
        body=message.body,
        routing_key=message.routing_key or "",
        message_id=properties.message_id,
        content_type=properties.content_type,
        content_encoding=properties.content_encoding,
        headers=properties.headers or {},
        redelivered=bool(message.redelivered),
        received_at=received_at,
        token=token,
    )
