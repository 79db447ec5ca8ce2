"""The exchanges and queues, as data, and how they come to be on the broker.

Every argument is known to RabbitMQ 3.10 and to 4.x. A quorum queue's arguments are frozen when
it is declared, so they are part of the contract.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from aiormq.abc import AbstractChannel
from aiormq.exceptions import ChannelNotFoundEntity, ChannelPreconditionFailed

from worker import errors

Argument = str | int

#: Upstream publishes here.
TICKETS = "tickets"
#: The worker's inbox.
INBOX = "respondby.tickets"
#: The worker publishes here.
OUT = "respondby"
#: What no downstream queue was bound for: an exchange and a queue.
UNROUTED = "respondby.unrouted"
#: What could not be processed.
DEAD = "respondby.dead"
DEAD_LETTERS = "respondby.dead-letters"

#: 4.x gives every quorum queue a limit of 20, and looking at a message counts as a delivery.
_NO_DELIVERY_LIMIT = 1_000_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Exchange:
    """A durable exchange."""

    name: str
    kind: Literal["topic", "fanout"]
    arguments: Mapping[str, Argument] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"exchange {self.name!r}"

    async def declare(self, channel: AbstractChannel, *, passive: bool) -> None:
        await channel.exchange_declare(
            exchange=self.name,
            exchange_type=self.kind,
            durable=True,
            passive=passive,
            arguments=dict(self.arguments),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Queue:
    """A quorum queue, bound to one exchange."""

    name: str
    source: str
    routing_key: str = ""
    arguments: Mapping[str, Argument] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"queue {self.name!r}"

    @property
    def declared(self) -> dict[str, Argument]:
        """All arguments with which it is declared."""
        return {"x-queue-type": "quorum", **self.arguments}

    async def declare(self, channel: AbstractChannel, *, passive: bool) -> None:
        await channel.queue_declare(
            queue=self.name,
            durable=True,
            passive=passive,
            arguments=dict(self.declared),
        )
        if not passive:
            await channel.queue_bind(self.name, self.source, self.routing_key)


#: In the order of declaration: what catches comes before what may drop into it.
OBJECTS: tuple[Exchange | Queue, ...] = (
    Exchange(name=DEAD, kind="fanout"),
    Queue(name=DEAD_LETTERS, source=DEAD, arguments={"x-delivery-limit": _NO_DELIVERY_LIMIT}),
    Exchange(name=UNROUTED, kind="fanout"),
    Queue(
        name=UNROUTED,
        source=UNROUTED,
        arguments={
            "x-max-length": 1_000_000,
            "x-overflow": "drop-head",
            "x-delivery-limit": _NO_DELIVERY_LIMIT,
        },
    ),
    Exchange(name=OUT, kind="topic", arguments={"alternate-exchange": UNROUTED}),
    Exchange(name=TICKETS, kind="topic"),
    Queue(
        name=INBOX,
        source=TICKETS,
        routing_key="ticket.#",
        arguments={
            "x-delivery-limit": 20,
            "x-dead-letter-exchange": DEAD,
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
        },
    ),
)


async def declare(channel: AbstractChannel) -> None:
    """Bring the topology about; what is already there must be as we want it.

    Raises TopologyMismatch, naming the object. The channel is then closed by the broker.
    """
    await _declare_all(channel, passive=False)


async def check(channel: AbstractChannel, *names: str) -> None:
    """See that all is there, or what has one of these names.

    The broker compares no arguments and no bindings for this. Raises TopologyMismatch, naming the
    object. The channel is then closed by the broker.
    """
    await _declare_all(channel, *names, passive=True)


async def _declare_all(channel: AbstractChannel, *names: str, passive: bool) -> None:
    for item in OBJECTS:
        if names and item.name not in names:
            continue
        try:
            await item.declare(channel, passive=passive)
        except ChannelPreconditionFailed as error:
            message = f"{item} on the broker differs: {_reply(error)}"
            raise errors.TopologyMismatch(message) from error
        except ChannelNotFoundEntity as error:
            if "down or inaccessible" in _reply(error):
                # It is there, but its node is away: that passes.
                raise
            raise errors.TopologyMismatch(f"{item} is missing on the broker") from error


def _reply(error: Exception) -> str:
    return " ".join(str(part) for part in error.args)
