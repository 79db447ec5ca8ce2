"""Alerts: which ones a life yields, and what becomes of those that were published."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from schemas.envelope import Level
from schemas.outbound import SupersedeReason
from worker.policy.policy import RiskPoint
from worker.ticket.cause import Cause
from worker.ticket.ledger import Alert, AlertType, Planned, Reset, Revision
from worker.ticket.life import Life, Promise

#: What an event says that moves a deadline though level and client stay; others: the level's.
_BY_CAUSE: dict[str, SupersedeReason] = {
    "ticket.responded": "response",
    "ticket.paused": "pause",
    "ticket.resumed": "pause",
    "ticket.resolved": "closed",
    "ticket.closed": "closed",
    "ticket.reopened": "closed",
}


def yielded(life: Life, reset: Reset | None, heard: "Heard") -> tuple[Planned, ...]:
    """All alerts of the deadline in force, past and to come, in the order in which they are due.

    A breach is yielded exactly when a response at that end would be, or was, missed.
    """
    if life.deadline is None:
        return ()
    deadline, set_at, promise = life.deadline, life.set_at, life.promise
    if reset and reset.deadline == deadline:
        set_at = max(set_at, reset.at)
    planned: list[Planned] = []
    for risk in promise.goal.risks:
        due_at = promise.clock.reach(risk.after)
        if _has_ended(life, due_at):
            return tuple(planned)
        if due_at > set_at:
            planned.append(_warning(promise, risk, deadline, due_at, heard))
    if not _has_ended(life, deadline):
        planned.append(_breach(promise, deadline, set_at, heard))
    return tuple(planned)


class Heard:
    """Since when each alert is known to be due: since it was planned first, or else since now."""

    def __init__(self, plan: Sequence[Planned], now: datetime | None) -> None:
        self._plan = plan
        self._now = now

    def of(
        self, type_: AlertType, level: Level, deadline: datetime, due_at: datetime
    ) -> datetime | None:
        wanted = type_, level, deadline, due_at
        for planned in self._plan:
            if (planned.type, planned.level, planned.deadline, planned.due_at) == wanted:
                return planned.known_at
        return self._now


def _has_ended(life: Life, instant: datetime) -> bool:
    """Whether the objective ended, or its clock stopped, at the instant or before."""
    ends_at = life.ends_at
    return ends_at is not None and ends_at <= instant


def _warning(
    promise: Promise, risk: RiskPoint, deadline: datetime, due_at: datetime, heard: Heard
) -> Planned:
    return Planned(
        type="objective.at_risk",
        threshold=risk.fraction,
        deadline=deadline,
        due_at=due_at,
        at=due_at,
        level=promise.level,
        objective=promise.goal.objective,
        remaining_seconds=risk.remaining_seconds,
        known_at=heard.of("objective.at_risk", promise.level, deadline, due_at),
    )


def _breach(promise: Promise, deadline: datetime, set_at: datetime, heard: Heard) -> Planned:
    return Planned(
        type="objective.breached",
        threshold=None,
        deadline=deadline,
        due_at=deadline,
        at=max(deadline, set_at),
        level=promise.level,
        objective=promise.goal.objective,
        remaining_seconds=0,
        known_at=heard.of("objective.breached", promise.level, deadline, deadline),
    )


def reconcile(
    published: Sequence[Alert], due: Sequence[Planned]
) -> tuple[tuple[Alert, ...], tuple[Planned, ...]]:
    """The published alerts as they now stand or not, and what is still to be published."""
    now = tuple(
        replace(alert, stands=any(planned.stands_as(alert) for planned in due))
        if alert.stands
        else alert
        for alert in published
    )
    plan = tuple(p for p in due if not any(p.stands_as(alert) for alert in now))
    return now, plan


def why_withdrawn(alert: Alert, life: Life, last: Revision, cause: Cause) -> SupersedeReason:
    """What, in the history as it is now known, took the ground from under a published alert."""
    if life.ends_at and alert.due_at >= life.ends_at:
        return life.ended_by
    if last.policy != life.policy.digest:
        return "policy"
    if last.level != life.level:
        return "level"
    if (last.client, last.calendar) != (life.client, life.calendar.name):
        return "client"
    return _BY_CAUSE.get(cause.type, "level")


def next_occurrence(alerts: Sequence[Alert], planned: Planned) -> int:
    return 1 + sum(planned.same(alert) for alert in alerts)
