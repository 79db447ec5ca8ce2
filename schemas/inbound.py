"""The events that upstream publishes: what happened to a ticket."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from schemas.envelope import Envelope, Level, Name, Text
from schemas.facts import Facts
from schemas.times import Instant


class AboutTicket(BaseModel):
    """Data about one ticket; fields that are not listed do not fail an event."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    ticket_id: Name


class Created(AboutTicket):
    """A ticket came in. The clock starts at `notified_at`, by default at the event's time."""

    summary: Text
    description: Text | None = None
    client: Name | None = None
    notified_at: Instant | None = None
    facts: Facts | None = None


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
    by: Literal["agent", "automation"] = "agent"


class Paused(AboutTicket):
    """The clock stands still or runs on: the ticket waits on the client, or no longer."""

    reason: Text | None = None


class Escalated(AboutTicket):
    """A person asks for more urgency, and for the client's contact."""

    requested_by: Text | None = None
    reason: Text | None = None
    to_level: Level | None = None


class InboundEvent(Envelope):
    """An envelope whose subject, where given, is the ticket's id."""

    data: AboutTicket

    @model_validator(mode="after")
    def _subject_is_the_ticket(self) -> Self:
        if self.subject is not None and self.subject != self.data.ticket_id:
            raise ValueError("subject must equal data.ticket_id")
        return self


class TicketCreated(InboundEvent):
    type: Literal["ticket.created"]
    data: Created


class TicketUpdated(InboundEvent):
    type: Literal["ticket.updated"]
    data: Updated


class TicketResponded(InboundEvent):
    type: Literal["ticket.responded"]
    data: Responded


class TicketPaused(InboundEvent):
    type: Literal["ticket.paused"]
    data: Paused


class TicketResumed(InboundEvent):
    type: Literal["ticket.resumed"]
    data: Paused


class TicketEscalated(InboundEvent):
    type: Literal["ticket.escalated"]
    data: Escalated


class TicketResolved(InboundEvent):
    type: Literal["ticket.resolved"]


class TicketClosed(InboundEvent):
    type: Literal["ticket.closed"]


class TicketReopened(InboundEvent):
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
