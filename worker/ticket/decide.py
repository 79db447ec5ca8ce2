"""What an event, or the passing of time, changes: the next ledger and the events to publish.

Pure: the same history, ledger and policy give the same decision, to the byte.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from schemas.envelope import Level
from schemas.outbound import Outbound, ResponseRecorded
from schemas.values import dataclass
from worker.policy.policy import Policy
from worker.ticket import alerts, history
from worker.ticket.announce import Announcer
from worker.ticket.cause import Cause, PolicyApplied
from worker.ticket.history import Entry
from worker.ticket.ledger import Alert, Ledger, Planned, Record, Reset, Revision
from worker.ticket.life import Life, live
from worker.ticket.phase import Phase


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
    judged = _is_judged(ledger.record, life, earlier, whole)
    now = None if judged else _standing(ledger, life, entry.event, entry.received_at)
    told = _Telling(announcer, life, ledger, now, entry.event)
    return Decision(
        ledger=told.ledger,
        phase=_phase(life, told.ledger),
        level=life.level,
        deadline=told.revision.deadline,
        outbound=tuple(told.events),
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
        if live_ and _has_lapsed(planned, now):
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


def on_policy(
    announcer: Announcer, ledger: Ledger, known: Sequence[Entry], policy: Policy, at: datetime
) -> Decision | None:
    """Decide anew because a person applies this policy at that instant.

    None where it changes nothing but the digest, or where no response is owed any more: such a
    ticket hears of the policy with its next event.
    """
    life = live(history.ordered(known), policy)
    if life is None or life.answer or life.closed:
        return None
    cause = PolicyApplied(policy.digest, at)
    told = _Telling(announcer, life, ledger, _standing(ledger, life, cause, at), cause)
    if not _differs(ledger, told, at):
        return None
    return Decision(
        ledger=told.ledger,
        phase=_phase(life, told.ledger),
        level=life.level,
        deadline=told.revision.deadline,
        outbound=tuple(told.events),
    )


def _differs(before: Ledger, told: "_Telling", at: datetime) -> bool:
    """Whether more than the policy's name has changed."""
    last = before.revision
    if last is None or replace(told.revision, number=last.number, policy=last.policy) != last:
        return True
    return before.alerts != told.ledger.alerts or _to_come(before, at) != _to_come(told.ledger, at)


def _to_come(ledger: Ledger, at: datetime) -> set[tuple[str, datetime]]:
    # A warning that lapsed is in no plan any more, and the history yields it again each time.
    return {(p.type, p.due_at) for p in ledger.plan if not _has_lapsed(p, at)}


def _has_lapsed(planned: Planned, now: datetime) -> bool:
    """It would warn of a deadline that has passed."""
    return planned.threshold is not None and planned.deadline <= now


def _is_judged(
    record: Record | None, life: Life, earlier: Sequence[Entry], whole: Sequence[Entry]
) -> bool:
    """The objective has ended, and what makes `earlier` the `whole` gives no reason to judge again.

    What has a sequence may move others of its instant: it is not its own place that counts.
    """
    answer = life.answer
    if record is None or answer is None:
        return False
    before, until_answered = history.ordered(earlier), answer.place + 1
    if whole[:until_answered] == before[:until_answered]:
        return True
    if record.policy == life.policy.digest:
        return False
    # Another policy than the one that judged takes no pretext to judge again.
    without = live(before, life.policy)
    judged = without.answer if without else None
    return judged is not None and replace(judged, place=answer.place) == answer


@dataclass(frozen=True, slots=True)
class _Standing:
    """The part of the next ledger that is about alerts."""

    alerts: tuple[Alert, ...]
    plan: tuple[Planned, ...]
    reset: Reset | None


def _standing(ledger: Ledger, life: Life, cause: Cause, heard_at: datetime | None) -> _Standing:
    reset = _reset(ledger, life, cause)
    due = alerts.yielded(life, reset, alerts.Heard(ledger.plan, heard_at))
    return _Standing(*alerts.reconcile(ledger.alerts, due), reset)


def _reset(ledger: Ledger, life: Life, cause: Cause) -> Reset | None:
    # Told under the new policy, the history set this deadline long ago; in truth it is new.
    last = ledger.revision
    if last and last.policy != life.policy.digest and life.deadline not in (None, last.deadline):
        assert life.deadline is not None  # noqa: S101
        return Reset(deadline=life.deadline, at=cause.time)
    return ledger.reset


class _Telling:
    """The events that one decision gives rise to, in the order in which they are published.

    `now`: how the alerts stand; None where the objective was judged before, and none changes.
    """

    def __init__(
        self, announcer: Announcer, life: Life, before: Ledger, now: _Standing | None, cause: Cause
    ) -> None:
        self._announcer, self._life, self._cause = announcer, life, cause
        self._before, self._after = before, now or before
        self._judged_before = now is None
        self.revision = self._revision(before.revision)
        self.events: list[Outbound] = []
        self._tell_revision(before.revision)
        self._tell_escalations()
        self._tell_superseded()
        record = self._tell_record()
        self.ledger = Ledger(
            revision=self.revision,
            contact=life.policy.contact_of(life.client),
            trace=(cause.traceparent, cause.tracestate),
            plan=self._after.plan,
            alerts=self._after.alerts,
            record=record,
            escalations=tuple(escalation.event.id for escalation in life.escalations),
            reset=self._after.reset,
        )

    def _revision(self, last: Revision | None) -> Revision:
        life = self._life
        judged = last if self._judged_before else None
        now = Revision(
            number=last.number if last else 1,
            level=life.level,
            deadline=judged.deadline if judged else life.deadline,
            client=life.client,
            calendar=life.calendar.name,
            needs_triage=life.verdict.needs_triage,
            unknown=life.verdict.unknown,
            escalated=life.escalated,
            policy=life.policy.digest,
            objective=judged.objective if judged else life.promise.goal.objective,
        )
        return now if last in (None, now) else replace(now, number=now.number + 1)

    def _tell_revision(self, last: Revision | None) -> None:
        if self.revision != last:
            previous = last.level if last else None
            self.events.append(
                self._announcer.prioritized(self._life, self.revision, previous, self._cause)
            )

    def _tell_escalations(self) -> None:
        for escalation in self._life.escalations:
            if escalation.event.id not in self._before.escalations:
                self.events.append(
                    self._announcer.escalation(escalation, self._life, self.revision)
                )

    def _tell_superseded(self) -> None:
        last = self._before.revision
        for was, now in zip(self._before.alerts, self._after.alerts, strict=True):
            if last and was.stands and not now.stands:
                reason = alerts.why_withdrawn(was, self._life, last, self._cause)
                self.events.append(
                    self._announcer.superseded(was, reason, self.revision, self._cause)
                )

    def _tell_record(self) -> Record | None:
        last, answer = self._before.record, self._life.answer
        if self._judged_before or answer is None:
            return last
        event = self._announcer.recorded(answer, self.revision, last, self._cause)
        record = _record(event, self._life.policy.digest)
        if last and replace(record, id=last.id) == last:
            return last
        self.events.append(event)
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


def _record(event: ResponseRecorded, policy: str) -> Record:
    told = event.data
    return Record(
        id=event.id,
        responded_at=told.responded_at,
        outcome=told.outcome,
        deadline=told.deadline,
        level=told.level,
        response_seconds=told.response_seconds,
        wall_seconds=told.wall_seconds,
        policy=policy,
    )


def _by_time(planned: Planned) -> tuple[datetime, datetime]:
    return planned.at, planned.due_at
