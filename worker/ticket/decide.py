"""What an event, or the passing of time, changes: the next ledger and the events to publish.

Pure: the same history, ledger and policy give the same decision, to the byte.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from schemas.envelope import Level
from schemas.inbound import Inbound
from schemas.outbound import Outbound
from worker.policy.policy import Policy
from worker.ticket import alerts, history
from worker.ticket.announce import Announcer
from worker.ticket.history import Entry
from worker.ticket.ledger import Alert, Ledger, Planned, Record, Reset, Revision
from worker.ticket.life import Answer, Life, live
from worker.ticket.seconds import in_seconds

Phase = Literal["waiting", "running", "paused", "breached", "answered", "closed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A ticket after an event or a wake-up, and what is to be said of it."""

    ledger: Ledger
    phase: Phase
    level: Level | None
    deadline: datetime | None
    outbound: tuple[Outbound, ...] = ()
    due: tuple[Planned, ...] = ()
    """for a wake-up: the planned alert behind each outbound event"""
    late: bool = False
    """the event came after later ones of its ticket"""


def on_event(
    announcer: Announcer, ledger: Ledger, earlier: Sequence[Entry], entry: Entry, policy: Policy
) -> Decision:
    """Decide anew on a ticket whose history has grown by `entry`, in whatever order."""
    whole = history.ordered([*earlier, entry])
    late = whole[-1] is not entry
    life = live(whole, policy)
    if life is None:
        return Decision(ledger=ledger, phase="waiting", level=None, deadline=None, late=late)
    if _is_judged(ledger.record, life.answer, _place(whole, entry)):
        after = ledger
    else:
        after = _with_alerts(ledger, life, entry.event)
    told = _Telling(announcer, life, ledger, after, entry.event)
    return Decision(
        ledger=told.ledger,
        phase=_phase(life, told.ledger),
        level=life.level,
        deadline=told.revision.deadline,
        outbound=told.events,
        late=late,
    )


def on_time(
    announcer: Announcer, ledger: Ledger, phase: Phase, now: datetime, *, live_: bool = True
) -> Decision:
    """Publish what is due by `now`. Decided from the ledger alone: a reload changes nothing here.

    `live_`: a warning whose deadline has passed when it is noticed warns of nothing any more.
    """
    due = sorted((p for p in ledger.plan if p.at <= now), key=_by_time)
    events: list[Outbound] = []
    told: list[Planned] = []
    published = list(ledger.alerts)
    for planned in due:
        if planned.threshold is not None and live_ and planned.deadline <= now:
            continue
        occurrence = alerts.next_occurrence(published, planned)
        event = announcer.alert(planned, occurrence, ledger, detected_at=now)
        published.append(_published(planned, event.id, occurrence))
        told.append(planned)
        events.append(event)
    plan = tuple(p for p in ledger.plan if p.at > now)
    after = replace(ledger, plan=plan, alerts=tuple(published))
    revision = ledger.revision
    return Decision(
        ledger=after,
        phase="breached" if phase in ("running", "paused") and after.breached else phase,
        level=revision.level if revision else None,
        deadline=revision.deadline if revision else None,
        outbound=tuple(events),
        due=tuple(told),
    )


def _place(whole: Sequence[Entry], entry: Entry) -> int:
    return next(place for place, known in enumerate(whole) if known is entry)


def _is_judged(record: Record | None, answer: Answer | None, place: int) -> bool:
    """The objective has ended and `place` in the history comes after: nothing is judged again."""
    return (
        record is not None
        and answer is not None
        and record.event_id == answer.event_id
        and place > answer.place
    )


def _with_alerts(ledger: Ledger, life: Life, cause: Inbound) -> Ledger:
    reset = _reset(ledger, life, cause)
    published, _, plan = alerts.reconcile(ledger.alerts, alerts.yielded(life, reset))
    return replace(ledger, alerts=published, plan=plan, reset=reset)


def _reset(ledger: Ledger, life: Life, cause: Inbound) -> Reset | None:
    # Told under the new policy, the history set this deadline long ago; in truth it is new.
    last = ledger.revision
    if last and last.policy != life.policy.digest and life.deadline not in (None, last.deadline):
        assert life.deadline is not None  # noqa: S101
        return Reset(deadline=life.deadline, at=cause.time)
    return ledger.reset


class _Telling:
    """The events that one decision gives rise to, in the order in which they are published."""

    def __init__(
        self, announcer: Announcer, life: Life, before: Ledger, after: Ledger, cause: Inbound
    ) -> None:
        self._announcer, self._life, self._cause = announcer, life, cause
        self._before, self._after = before, after
        self._judged_before = before is after
        last = before.revision
        self.revision = self._revision(last)
        changed = self.revision != last
        self.events: tuple[Outbound, ...] = (
            *self._prioritized(changed),
            *self._escalations(),
            *self._superseded(),
        )
        record = self._record()
        self.ledger = replace(
            after,
            revision=self.revision,
            notified_at=life.notified_at,
            contact=life.policy.contact_of(life.client),
            trace=(cause.traceparent, cause.tracestate),
            record=record,
            escalations=tuple(escalation.event_id for escalation in life.escalations),
        )

    def _revision(self, last: Revision | None) -> Revision:
        life = self._life
        record = self._before.record if self._judged_before else None
        now = Revision(
            number=last.number if last else 1,
            level=life.level,
            deadline=record.deadline if record else life.deadline,
            client=life.client,
            calendar=life.calendar.name,
            needs_triage=life.verdict.needs_triage,
            unknown=life.verdict.unknown,
            escalated=life.escalated,
            policy=life.policy.digest,
        )
        return now if last in (None, now) else replace(now, number=now.number + 1)

    def _prioritized(self, changed: bool) -> Iterator[Outbound]:
        if changed:
            last = self._before.revision
            yield self._announcer.prioritized(
                self._life, self.revision, last.level if last else None, self._cause
            )

    def _escalations(self) -> Iterator[Outbound]:
        for escalation in self._life.escalations:
            if escalation.event_id not in self._before.escalations:
                yield self._announcer.escalation(escalation, self._life, self.revision, self._cause)

    def _superseded(self) -> Iterator[Outbound]:
        for was, now in zip(self._before.alerts, self._after.alerts, strict=True):
            if was.stands and not now.stands:
                reason = alerts.why_withdrawn(was, self._life, self._before)
                yield self._announcer.superseded(was, reason, self.revision, self._cause)

    def _record(self) -> Record | None:
        last, answer = self._before.record, self._life.answer
        if self._judged_before or answer is None:
            return last
        event = self._announcer.recorded(answer, self.revision, last, self._cause)
        record = _recorded(answer, event.id)
        if last is not None and replace(record, id=last.id) == last:
            return last
        self.events += (event,)
        return record


def _phase(life: Life, ledger: Ledger) -> Phase:
    if life.answer:
        return "answered"
    if life.closed:
        return "closed"
    if ledger.breached:
        return "breached"
    return "paused" if life.paused else "running"


def _published(planned: Planned, id_: str, occurrence: int) -> Alert:
    return Alert(
        id=id_,
        type=planned.type,
        threshold=planned.threshold,
        deadline=planned.deadline,
        due_at=planned.due_at,
        occurrence=occurrence,
        level=planned.level,
    )


def _recorded(answer: Answer, id_: str) -> Record:
    return Record(
        id=id_,
        event_id=answer.event_id,
        responded_at=answer.responded_at,
        outcome=answer.outcome,
        deadline=answer.deadline,
        level=answer.level,
        seconds=in_seconds(answer.spent),
    )


def _by_time(planned: Planned) -> tuple[datetime, datetime]:
    return planned.at, planned.due_at
