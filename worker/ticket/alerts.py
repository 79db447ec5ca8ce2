"""Alerts: which ones a life yields, and what becomes of those that were published."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from schemas.outbound import Objective, SupersedeReason
from worker.ticket.ledger import Alert, Ledger, Planned, Reset
from worker.ticket.life import Life, Promise
from worker.ticket.seconds import in_seconds


def objective(promise: Promise, *, binding: bool) -> Objective:
    return Objective(
        duration_seconds=in_seconds(promise.goal.respond_within),
        clock=promise.goal.clock,
        binding=binding,
    )


def yielded(life: Life, reset: Reset | None) -> tuple[Planned, ...]:
    """All alerts of the deadline in force, past and to come, in the order in which they are due.

    A breach is yielded exactly when a response at that end would be, or was, missed.
    """
    if life.deadline is None:
        return ()
    set_at = life.set_at
    if reset and reset.deadline == life.deadline:
        set_at = max(set_at, reset.at)
    return tuple(
        alert
        for alert in _of_deadline(life, life.deadline, set_at)
        if life.ends_at is None or alert.due_at < life.ends_at
    )


def _of_deadline(life: Life, deadline: datetime, set_at: datetime) -> Iterator[Planned]:
    promised = objective(life.promise, binding=life.policy.binding)
    for fraction in life.policy.at_risk:
        due_at = life.promise.instant(fraction)
        if due_at > set_at:
            yield Planned(
                type="objective.at_risk",
                threshold=fraction,
                deadline=deadline,
                due_at=due_at,
                at=due_at,
                level=life.promise.level,
                objective=promised,
                remaining_seconds=in_seconds(life.promise.goal.respond_within * (1 - fraction)),
                known_at=life.known_at,
            )
    yield Planned(
        type="objective.breached",
        threshold=None,
        deadline=deadline,
        due_at=deadline,
        at=max(deadline, set_at),
        level=life.promise.level,
        objective=promised,
        remaining_seconds=0,
        known_at=life.known_at,
    )


def reconcile(
    published: Sequence[Alert], due: Sequence[Planned]
) -> tuple[tuple[Alert, ...], tuple[Alert, ...], tuple[Planned, ...]]:
    """The alerts as they now are, those of them that no longer stand, and what is still to come."""
    kept, withdrawn = [], []
    for alert in published:
        if alert.stands and not any(planned.same(alert) for planned in due):
            withdrawn.append(alert)
            kept.append(replace(alert, stands=False))
        else:
            kept.append(alert)
    standing = [alert for alert in kept if alert.stands]
    plan = tuple(p for p in due if not any(p.same(alert) for alert in standing))
    return tuple(kept), tuple(withdrawn), plan


def why_withdrawn(alert: Alert, life: Life, before: Ledger) -> SupersedeReason:
    """What, in the history as it is now known, took the ground from under a published alert."""
    if life.ends_at and alert.due_at >= life.ends_at:
        answered = life.answer and life.answer.ended_at == life.answer.responded_at
        return "response" if answered else life.stopped_by
    last = before.revision
    assert last is not None  # noqa: S101 - an alert follows a revision
    changed: tuple[tuple[SupersedeReason, bool], ...] = (
        ("policy", last.policy != life.policy.digest),
        ("level", last.level != life.level),
        ("client", (last.client, last.calendar) != (life.client, life.calendar.name)),
        ("notified", before.notified_at != life.notified_at),
    )
    return next((reason for reason, true in changed if true), life.stopped_by)


def next_occurrence(alerts: Sequence[Alert], planned: Planned) -> int:
    return 1 + sum(planned.same(alert) for alert in alerts)
