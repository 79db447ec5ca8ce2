"""Revisions: a prioritized event is published exactly when what it says has changed."""

import pytest

from tests.support.tickets import (
    CRITICAL,
    HIGH,
    LOW,
    MEDIUM,
    Builder,
    Case,
    closed,
    created,
    escalated,
    levels,
    of_type,
    paused,
    policy,
    reopened,
    resolved,
    responded,
    resumed,
    types,
    updated,
    with_clients,
    z,
)

PRIORITIZED = "ticket.prioritized"


def _revisions(case: Case) -> list[int]:
    return [event["data"]["revision"] for event in of_type(case.published, PRIORITIZED)]


def test_the_first_revision_is_1_and_has_no_previous_level() -> None:
    case = Case()
    (first,) = case.take(created("10:00", facts=HIGH))
    assert (first["data"]["revision"], first["data"]["previous_level"]) == (1, None)


def test_revisions_count_up_by_one_and_name_the_level_before() -> None:
    case = Case()
    case.take(created("10:00", facts=LOW), updated("10:10", facts=MEDIUM))
    case.take(updated("10:20", facts=HIGH), paused("10:30"))
    assert _revisions(case) == [1, 2, 3, 4]
    previous = [event["data"]["previous_level"] for event in case.published]
    assert previous == [None, "low", "medium", "high"]


def test_a_new_level_is_a_revision() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH))
    (event,) = case.take(updated("10:10", facts=CRITICAL))
    assert (event["type"], event["data"]["level"]) == (PRIORITIZED, "critical")


def test_a_new_deadline_is_a_revision() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH))
    (event,) = case.take(updated("10:10", notified_at="09:30"))
    assert event["data"]["deadline"] == z("11:30")


def test_a_new_client_is_a_revision_though_nothing_else_differs() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH))
    (event,) = case.take(updated("10:10", client="somebody"))
    assert event["data"]["client"] == "somebody"


def test_a_new_calendar_is_a_revision_though_the_deadline_is_the_same() -> None:
    case = Case(with_clients())
    case.take(created("10:00", client="owl", facts=HIGH))
    (event,) = case.take(updated("10:10", client=None))
    assert (event["data"]["calendar"], event["data"]["deadline"]) == ("default", z("12:00"))


def test_a_change_of_needs_triage_is_a_revision() -> None:
    case = Case()
    case.take(created("10:00", facts={"system_critical": False, "request": "fault"}))
    (event,) = case.take(updated("10:10", facts={"stage": "production"}))
    assert event["data"]["needs_triage"] is False
    assert event["data"]["level"] == event["data"]["previous_level"]


def test_a_change_of_what_is_unknown_is_a_revision() -> None:
    case = Case()
    case.take(created("10:00", facts={"request": "fault", "stage": "production"}))
    (event,) = case.take(updated("10:10", facts={"degraded": False}))
    assert event["data"]["unknown"] == ["system_critical", "workaround"]


def test_the_first_escalation_is_a_revision_at_critical_too() -> None:
    case = Case()
    case.take(created("10:00", facts=CRITICAL))
    assert case.take(escalated("10:10"))[0]["data"]["escalated"] is True
    assert types(case.take(escalated("10:20"))) == ["escalation.requested"]


def test_another_policy_digest_is_a_revision() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH))
    case.policy = policy(version="2")
    (event,) = case.take(updated("10:10"))
    assert event["data"]["policy"]["digest"] == case.policy.digest


def test_a_fact_that_changes_none_of_these_is_no_revision() -> None:
    case = Case()
    case.take(created("10:00", facts=CRITICAL))
    assert case.take(updated("10:10", facts={"stage": "production", "workaround": True})) == []


def test_words_alone_are_no_revision() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH))
    assert case.take(updated("10:10", summary="please hurry", description="it is URGENT")) == []


@pytest.mark.parametrize("build", [resolved, closed])
def test_the_end_of_a_ticket_is_no_revision(build: Builder) -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH))
    assert case.take(build("10:30")) == []


def test_a_response_is_no_revision() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH))
    assert types(case.take(responded("10:30"))) == ["response.recorded"]


def test_a_late_event_that_changes_nothing_now_is_no_revision() -> None:
    case = Case()
    case.take(created("10:00", facts=LOW), updated("11:00", facts=HIGH))
    assert case.take(updated("10:30", facts=CRITICAL)) == []


def test_all_that_waited_is_told_in_one_revision() -> None:
    case = Case()
    case.take(updated("10:10", facts=HIGH), paused("10:20"), resumed("10:30"))
    case.take(escalated("10:40"), created("10:00", facts=LOW))
    assert _revisions(case) == [1]


def test_a_revision_has_the_time_of_the_event_that_it_was_decided_on() -> None:
    case = Case()
    case.take(created("10:00", facts=LOW), updated("11:00", facts={"request": "fault"}))
    case.take(updated("10:30", facts={"workaround": True}))
    assert [event["time"] for event in case.published] == [z("10:00"), z("11:00"), z("10:30")]


def test_a_level_that_changes_while_closed_leaves_deadline_and_objective_as_they_stopped() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH), closed("10:20"))
    (event,) = case.take(updated("10:40", facts=CRITICAL))
    assert (event["data"]["level"], event["data"]["deadline"]) == ("critical", z("12:00"))
    assert event["data"]["objective"]["duration_seconds"] == 7200
    (event,) = case.take(reopened("11:00"))
    assert (event["data"]["level"], event["data"]["deadline"]) == ("critical", z("11:10"))
    assert event["data"]["objective"]["duration_seconds"] == 1800


def test_a_level_that_changes_after_the_response_leaves_what_was_judged() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH), responded("10:30"))
    (event,) = case.take(updated("10:40", facts=CRITICAL))
    assert (event["data"]["level"], event["data"]["deadline"]) == ("critical", z("12:00"))
    assert event["data"]["objective"]["duration_seconds"] == 7200


def test_a_policy_loaded_after_the_response_leaves_what_was_judged() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH), responded("10:30"))
    case.policy = policy(
        version="2", levels=levels(high={"respond_within": "15m", "clock": "working"})
    )
    (event,) = case.take(updated("10:40"))
    assert event["data"]["policy"]["version"] == "2"
    assert event["data"]["deadline"] == z("12:00")
    assert event["data"]["objective"]["duration_seconds"] == 7200


def test_pausing_an_answered_ticket_is_no_revision() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH), responded("10:30"))
    assert case.take(paused("10:40"), resumed("10:50")) == []


def test_a_pause_while_closed_is_no_revision_and_ends_with_reopening() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH), closed("10:30"))
    assert case.take(paused("10:40")) == []
    (event,) = case.take(reopened("11:00"))
    assert (event["data"]["deadline"], case.phase) == (z("12:30"), "running")
