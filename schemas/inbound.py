"""The events that upstream publishes: what happened to a ticket.

Only what is read by `decoding.decode` is validated; who makes an event of these himself is trusted.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from schemas.envelope import Envelope, Level, Name, Text
from schemas.facts import Facts
from schemas.times import Instant
from schemas.values import dataclass


class AboutTicket(BaseModel):
    """Data about one ticket; fields that are not listed do not fail an event."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    ticket_id: Name
    """the ticket's own id in the system that `source` names: a ticket is known by both"""


class Created(AboutTicket):
    """A ticket came in. The clock starts at `notified_at`, by default at the event's time."""

    summary: Text
    """what the client says, in a line; facts that nobody stated are read from it"""
    description: Text | None = None
    """and at length"""
    client: Name | None = None
    """the client's id in the policy, which gives it a calendar and a contact"""
    notified_at: Instant | None = None
    """when the client called: not after the event's time, which is the default"""
    facts: Facts | None = None
    """what is known for certain; it wins over what the text says"""


class Updated(AboutTicket):
    """What changed. Facts merge one by one; null takes a field or a fact back."""

    summary: Text | None = None
    description: Text | None = None
    client: Name | None = None
    notified_at: Instant | None = None
    facts: Facts | None = None


class Responded(AboutTicket):
    """Somebody answered; an automatic reply (`automation`) does not stop the clock."""

    responded_at: Instant | None = None
    """not after the event's time, which is the default"""
    by: Literal["agent", "automation"] = "agent"


class Paused(AboutTicket):
    """The clock stands still or runs on: the ticket waits on the client, or no longer."""

    reason: Text | None = None


class Escalated(AboutTicket):
    """A person asks for more urgency, and for the client's contact."""

    requested_by: Text | None = None
    reason: Text | None = None
    to_level: Level | None = None
    """at least this level; it can only lift a ticket"""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundEvent(Envelope):
    """An envelope whose subject, where given, is the ticket's id."""

    data: AboutTicket

    def __post_init__(self) -> None:
        if self.subject is not None and self.subject != self.data.ticket_id:
            raise ValueError("subject must equal data.ticket_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketCreated(InboundEvent):
    """A ticket, and what is known about it: the clock starts."""

    type: Literal["ticket.created"]
    data: Created


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketUpdated(InboundEvent):
    """What has changed about a ticket; what is not named stays as it was."""

    type: Literal["ticket.updated"]
    data: Updated


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketResponded(InboundEvent):
    """An agent answered: the clock stops for good."""

    type: Literal["ticket.responded"]
    data: Responded


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketPaused(InboundEvent):
    """The ticket waits on the client: the clock stands still."""

    type: Literal["ticket.paused"]
    data: Paused


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketResumed(InboundEvent):
    """The ticket waits on the client no longer: the clock runs on."""

    type: Literal["ticket.resumed"]
    data: Paused


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketEscalated(InboundEvent):
    """A person asks for more urgency: one level up, and somebody is to be called."""

    type: Literal["ticket.escalated"]
    data: Escalated


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketResolved(InboundEvent):
    """Nothing is owed any more; without a response there is no outcome."""

    type: Literal["ticket.resolved"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketClosed(InboundEvent):
    """Nothing is owed any more; without a response there is no outcome."""

    type: Literal["ticket.closed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketReopened(InboundEvent):
    """The clock runs on, as after a pause, unless the ticket was answered."""

    type: Literal["ticket.reopened"]


Inbound = Annotated[
    TicketCreated
    | TicketUpdated
    | TicketResponded
    | TicketPaused
    | TicketResumed
    | TicketEscalated
    | TicketResolved
    | TicketClosed
    | TicketReopened,
    Field(discriminator="type"),
]

#: In the order of the contract's table: it settles ties between events of one instant.
INBOUND_TYPES = (
    "ticket.created",
    "ticket.updated",
    "ticket.responded",
    "ticket.paused",
    "ticket.resumed",
    "ticket.escalated",
    "ticket.resolved",
    "ticket.closed",
    "ticket.reopened",
)

inbound: TypeAdapter[Inbound] = TypeAdapter(Inbound)
