"""The events that respondby publishes: what it decided, and when a deadline passes.

They are made of what was decided, so that only who reads them has them validated, by `outbound`.
"""

from typing import Annotated, Any, Literal, get_args

from pydantic import ConfigDict, Field, TypeAdapter

from schemas.envelope import Absent, Envelope, Level
from schemas.facts import FactName, FactValue
from schemas.times import Instant
from schemas.values import dataclass

Origin = Literal["event", "text", "source", "default"]
SupersedeReason = Literal["response", "pause", "level", "client", "policy", "closed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """What was promised: a goal, not a rigid agreement, unless `binding`."""

    name: Literal["response"] = "response"
    duration_seconds: float | int
    clock: Literal["wall", "working"]
    binding: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A fact as a rule saw it, and where it came from."""

    value: FactValue
    origin: Annotated[Origin, Field(alias="from")]
    """stated in an event, read from the text, told by the source, or by default"""
    evidence: Annotated[str | None, Absent] = None
    """the words of the text that say so"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A rule that matched, with the facts that it looked at."""

    rule: str
    """its id in the policy"""
    facts: dict[FactName, Fact]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyName:
    """Which policy decided; the digest covers the parsed policy and its resolved holidays."""

    name: str
    version: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketNames:
    """What every outbound event says of its ticket."""

    ticket_id: str
    ticket_source: str
    """the `source` of its events: a ticket is known by both"""
    client: Annotated[str | None, Absent] = None
    level: Level
    revision: int
    """the ticket's newest one, as `ticket.prioritized` counts them"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prioritized(TicketNames):
    """What was decided; a consumer keeps what has the highest `revision`."""

    previous_level: Level | None
    """null in the first revision"""
    deadline: Instant | None
    """null while the ticket is paused"""
    objective: Objective
    calendar: str
    """its name in the policy"""
    timezone: str
    """the calendar's IANA zone"""
    reasons: tuple[Reason, ...]
    needs_triage: bool
    """a person should find out what is unknown"""
    unknown: tuple[FactName, ...]
    """facts nobody stated that would change the level"""
    escalated: bool
    """has a person asked for more urgency?"""
    outside_hours: bool
    """was the notification outside the calendar's working hours?"""
    policy: PolicyName


@dataclass(frozen=True, slots=True, kw_only=True)
class AtRisk(TicketNames):
    """How much of the time is used, and how much is left."""

    objective: Objective
    deadline: Instant
    threshold: float
    """the part of the objective that is used up: 0.5 is half"""
    occurrence: int
    """2 where the same alert was superseded and stands again, and so on"""
    remaining_seconds: float | int
    """left of the objective, on its own clock, at the instant of the threshold"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Breached(TicketNames):
    """Which deadline, and who is to know of it."""

    objective: Objective
    due_at: Instant
    """the deadline"""
    detected_at: Instant
    """when the worker noticed, which may be later"""
    occurrence: int
    """2 where the same alert was superseded and stands again, and so on"""
    contact: Annotated[str | None, Absent] = None
    """the client's contact in the policy, else the default one"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Superseded(TicketNames):
    """An alert that no longer stands; `level` is the alert's."""

    alert_id: str
    """the `id` of the event that no longer stands"""
    alert_type: Literal["objective.at_risk", "objective.breached"]
    occurrence: int
    """the alert's"""
    reason: SupersedeReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded(TicketNames):
    """The outcome; an earlier response that becomes known later is recorded anew."""

    outcome: Literal["met", "missed"]
    response_seconds: float | int
    """from notification to response on the objective's own clock, less the pauses"""
    wall_seconds: float | int
    """from notification to response, as a clock on the wall counts"""
    deadline: Instant | None
    """the one in force then; null while the ticket was paused"""
    responded_at: Instant
    replaces: Annotated[str | None, Absent] = None
    """the id of an earlier record that this one corrects"""


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationRequested(TicketNames):
    """Ask this person; `level` is the level after the escalation."""

    contact: Annotated[str | None, Absent] = None
    """the client's contact in the policy, else the default one"""
    reason: Annotated[str | None, Absent] = None
    """in the words of who asked"""
    from_level: Level
    to_level: Level


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundEvent(Envelope):
    """An envelope that says what is in it, so that only `type` and `data` are to be told."""

    specversion: Literal["1.0"] = "1.0"
    datacontenttype: Literal["application/json"] = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketPrioritized(OutboundEvent):
    """A ticket's level and deadline, with the rule and the facts behind them.

    Published again when they change.
    """

    type: Literal["ticket.prioritized"] = "ticket.prioritized"
    data: Prioritized


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectiveAtRisk(OutboundEvent):
    """A part of the time to the deadline is used up: half of it, or four fifths."""

    type: Literal["objective.at_risk"] = "objective.at_risk"
    data: AtRisk


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectiveBreached(OutboundEvent):
    """The deadline passed without a response."""

    type: Literal["objective.breached"] = "objective.breached"
    data: Breached


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectiveSuperseded(OutboundEvent):
    """An alert that no longer stands."""

    type: Literal["objective.superseded"] = "objective.superseded"
    data: Superseded


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseRecorded(OutboundEvent):
    """The first response of an agent: met or missed, and after how long."""

    type: Literal["response.recorded"] = "response.recorded"
    data: Recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationRequestedEvent(OutboundEvent):
    """Somebody is to be called about a ticket."""

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

# Built when somebody first reads an event: the worker itself never does.
outbound: TypeAdapter[Outbound] = TypeAdapter(Outbound, config=ConfigDict(defer_build=True))

# Each type's own: a union's would write each event twice, the first time to see whether it fits.
_WRITERS: dict[type, TypeAdapter[Any]] = {
    type_: TypeAdapter(type_) for type_ in get_args(get_args(Outbound)[0])
}


def encode(event: Outbound) -> bytes:
    """The event as the bytes that are published: what is absent is left out, JSON in UTF-8."""
    written: bytes = _WRITERS[type(event)].serializer.to_json(event, by_alias=True)
    return written


def document(event: Outbound) -> dict[str, Any]:
    """The same as JSON-ready values."""
    written: dict[str, Any] = _WRITERS[type(event)].dump_python(event, mode="json", by_alias=True)
    return written
