"""What each published event says, field by field of the contract's table."""

import json
from datetime import timedelta

from schemas import outbound
from tests.support.tickets import (
    CRITICAL,
    HIGH,
    LOW,
    SOURCE,
    TICKET,
    Case,
    Document,
    at,
    created,
    escalated,
    only,
    paused,
    policy,
    responded,
    updated,
    with_clients,
    z,
)

NAMES = {"ticket_id": TICKET, "ticket_source": SOURCE}
OBJECTIVE = {"name": "response", "duration_seconds": 7200, "clock": "working", "binding": False}


def _envelope(event: Document) -> Document:
    return {name: value for name, value in event.items() if name not in ("data", "id")}


def test_every_event_is_a_cloudevent_of_our_source_about_the_ticket() -> None:
    case = Case()
    case.play(created("10:00", facts=HIGH), escalated("10:10", "e"), until="10:30")
    case.take(responded("10:40", "r"), responded("10:20", "q"))
    assert {event["type"] for event in case.published} == set(outbound.OUTBOUND_TYPES)
    for event in case.published:
        assert _envelope(event) == {
            "specversion": "1.0",
            "type": event["type"],
            "source": "/respondby",
            "subject": TICKET,
            "time": event["time"],
            "datacontenttype": "application/json",
        }
        assert NAMES.items() <= event["data"].items()
        assert event["data"]["revision"] == 2 or event is case.published[0]


def test_prioritized_says_all_that_was_decided_and_why() -> None:
    case = Case()
    (event,) = case.take(created("10:00", facts=HIGH))
    assert event["data"] == {
        **NAMES,
        "level": "high",
        "previous_level": None,
        "revision": 1,
        "deadline": z("12:00"),
        "objective": OBJECTIVE,
        "calendar": "default",
        "timezone": "America/New_York",
        "reasons": [
            {
                "rule": "production-fault",
                "facts": {"system_critical": {"value": False, "from": "event"}},
            }
        ],
        "needs_triage": False,
        "unknown": ["degraded"],
        "escalated": False,
        "outside_hours": False,
        "policy": {
            "name": "support-priorities",
            "version": "1",
            "digest": case.policy.digest,
        },
    }


def test_reasons_tell_a_fact_that_nobody_stated_as_an_unknown_by_default() -> None:
    case = Case()
    (event,) = case.take(created("10:00", facts={"workaround": True}))
    assert event["data"]["reasons"] == [
        {
            "rule": "workaround-criticality-unknown",
            "facts": {
                "system_critical": {"value": "unknown", "from": "default"},
                "workaround": {"value": True, "from": "event"},
            },
        }
    ]


def test_reasons_name_the_clients_raise_and_the_escalation_where_they_lifted_the_level() -> None:
    case = Case(with_clients())
    case.take(created("10:00", client="acme", facts=LOW), escalated("11:00"))
    rules = [reason["rule"] for reason in case.published[1]["data"]["reasons"]]
    assert rules == ["not-a-fault", "client-raise", "escalation"]


def test_reasons_do_not_name_what_did_not_lift_the_level() -> None:
    case = Case(with_clients())
    case.take(created("10:00", client="acme", facts=CRITICAL), escalated("11:00"))
    data = case.published[1]["data"]
    assert [reason["rule"] for reason in data["reasons"]] == ["system-critical"]
    assert data["escalated"] is True


def test_unknown_lists_the_facts_nobody_stated_that_would_matter() -> None:
    case = Case()
    (event,) = case.take(created("10:00", facts={"request": "fault"}))
    assert event["data"]["unknown"] == ["stage", "system_critical", "workaround", "degraded"]
    (event,) = case.take(updated("10:10", facts={"request": "question"}))
    assert event["data"]["unknown"] == []


def test_needs_triage_is_the_rules() -> None:
    case = Case()
    (event,) = case.take(created("10:00"))
    assert (event["data"]["level"], event["data"]["needs_triage"]) == ("medium", True)


def test_outside_hours_is_about_the_notification_on_the_clients_calendar() -> None:
    def outside(**data: object) -> bool:
        (event,) = Case(with_clients()).take(created("tue 18:00", **data))
        told: bool = event["data"]["outside_hours"]
        return told

    assert outside()
    assert not outside(notified_at="10:00")
    assert not outside(client="acme")
    assert not outside(client="owl")
    assert outside(notified_at="17:00")
    assert not outside(notified_at="09:00")


def test_the_deadline_is_null_while_paused() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH), paused("10:10"))
    assert case.published[-1]["data"]["deadline"] is None


def test_objectives_are_goals_unless_the_policy_is_binding() -> None:
    case = Case(policy(binding=True))
    case.take(created("10:00", facts=CRITICAL))
    case.until("10:30")
    objective = {"name": "response", "duration_seconds": 1800, "clock": "wall", "binding": True}
    assert [event["data"]["objective"] for event in case.published] == [objective] * 4


def test_at_risk_says_how_much_is_left_of_which_objective() -> None:
    case = Case(with_clients())
    case.take(created("10:00", client="owl", facts=HIGH))
    (event,) = case.until("11:00")
    assert event["data"] == {
        **NAMES,
        "client": "owl",
        "level": "high",
        "objective": OBJECTIVE,
        "deadline": z("12:00"),
        "threshold": 0.5,
        "occurrence": 1,
        "remaining_seconds": 3600,
        "revision": 1,
    }
    assert event["time"] == z("11:00")


def test_breached_says_when_it_was_due_and_when_noticed_and_whom_to_ask() -> None:
    case = Case(with_clients())
    case.take(created("10:00", client="owl", facts=HIGH))
    (event,) = case.wake("12:05", live=True)
    assert event["data"] == {
        **NAMES,
        "client": "owl",
        "level": "high",
        "objective": OBJECTIVE,
        "due_at": z("12:00"),
        "detected_at": z("12:05"),
        "occurrence": 1,
        "contact": "customer-success",
        "revision": 1,
    }


def test_the_contact_is_the_clients_else_the_default_else_absent() -> None:
    def contact(case: Case, client: str) -> str | None:
        case.play(
            created("10:00", client=client, facts=CRITICAL), escalated("10:05"), until="10:30"
        )
        asked = only(case.published, "escalation.requested")["data"].get("contact")
        told: str | None = only(case.published, "objective.breached")["data"].get("contact")
        assert asked == told
        return told

    assert contact(Case(with_clients()), "acme") == "acme-desk"
    assert contact(Case(with_clients()), "owl") == "customer-success"
    assert contact(Case(policy(contacts={})), "acme") is None


def test_superseded_says_which_alert_it_withdraws_and_why() -> None:
    case = Case()
    case.play(created("10:00", facts=HIGH), until="11:00")
    alert = case.published[-1]
    event = only(case.take(updated("11:10", facts=LOW)), "objective.superseded")
    assert event["data"] == {
        **NAMES,
        "level": "high",
        "alert_id": alert["id"],
        "alert_type": "objective.at_risk",
        "occurrence": 1,
        "reason": "level",
        "revision": 2,
    }


def test_recorded_says_the_outcome_on_both_clocks() -> None:
    case = Case()
    case.take(created("16:30", facts=HIGH))
    (event,) = case.take(responded("tue 09:45", responded_at="tue 09:30"))
    assert event["data"] == {
        **NAMES,
        "level": "high",
        "outcome": "met",
        "response_seconds": 3600,
        "wall_seconds": 17 * 3600,
        "deadline": z("tue 10:30"),
        "responded_at": z("tue 09:30"),
        "revision": 1,
    }
    assert event["time"] == z("tue 09:45")


def test_escalation_requested_says_whom_to_ask_and_what_it_did() -> None:
    case = Case()
    case.take(created("10:00", facts=LOW), escalated("10:10", reason="the board is watching"))
    event = only(case.published, "escalation.requested")
    assert event["data"] == {
        **NAMES,
        "level": "medium",
        "contact": "customer-success",
        "reason": "the board is watching",
        "from_level": "low",
        "to_level": "medium",
        "revision": 2,
    }


def test_times_are_utc_with_microseconds_only_where_they_are_not_zero() -> None:
    case = Case()
    odd = at("10:00") + timedelta(microseconds=1500)
    case.take(created(odd, facts=HIGH))
    (revision,) = case.published
    assert revision["time"] == "2026-03-09T14:00:00.001500Z"
    assert revision["data"]["deadline"] == "2026-03-09T16:00:00.001500Z"
    assert only(case.until("12:01"), "objective.breached")["time"] == "2026-03-09T16:00:00.001500Z"


def test_seconds_have_a_fraction_only_where_it_is_not_zero() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH))
    case.take(responded(at("10:30") + timedelta(milliseconds=250)))
    data = only(case.published, "response.recorded")["data"]
    assert data["response_seconds"] == 1800.25
    case.take(responded("10:20"))
    assert json.dumps(case.published[-1]["data"]["response_seconds"]) == "1200"


def test_the_trace_is_carried_through() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH, traceparent="00-created"))
    assert {event["traceparent"] for event in [*case.published, *case.until("11:00")]} == {
        "00-created"
    }
    case.take(updated("11:10", facts=LOW, traceparent="00-updated"))
    assert {event["traceparent"] for event in case.published[-2:]} == {"00-updated"}
    case.take(updated("11:20"))
    assert "traceparent" not in case.until("tue 10:00")[-1]
