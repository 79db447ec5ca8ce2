"""What has been published of a ticket, and what is planned: all that later decisions stand on."""

from dataclasses import field
from datetime import datetime
from typing import Literal

from pydantic import TypeAdapter

from schemas.envelope import Level
from schemas.facts import FactName
from schemas.outbound import Objective
from schemas.values import dataclass

AlertType = Literal["objective.at_risk", "objective.breached"]
Trace = tuple[str | None, str | None]
"""traceparent and tracestate"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """The last published `ticket.prioritized`, as far as the next is compared with it."""

    number: int
    level: Level
    deadline: datetime | None
    client: str | None
    calendar: str
    needs_triage: bool
    unknown: tuple[FactName, ...]
    escalated: bool
    policy: str
    """the policy's digest"""
    objective: Objective = field(compare=False)
    """what the deadline was reckoned from; after the end, the one that was judged"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """An alert that the history yields, to be published when time comes to `at`."""

    type: AlertType
    threshold: float | None
    deadline: datetime
    due_at: datetime
    """the instant that the alert tells of"""
    at: datetime
    """when that became true: `due_at`, or the later event that set the deadline"""
    level: Level
    objective: Objective
    remaining_seconds: float | int
    known_at: datetime | None = None
    """when the worker received the event that had it planned"""

    def same(self, alert: "Alert") -> bool:
        """Whether the alert has this one's key, all but the occurrence."""
        return (self.type, self.threshold, self.deadline) == (
            alert.type,
            alert.threshold,
            alert.deadline,
        )

    def stands_as(self, alert: "Alert") -> bool:
        """Whether the alert, published and not withdrawn, says what this one would.

        One deadline can be that of two levels, and half of an objective can be used up at other
        times on two calendars.
        """
        return (
            alert.stands
            and self.same(alert)
            and (self.due_at, self.level) == (alert.due_at, alert.level)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An alert that was published, and whether it still stands."""

    id: str
    type: AlertType
    threshold: float | None
    deadline: datetime
    due_at: datetime
    occurrence: int
    level: Level
    stands: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The last published `response.recorded`."""

    id: str
    responded_at: datetime
    outcome: Literal["met", "missed"]
    deadline: datetime | None
    level: Level
    response_seconds: float | int
    wall_seconds: float | int
    policy: str = field(compare=False)
    """the digest of the policy that judged"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reset:
    """A deadline that a new policy set, and the time of the event that it was set by."""

    deadline: datetime
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """Empty for a ticket of which nothing was published yet."""

    revision: Revision | None = None
    contact: str | None = None
    trace: Trace = (None, None)
    """of the event last decided on"""
    plan: tuple[Planned, ...] = ()
    alerts: tuple[Alert, ...] = ()
    record: Record | None = None
    escalations: tuple[str, ...] = ()
    """ids of the escalation events that were answered with a request"""
    reset: Reset | None = None

    @property
    def breached(self) -> bool:
        return any(alert.stands and alert.type == "objective.breached" for alert in self.alerts)

    @property
    def wake_at(self) -> datetime | None:
        """The next instant at which something is due."""
        return min((planned.at for planned in self.plan), default=None)


_ledger = TypeAdapter(Ledger)


def encode(ledger: Ledger) -> bytes:
    return _ledger.serializer.to_json(ledger, exclude_defaults=True, by_alias=True)


def decode(stored: bytes) -> Ledger:
    ledger: Ledger = _ledger.validator.validate_json(stored)
    return ledger
