"""What the rest of the house needs from a message broker, and nothing of how one works."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple, Protocol


class Delivery(NamedTuple):
    """One inbound message, as it came."""

    body: bytes
    routing_key: str
    received_at: datetime
    token: object
    """opaque: which channel brought it, and its tag there; unique for the life of the inbox"""
    message_id: str | None = None
    content_type: str | None = None
    content_encoding: str | None = None
    headers: Mapping[str, object] = MappingProxyType({})
    redelivered: bool = False


class Message(NamedTuple):
    """One outbound event. `id` is the event's id: the same event has the same id for ever."""

    id: str
    type: str
    routing_key: str
    body: bytes
    priority: int
    """0 to 9, the greater the more urgent"""
    content_type: str = "application/cloudevents+json"


@dataclass(frozen=True, kw_only=True, slots=True)
class DeadLetter:
    """A delivery that can never be processed, and why."""

    delivery: Delivery
    reason: str
    """a short fixed word, fit for a metric's label"""
    error: str
    """one line for a person"""


class Inbox(Protocol):
    """Where inbound messages come from. Every message is held until it is settled."""

    caught_up: asyncio.Event
    """Set when the inbox was seen empty, or the depth found at connect has been worked off.
    Cleared at every connect and by a hold; a release finds the depth anew."""

    async def run(self) -> None:
        """Connect, receive, recover; ends only by cancellation.

        Raises TopologyMismatch if what is needed is missing or differs at the first connect.
        """
        ...

    async def receive(self, at_most: int, linger: float) -> list[Delivery]:
        """Wait for one message, then up to `linger` seconds for more.

        Whoever asks again has survived what it got before: until then messages come one by one.

        An empty list means that the inbox is draining and no more will come.
        """
        ...

    async def settle(self, deliveries: Sequence[Delivery]) -> None:
        """Mark these as finished; the broker forgets them.

        Never fails: those of a connection that is gone are dropped and counted, for the broker
        brings them again.
        """
        ...

    async def hold(self) -> None:
        """Take no new messages for now. Those in hand stay in hand, and may be received.

        What comes meanwhile lies unread: a held inbox is never caught up.
        """
        ...

    async def release(self) -> None:
        """Take messages again."""
        ...

    async def drain(self) -> None:
        """Take no new messages ever again, and give back what was not handed out.

        What was handed out can still be settled until `run` is cancelled; then the rest goes
        back to the broker.
        """
        ...


class Publisher(Protocol):
    """Where outbound messages go."""

    async def run(self) -> None:
        """Connect and recover; ends only by cancellation.

        Raises TopologyMismatch if what is needed is missing or differs at the first connect.
        """
        ...

    async def publish(self, messages: Sequence[Message]) -> frozenset[str]:
        """Publish, in order; the ids that the broker has taken into its keeping.

        An id that is missing was refused, or there was no time for it; it may be tried again.
        Raises BrokerUnavailable if there is no connection, or if the answers did not come in
        time: then any of them may have been published.
        """
        ...

    async def bury(self, dead: Sequence[DeadLetter]) -> list[bool]:
        """Put these among the dead letters: for each, whether the broker has it.

        Raises BrokerUnavailable as `publish` does.
        """
        ...


class Observer(Protocol):
    """Who is told what happens on the links to the broker: logs and metrics."""

    def connected(self, link: str, up: bool) -> None:
        """The link `consume` or `publish` has come up or gone down."""
        ...

    def event(self, name: str, /, **fields: object) -> None:
        """Something worth a line in the log; `worker.broker.events` has the names."""
        ...
