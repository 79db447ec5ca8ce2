"""The broker's ports without a broker: for tests of what stands upon them."""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from worker import errors
from worker.broker.port import DeadLetter, Delivery, Message
from worker.clock import Clock, SystemClock


@dataclass(frozen=True, slots=True)
class _Token:
    generation: int
    tag: int


class MemoryInbox:
    """An inbox that a test fills with `deliver`.

    `settled` lists what was settled, in order; `in_hand` what was received and not settled yet;
    `given_back` what a drain found and nobody received. `reconnect` does what a lost connection
    does: all that is unsettled comes again.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self.caught_up = asyncio.Event()
        self.settled: list[Delivery] = []
        self.in_hand: list[Delivery] = []
        self.given_back: list[Delivery] = []
        self.stale = 0
        self.held = False
        self.draining = False
        self._clock: Clock = clock or SystemClock()
        self._brought: deque[Delivery] = deque()
        self._at_broker: deque[Delivery] = deque()
        self._changed = asyncio.Event()
        self._generation = 1
        self._tag = 0
        self._backlog = 0
        self._connected = False

    @property
    def unsettled(self) -> list[Delivery]:
        """All that the broker would bring again, in order."""
        return [*self.in_hand, *self._brought, *self._at_broker]

    def deliver(  # noqa: PLR0913 - each stands for one property of a real message
        self,
        body: bytes,
        *,
        routing_key: str = "ticket.created",
        message_id: str | None = None,
        content_type: str | None = "application/cloudevents+json",
        content_encoding: str | None = None,
        headers: Mapping[str, object] | None = None,
        redelivered: bool = False,
    ) -> Delivery:
        """A message comes in; returns what `receive` will hand out."""
        delivery = Delivery(
            body=body,
            routing_key=routing_key,
            message_id=message_id,
            content_type=content_type,
            content_encoding=content_encoding,
            headers=headers or {},
            redelivered=redelivered,
            received_at=self._clock.now(),
            token=self._next_token(),
        )
        self._at_broker.append(delivery)
        self._bring()
        return delivery

    def reconnect(self) -> None:
        """The connection is lost and comes back: unsettled messages are delivered again."""
        self._lose()
        self._connect()

    async def run(self) -> None:
        """Be connected until cancelled; then what was not settled is the broker's again."""
        self._connect()
        try:
            await asyncio.Event().wait()
        finally:
            self._lose()

    async def receive(self, at_most: int, linger: float) -> list[Delivery]:
        while not self.draining:
            if self._brought:
                await self._linger(at_most, linger)
                count = min(at_most, len(self._brought))
                if count:
                    return self._hand_out(count)
            else:
                await self._next_change()
        return []

    async def settle(self, deliveries: Sequence[Delivery]) -> None:
        tokens = {delivery.token for delivery in deliveries if self._connected}
        known = [delivery for delivery in self.in_hand if delivery.token in tokens]
        self.in_hand = [delivery for delivery in self.in_hand if delivery.token not in tokens]
        self.stale += len(deliveries) - len(known)
        self.settled += known
        self._backlog -= len(known)
        self._note_progress()

    async def hold(self) -> None:
        self.held = True
        self.caught_up.clear()

    async def release(self) -> None:
        self.held = False
        self._backlog = len(self.unsettled)
        self._bring()
        self._note_progress()

    async def drain(self) -> None:
        self.draining = True
        self.given_back += self._brought
        self._at_broker.extendleft(reversed(self._brought))
        self._brought.clear()
        self._changed.set()

    def _lose(self) -> None:
        self._connected = False
        self.caught_up.clear()

    def _connect(self) -> None:
        self._take_back()
        self._connected = True
        self._backlog = len(self.unsettled)
        self._bring()
        self._note_progress()

    def _take_back(self) -> None:
        """What an earlier connection had brought is at the broker again."""
        self._generation += 1
        old = [*self.in_hand, *self._brought]
        self.in_hand.clear()
        self._brought.clear()
        again = [self._redelivered(delivery) for delivery in old]
        self._at_broker.extendleft(reversed(again))

    def _redelivered(self, old: Delivery) -> Delivery:
        now = self._clock.now()
        return old._replace(redelivered=True, received_at=now, token=self._next_token())

    def _bring(self) -> None:
        if self._connected and not self.held and not self.draining:
            self._brought += self._at_broker
            self._at_broker.clear()
            self._changed.set()

    def _hand_out(self, count: int) -> list[Delivery]:
        batch = [self._brought.popleft() for _ in range(count)]
        self.in_hand += batch
        return batch

    def _next_token(self) -> _Token:
        self._tag += 1
        return _Token(self._generation, self._tag)

    async def _linger(self, at_most: int, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                while len(self._brought) < at_most and not self.draining:
                    await self._next_change()
        except TimeoutError:
            return

    async def _next_change(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    def _note_progress(self) -> None:
        if self._connected and not self.held and (self._backlog <= 0 or not self.unsettled):
            self.caught_up.set()


class MemoryPublisher:
    """A publisher that keeps what it is given, in `published` and `buried`.

    `available = False` makes every call raise; ids in `refused` and reasons in `unburied` are
    not confirmed; `lose_next_answer` publishes all the same, then raises, as a confirm does
    that is lost on the way.
    """

    def __init__(self) -> None:
        self.published: list[Message] = []
        self.buried: list[DeadLetter] = []
        self.refused: set[str] = set()
        self.unburied: set[str] = set()
        self.available = True
        self._lose_answer = False

    def lose_next_answer(self) -> None:
        """The next call reaches the broker, but its answer does not come back."""
        self._lose_answer = True

    async def run(self) -> None:
        """Nothing to keep up; waits to be cancelled."""
        await asyncio.Event().wait()

    async def publish(self, messages: Sequence[Message]) -> frozenset[str]:
        self._check()
        # The same id is the same event: once is enough.
        once = {message.id: message for message in messages}.values()
        taken = [message for message in once if message.id not in self.refused]
        self.published += taken
        self._answer()
        return frozenset(message.id for message in taken)

    async def bury(self, dead: Sequence[DeadLetter]) -> list[bool]:
        self._check()
        taken = [letter.reason not in self.unburied for letter in dead]
        self.buried += [letter for letter, kept in zip(dead, taken, strict=True) if kept]
        self._answer()
        return taken

    def _check(self) -> None:
        if not self.available:
            raise errors.BrokerUnavailable

    def _answer(self) -> None:
        if self._lose_answer:
            self._lose_answer = False
            raise errors.BrokerUnavailable("the confirm did not come")


class MemoryObserver:
    """Keeps what it is told: `events` as (name, fields), `up` as the state of each link."""

    def __init__(self) -> None:
        self.events: list[tuple[str, Mapping[str, object]]] = []
        self.up: dict[str, bool] = {}

    def connected(self, link: str, up: bool) -> None:
        self.up[link] = up

    def event(self, name: str, /, **fields: object) -> None:
        self.events.append((name, fields))

    def of(self, name: str) -> list[Mapping[str, object]]:
        """The fields of every event of this name, in order."""
        return [fields for known, fields in self.events if known == name]
