"""Outbound events as the contract writes them, word for word."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from schemas import outbound
from schemas.outbound import OUTBOUND_TYPES, Outbound, document

AT = datetime(2026, 3, 9, 14, 30, tzinfo=UTC)
LATER = AT + timedelta(hours=2, microseconds=250)
ENVELOPE: dict[str, Any] = {"id": "an-id", "source": "/respondby", "time": AT, "subject": "T-1"}
NAMES: dict[str, Any] = {
    "ticket_id": "T-1",
    "ticket_source": "/psa",
    "client": "acme",
    "level": "high",
    "revision": 1,
}
OBJECTIVE = outbound.Objective(duration_seconds=7200, clock="working", binding=False)
WRITTEN_OBJECTIVE = {
    "name": "response",
    "duration_seconds": 7200,
    "clock": "working",
    "binding": False,
}


def prioritized(**changes: Any) -> outbound.TicketPrioritized:
    stated = outbound.Fact(value=False, origin="event")
    read = outbound.Fact(value="fault", origin="text", evidence="it fails")
    silent = outbound.Fact(value="unknown", origin="default")
    facts: dict[Any, outbound.Fact] = {
        "system_critical": stated,
        "request": read,
        "stage": silent,
    }
    fields: dict[str, Any] = {
        "previous_level": "medium",
        "deadline": LATER,
        "objective": OBJECTIVE,
        "calendar": "default",
        "timezone": "America/New_York",
        "reasons": (outbound.Reason(rule="production-fault", facts=facts),),
        "needs_triage": True,
        "unknown": ("stage",),
        "escalated": False,
        "outside_hours": False,
        "policy": outbound.PolicyName(name="p", version="1", digest="sha256:0"),
    }
    return outbound.TicketPrioritized(
        **ENVELOPE, data=outbound.Prioritized(**{**NAMES, **fields, **changes})
    )


def at_risk() -> outbound.ObjectiveAtRisk:
    data = outbound.AtRisk(
        **NAMES,
        objective=OBJECTIVE,
        deadline=LATER,
        threshold=0.5,
        occurrence=1,
        remaining_seconds=3600,
    )
    return outbound.ObjectiveAtRisk(**ENVELOPE, data=data)


def breached(**changes: Any) -> outbound.ObjectiveBreached:
    fields = {"due_at": AT, "detected_at": LATER, "occurrence": 2, "contact": "Ada", **changes}
    data = outbound.Breached(**NAMES, objective=OBJECTIVE, **fields)
    return outbound.ObjectiveBreached(**ENVELOPE, data=data)


def superseded() -> outbound.ObjectiveSuperseded:
    data = outbound.Superseded(
        **NAMES, alert_id="x", alert_type="objective.breached", occurrence=1, reason="pause"
    )
    return outbound.ObjectiveSuperseded(**ENVELOPE, data=data)


def recorded(**changes: Any) -> outbound.ResponseRecorded:
    fields = {"deadline": LATER, "replaces": "y", **changes}
    data = outbound.Recorded(
        **NAMES,
        outcome="met",
        response_seconds=60,
        wall_seconds=61.5,
        responded_at=AT,
        **fields,
    )
    return outbound.ResponseRecorded(**ENVELOPE, data=data)


def requested(**changes: Any) -> outbound.EscalationRequestedEvent:
    fields = {"contact": "Ada", "reason": "A demo at noon", **changes}
    data = outbound.EscalationRequested(**NAMES, from_level="medium", to_level="high", **fields)
    return outbound.EscalationRequestedEvent(**ENVELOPE, data=data)


WHOLE: dict[str, tuple[Outbound, dict[str, Any]]] = {
    "ticket.prioritized": (
        prioritized(),
        {
            "previous_level": "medium",
            "deadline": "2026-03-09T16:30:00.000250Z",
            "objective": WRITTEN_OBJECTIVE,
            "calendar": "default",
            "timezone": "America/New_York",
            "reasons": [
                {
                    "rule": "production-fault",
                    "facts": {
                        "system_critical": {"value": False, "from": "event"},
                        "request": {"value": "fault", "from": "text", "evidence": "it fails"},
                        "stage": {"value": "unknown", "from": "default"},
                    },
                }
            ],
            "needs_triage": True,
            "unknown": ["stage"],
            "escalated": False,
            "outside_hours": False,
            "policy": {"name": "p", "version": "1", "digest": "sha256:0"},
        },
    ),
    "objective.at_risk": (
        at_risk(),
        {
            "objective": WRITTEN_OBJECTIVE,
            "deadline": "2026-03-09T16:30:00.000250Z",
            "threshold": 0.5,
            "occurrence": 1,
            "remaining_seconds": 3600,
        },
    ),
    "objective.breached": (
        breached(),
        {
            "objective": WRITTEN_OBJECTIVE,
            "due_at": "2026-03-09T14:30:00Z",
            "detected_at": "2026-03-09T16:30:00.000250Z",
            "occurrence": 2,
            "contact": "Ada",
        },
    ),
    "objective.superseded": (
        superseded(),
        {
            "alert_id": "x",
            "alert_type": "objective.breached",
            "occurrence": 1,
            "reason": "pause",
        },
    ),
    "response.recorded": (
        recorded(),
        {
            "outcome": "met",
            "response_seconds": 60,
            "wall_seconds": 61.5,
            "deadline": "2026-03-09T16:30:00.000250Z",
            "responded_at": "2026-03-09T14:30:00Z",
            "replaces": "y",
        },
    ),
    "escalation.requested": (
        requested(),
        {
            "contact": "Ada",
            "reason": "A demo at noon",
            "from_level": "medium",
            "to_level": "high",
        },
    ),
}


def test_every_type_of_the_contract_is_shown_here() -> None:
    assert tuple(WHOLE) == OUTBOUND_TYPES


@pytest.mark.parametrize("type_", WHOLE)
def test_an_event_is_written_as_the_contract_says(type_: str) -> None:
    event, said = WHOLE[type_]
    assert document(event) == {
        "specversion": "1.0",
        "id": "an-id",
        "source": "/respondby",
        "type": type_,
        "time": "2026-03-09T14:30:00Z",
        "subject": "T-1",
        "datacontenttype": "application/json",
        "data": {**NAMES, **said},
    }


@pytest.mark.parametrize("type_", WHOLE)
def test_what_was_written_can_be_read_again(type_: str) -> None:
    event, _ = WHOLE[type_]
    assert outbound.outbound.validate_json(outbound.encode(event)) == event


@pytest.mark.parametrize("type_", WHOLE)
def test_the_bytes_say_what_the_document_says(type_: str) -> None:
    event, _ = WHOLE[type_]
    assert json.loads(outbound.encode(event)) == document(event)


@pytest.mark.parametrize(
    ("event", "optional"),
    [
        (breached(contact=None), "contact"),
        (recorded(replaces=None), "replaces"),
        (requested(contact=None), "contact"),
        (requested(reason=None), "reason"),
        (prioritized(client=None), "client"),
    ],
)
def test_an_empty_optional_is_absent(event: Outbound, optional: str) -> None:
    assert optional not in document(event)["data"]


def test_no_deadline_and_no_previous_level_are_null() -> None:
    said = document(prioritized(deadline=None, previous_level=None))["data"]
    assert (said["deadline"], said["previous_level"]) == (None, None)
    assert document(recorded(deadline=None))["data"]["deadline"] is None


def test_an_alert_has_no_field_of_another_event() -> None:
    assert {"deadline", "previous_level"}.isdisjoint(document(breached())["data"])
    assert "previous_level" not in document(at_risk())["data"]


def test_the_trace_is_carried_on_and_absent_where_there_is_none() -> None:
    traced = replace(at_risk(), traceparent="00-a-b-01", tracestate="v=1")
    assert document(traced)["traceparent"] == "00-a-b-01"
    assert document(traced)["tracestate"] == "v=1"
    assert {"traceparent", "tracestate"}.isdisjoint(document(at_risk()))
