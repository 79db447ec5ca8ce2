"""The events that respondby publishes: what it decided, and when a deadline passes."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from schemas.envelope import Envelope, Level
from schemas.facts import FactName, FactValue
from schemas.times import Instant

Origin = Literal["event", "text", "source", "default"]
SupersedeReason = Literal["response", "pause", "level", "client", "policy", "closed"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Objective(_Part):
    """What was promised: a goal, not a rigid agreement, unless `binding`."""

    name: Literal["response"] = "response"
    duration_seconds: float | int
    clock: Literal["wall", "working"]
    binding: bool


class Fact(_Part):
    """A fact as a rule saw it, and where it came from."""

    value: FactValue
    origin: Annotated[Origin, Field(serialization_alias="from", validation_alias="from")]
    evidence: str | None = None


class Reason(_Part):
    """A rule that matched, with the facts that it looked at."""

    rule: str
    facts: dict[FactName, Fact]


class PolicyName(_Part):
    """Which policy decided; the digest covers the parsed policy and its resolved holidays."""

    name: str
    version: str
    digest: str


class TicketNames(_Part):
    """What every outbound event says of its ticket."""

    ticket_id: str
    ticket_source: str
    client: str | None = None
    level: Level
    revision: int


class Prioritized(TicketNames):
    previous_level: Level | None
    deadline: Instant | None
    """null while the ticket is paused"""
    objective: Objective
    calendar: str
    timezone: str
    reasons: list[Reason]
    needs_triage: bool
    unknown: list[FactName]
    """facts nobody stated that would change the level"""
    escalated: bool
    outside_hours: bool
    """was the notification outside the calendar's working hours?"""
    policy: PolicyName


class AtRisk(TicketNames):
    objective: Objective
    deadline: Instant
    threshold: float
    occurrence: int
    remaining_seconds: float | int
    """left of the objective, on its own clock, at the instant of the threshold"""


class Breached(TicketNames):
    objective: Objective
    due_at: Instant
    detected_at: Instant
    occurrence: int
    contact: str | None = None


class Superseded(TicketNames):
    """An alert that no longer stands; `level` is the alert's."""

    alert_id: str
    alert_type: Literal["objective.at_risk", "objective.breached"]
    occurrence: int
    reason: SupersedeReason


class Recorded(TicketNames):
    outcome: Literal["met", "missed"]
    response_seconds: float | int
    """from notification to response on the objective's own clock, less the pauses"""
    wall_seconds: float | int
    deadline: Instant | None
    responded_at: Instant
    replaces: str | None = None
    """the id of an earlier record that this one corrects"""


class EscalationRequested(TicketNames):
    """Ask this person; `level` is the level after the escalation."""

    contact: str | None = None
    reason: str | None = None
    from_level: Level
    to_level: Level


class OutboundEvent(Envelope):
    specversion: Literal["1.0"] = "1.0"
    datacontenttype: Literal["application/json"] = "application/json"


class TicketPrioritized(OutboundEvent):
    type: Literal["ticket.prioritized"] = "ticket.prioritized"
    data: Prioritized


class ObjectiveAtRisk(OutboundEvent):
    type: Literal["objective.at_risk"] = "objective.at_risk"
    data: AtRisk


class ObjectiveBreached(OutboundEvent):
    type: Literal["objective.breached"] = "objective.breached"
    data: Breached


class ObjectiveSuperseded(OutboundEvent):
    type: Literal["objective.superseded"] = "objective.superseded"
    data: Superseded


class ResponseRecorded(OutboundEvent):
    type: Literal["response.recorded"] = "response.recorded"
    data: Recorded


class EscalationRequestedEvent(OutboundEvent):
    type: Literal["escalation.requested"] = "escalation.requested"
    data: EscalationRequested


Outbound = Annotated[
    TicketPrioritized
    | ObjectiveAtRisk
    | ObjectiveBreached
    | ObjectiveSuperseded
    | ResponseRecorded
    | EscalationRequestedEvent,
    Field(discriminator="type"),
]

OUTBOUND_TYPES = (
    "ticket.prioritized",
    "objective.at_risk",
    "objective.breached",
    "objective.superseded",
    "response.recorded",
    "escalation.requested",
)

#: These two are null when empty; every other empty optional is absent.
_KEPT_NULL = ("deadline", "previous_level")

outbound: TypeAdapter[Outbound] = TypeAdapter(Outbound)


def document(event: Outbound) -> dict[str, Any]:
    """The event as JSON-ready values, with absent optionals left out as the contract says."""
    whole = event.model_dump(mode="json", by_alias=True, exclude_none=True)
    for name in _KEPT_NULL:
        if name in type(event.data).model_fields:
            whole["data"].setdefault(name, None)
    return whole
