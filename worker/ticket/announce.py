"""Outbound events, built from decisions. What they say is decided elsewhere."""

from datetime import datetime
from typing import Any

from schemas import outbound
from schemas.envelope import Level
from schemas.facts import FactName
from schemas.times import in_seconds
from worker.ticket import ids
from worker.ticket.cause import Cause
from worker.ticket.ledger import Alert, Ledger, Planned, Record, Revision
from worker.ticket.life import Answer, Escalation, Life

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
        return outbound.TicketPrioritized(
            **self._envelope("ticket.prioritized", revision.number, cause=cause),
            data=outbound.Prioritized(
                **self._names(revision),
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
            ),
        )

    def alert(
        self, planned: Planned, occurrence: int, ledger: Ledger, detected_at: datetime
    ) -> outbound.ObjectiveAtRisk | outbound.ObjectiveBreached:
        revision = _revision(ledger)
        about = (planned.deadline, planned.threshold, occurrence)
        envelope = self._envelope(planned.type, *about, at=planned.at, trace=ledger.trace)
        names = {**self._names(revision), "level": planned.level}
        shared = {"objective": planned.objective, "occurrence": occurrence, **names}
        if planned.threshold is None:
            return outbound.ObjectiveBreached(
                **envelope,
                data=outbound.Breached(
                    **shared,
                    due_at=planned.due_at,
                    detected_at=detected_at,
                    contact=ledger.contact,
                ),
            )
        return outbound.ObjectiveAtRisk(
            **envelope,
            data=outbound.AtRisk(
                **shared,
                deadline=planned.deadline,
                threshold=planned.threshold,
                remaining_seconds=planned.remaining_seconds,
            ),
        )

    def superseded(
        self,
        alert: Alert,
        reason: outbound.SupersedeReason,
        revision: Revision,
        cause: Cause,
    ) -> outbound.ObjectiveSuperseded:
        # About the alert, not about the inbound event alone: one event may withdraw several.
        return outbound.ObjectiveSuperseded(
            **self._envelope("objective.superseded", alert.id, cause=cause),
            data=outbound.Superseded(
                **{**self._names(revision), "level": alert.level},
                alert_id=alert.id,
                alert_type=alert.type,
                occurrence=alert.occurrence,
                reason=reason,
            ),
        )

    def recorded(
        self, answer: Answer, revision: Revision, replaces: Record | None, cause: Cause
    ) -> outbound.ResponseRecorded:
        return outbound.ResponseRecorded(
            **self._envelope(
                "response.recorded", cause.id, cause=cause, at=max(cause.time, answer.told_at)
            ),
            data=outbound.Recorded(
                **{**self._names(revision), "level": answer.level},
                outcome=answer.outcome,
                response_seconds=in_seconds(answer.spent),
                wall_seconds=in_seconds(answer.wall),
                deadline=answer.deadline,
                responded_at=answer.responded_at,
                replaces=replaces.id if replaces else None,
            ),
        )

    def escalation(
        self, escalation: Escalation, life: Life, revision: Revision
    ) -> outbound.EscalationRequestedEvent:
        event = escalation.event
        return outbound.EscalationRequestedEvent(
            **self._envelope("escalation.requested", event.id, cause=event, at=escalation.at),
            data=outbound.EscalationRequested(
                **{**self._names(revision), "level": escalation.to_level},
                contact=life.policy.contact_of(life.client),
                reason=event.data.reason,
                from_level=escalation.from_level,
                to_level=escalation.to_level,
            ),
        )

    def _envelope(
        self,
        type_: str,
        *about: str | float | datetime | None,
        cause: Cause | None = None,
        at: datetime | None = None,
        trace: tuple[str | None, str | None] = (None, None),
    ) -> dict[str, Any]:
        if cause is not None:
            at, trace = at or cause.time, (cause.traceparent, cause.tracestate)
        return {
            "id": ids.event_id(self.ticket, type_, *about),
            "source": self.source,
            "time": at,
            "subject": self.ticket[1],
            "traceparent": trace[0],
            "tracestate": trace[1],
        }

    def _names(self, revision: Revision) -> dict[str, Any]:
        source, ticket_id = self.ticket
        return {
            "ticket_id": ticket_id,
            "ticket_source": source,
            "client": revision.client,
            "level": revision.level,
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


def _revision(ledger: Ledger) -> Revision:
    assert ledger.revision is not None  # noqa: S101 - an alert follows a revision
    return ledger.revision
