"""Alerts: which ones a life yields, and what becomes of those that were published."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import takewhile

from schemas.envelope import Level
from schemas.outbound import SupersedeReason
from worker.ticket.cause import Cause
from worker.ticket.ledger import Alert, AlertType, Planned, Reset, Revision
from worker.ticket.life import Life

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
    set_at = life.set_at
    if reset and reset.deadline == life.deadline:
        set_at = max(set_at, reset.at)
    return tuple(
        takewhile(
            lambda alert: life.ends_at is None or alert.due_at < life.ends_at,
            _of_deadline(life, life.deadline, set_at, heard),
        )
    )


class Heard:
    """Since when each alert is known to be due: since it was planned first, or else since now."""

    def __init__(self, plan: Sequence[Planned], now: datetime | None) -> None:
        self._since = {(p.type, p.level, p.deadline, p.due_at): p.known_at for p in plan}
        self._now = now

    def of(
        self, type_: AlertType, level: Level, deadline: datetime, due_at: datetime
    ) -> datetime | None:
        return self._since.get((type_, level, deadline, due_at), self._now)


def _of_deadline(
    life: Life, deadline: datetime, set_at: datetime, heard: Heard
) -> Iterator[Planned]:
    promise = life.promise
    for risk in promise.goal.risks:
        due_at = promise.clock.reach(risk.after)
        if due_at > set_at:
            yield Planned(
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
    yield Planned(
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
