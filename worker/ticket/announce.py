"""Outbound events, built from decisions. What they say is decided elsewhere."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from schemas import outbound
from schemas.envelope import Level
from schemas.facts import FactName
from schemas.times import in_seconds
from worker.ticket import ids
from worker.ticket.cause import Cause
from worker.ticket.ledger import Alert, Ledger, Planned, Record, Revision, Trace
from worker.ticket.life import Answer, Escalation, Life

_Event = TypeVar("_Event")

_UNKNOWN = outbound.Fact(value="unknown", origin="default")


class Announcer:
    """Builds the events about one ticket, on behalf of one source."""

    def __init__(self, source: str, ticket: ids.TicketKey) -> None:
        self.source = source
        self.ticket = ticket

    def prioritized(
        self, life: Life, revision: Revision, previous: Level | None, cause: Cause
    ) -> outbound.TicketPrioritized:
        # The revision's own deadline and objective: those of an ended objective stay as judged.
        data = outbound.Prioritized(
            **self._names(revision, revision.level),
            previous_level=previous,
            deadline=revision.deadline,
            objective=revision.objective,
            calendar=life.calendar.name,
            timezone=life.calendar.timezone,
            reasons=reasons(life),
            needs_triage=revision.needs_triage,
            unknown=revision.unknown,
            escalated=revision.escalated,
            outside_hours=not life.calendar.is_open(life.notified_at),
            policy=life.policy.named,
        )
        id_ = self._id("ticket.prioritized", revision.number)
        return self._event(outbound.TicketPrioritized, id_, cause.time, _trace(cause), data)

    def alert(
        self, planned: Planned, occurrence: int, ledger: Ledger, detected_at: datetime
    ) -> outbound.ObjectiveAtRisk | outbound.ObjectiveBreached:
        names = self._names(_revision(ledger), planned.level)
        id_ = self._id(planned.type, planned.deadline, planned.threshold, occurrence)
        if planned.threshold is None:
            breached = outbound.Breached(
                **names,
                objective=planned.objective,
                occurrence=occurrence,
                due_at=planned.due_at,
                detected_at=detected_at,
                contact=ledger.contact,
            )
            return self._event(outbound.ObjectiveBreached, id_, planned.at, ledger.trace, breached)
        at_risk = outbound.AtRisk(
            **names,
            objective=planned.objective,
            occurrence=occurrence,
            deadline=planned.deadline,
            threshold=planned.threshold,
            remaining_seconds=planned.remaining_seconds,
        )
        return self._event(outbound.ObjectiveAtRisk, id_, planned.at, ledger.trace, at_risk)

    def superseded(
        self,
        alert: Alert,
        reason: outbound.SupersedeReason,
        revision: Revision,
        cause: Cause,
    ) -> outbound.ObjectiveSuperseded:
        data = outbound.Superseded(
            **self._names(revision, alert.level),
            alert_id=alert.id,
            alert_type=alert.type,
            occurrence=alert.occurrence,
            reason=reason,
        )
        # About the alert, not about the inbound event alone: one event may withdraw several.
        id_ = self._id("objective.superseded", alert.id)
        return self._event(outbound.ObjectiveSuperseded, id_, cause.time, _trace(cause), data)

    def recorded(
        self, answer: Answer, revision: Revision, replaces: Record | None, cause: Cause
    ) -> outbound.ResponseRecorded:
        data = outbound.Recorded(
            **self._names(revision, answer.level),
            outcome=answer.outcome,
            response_seconds=in_seconds(answer.spent),
            wall_seconds=in_seconds(answer.wall),
            deadline=answer.deadline,
            responded_at=answer.responded_at,
            replaces=replaces.id if replaces else None,
        )
        id_, at = self._id("response.recorded", cause.id), max(cause.time, answer.told_at)
        return self._event(outbound.ResponseRecorded, id_, at, _trace(cause), data)

    def escalation(
        self, escalation: Escalation, life: Life, revision: Revision
    ) -> outbound.EscalationRequestedEvent:
        event = escalation.event
        data = outbound.EscalationRequested(
            **self._names(revision, escalation.to_level),
            contact=life.policy.contact_of(life.client),
            reason=event.data.reason,
            from_level=escalation.from_level,
            to_level=escalation.to_level,
        )
        id_, at = self._id("escalation.requested", event.id), escalation.at
        return self._event(outbound.EscalationRequestedEvent, id_, at, _trace(event), data)

    def _id(self, type_: str, *about: ids.About) -> str:
        return ids.event_id(self.ticket, type_, *about)

    def _event(
        self, kind: Callable[..., _Event], id_: str, at: datetime, trace: Trace, data: object
    ) -> _Event:
        return kind(
            id=id_,
            source=self.source,
            time=at,
            subject=self.ticket[1],
            traceparent=trace[0],
            tracestate=trace[1],
            data=data,
        )

    def _names(self, revision: Revision, level: Level) -> dict[str, Any]:
        return {
            "ticket_id": self.ticket[1],
            "ticket_source": self.ticket[0],
            "client": revision.client,
            "level": level,
            "revision": revision.number,
        }


def reasons(life: Life) -> tuple[outbound.Reason, ...]:
    """Why the level is what it is: the rule, then what lifted it."""
    verdict = life.verdict
    told = [outbound.Reason(rule=verdict.rule, facts=_facts(life, verdict.looked_at))]
    raised = life.policy.raised(verdict.level, life.client)
    if raised != verdict.level:
        told.append(outbound.Reason(rule="client-raise", facts={}))
    if life.level != raised:
        told.append(outbound.Reason(rule="escalation", facts={}))
    return tuple(told)


def _facts(life: Life, names: tuple[FactName, ...]) -> dict[FactName, outbound.Fact]:
    return {name: life.facts.get(name, _UNKNOWN) for name in names}


def _trace(cause: Cause) -> Trace:
    return cause.traceparent, cause.tracestate


def _revision(ledger: Ledger) -> Revision:
    assert ledger.revision is not None  # noqa: S101 - an alert follows a revision
    return ledger.revision
