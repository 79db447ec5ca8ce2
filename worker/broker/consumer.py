"""The inbox on RabbitMQ: a consumer under supervision."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from aiormq.abc import AbstractChannel, DeliveredMessage

from worker import errors
from worker.broker import topology, watchdog
from worker.broker.address import Locate
from worker.broker.connection import Link, Session
from worker.broker.events import Event
from worker.broker.intake import Intake
from worker.broker.port import Delivery, Observer
from worker.clock import Clock

#: Messages in the first window of a connection: should they crash us, few are counted against.
FIRST_WINDOW = 1
#: So often a message may be given back before it is taken for one that crashes us. Such are brought
#: one by one: of them all, the broker gives up only the one that does.
SUSPECT_AFTER = 3
#: Seconds before a broker that could not tell the depth of the inbox is asked again.
_ASK_AGAIN_AFTER = 0.1
#: Seconds for one request on a channel; after that the connection is replaced.
REQUEST_WITHIN = 10.0


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
        self.dead_letter_messages = 0
        """in `respondby.dead-letters` when the watchdog last looked"""
        self.unrouted_messages = 0
        """in `respondby.unrouted` when the watchdog last looked"""
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
        self._handed: list[Delivery] = []
        self._grown = False
        self._session: Session | None = None
        self._intake: Intake | None = None
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
                    self._handed = [self._arrived.popleft() for _ in range(count)]
                    return self._handed
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

    async def hold(self) -> None:
        if self._held_since is None:
            self._held_since = _now()
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
        before = await watchdog.look(side)
        intake = Intake(await session.open_channel(confirms=False), side, session)
        self._generation += 1
        self._session, self._intake, self._grown = session, intake, False
        window = self._window()
        await intake.adjust(window, self._take)
        after = await (self._sure_look(side) if window else watchdog.look(side))
        self._note_look(after)
        # What was brought during the look may be counted twice: better caught up late than early.
        intake.backlog = before.waiting or after.waiting + intake.ledger.delivered
        self._note_progress()

    async def _sure_look(self, side: AbstractChannel) -> watchdog.Look:
        # A quorum queue that is busy for a quarter of a second, or has no leader, is said to
        # have no messages and no consumers; but we consume.
        while not (seen := await watchdog.look(side)).consumers:
            await self._clock.sleep(_ASK_AGAIN_AFTER)
        return seen

    async def serve(self, session: Session) -> None:
        """Of the link's Service: keep the consumer as wanted, and look at it now and then."""
        next_look = _now() + self._limits.look_every
        while True:
            session.check()
            async with asyncio.timeout(REQUEST_WITHIN):
                await self._adjust()
                if _now() >= next_look:
                    await self._look()
                    next_look = _now() + self._limits.look_every
            await session.wait(min(next_look, self._hold_end()) - _now())
            self._check_hold()

    def torn_down(self) -> None:
        """Of the link's Service: what was in hand comes again."""
        self._session = self._intake = None
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

    def _window(self) -> int:
        if self._draining or self._held_since is not None:
            return 0
        return self._limits.prefetch if self._grown else FIRST_WINDOW

    def _note_survived(self) -> None:
        """Whoever asks for more has survived what it has; if that was no suspect, more may come."""
        if not self._grown and any(
            self._tag(delivery) is not None and not _is_suspect(delivery)
            for delivery in self._handed
        ):
            self._grown = True
            self._wake()
        self._handed = []

    async def _adjust(self) -> None:
        if self._intake is not None:
            await self._intake.adjust(self._window(), self._take)

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

    def _note_progress(self) -> None:
        if self._intake is not None and self._intake.is_caught_up():
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


def _is_suspect(delivery: Delivery) -> bool:
    count = delivery.headers.get("x-delivery-count")
    return isinstance(count, int) and count >= SUSPECT_AFTER


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
