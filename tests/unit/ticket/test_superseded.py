"""Alerts that no longer stand, and those that stand again."""

import pytest

from tests.support.tickets import (
    CRITICAL,
    HIGH,
    LOW,
    MEDIUM,
    Case,
    Document,
    at,
    closed,
    created,
    escalated,
    levels,
    of_type,
    only,
    paused,
    policy,
    reopened,
    responded,
    resumed,
    updated,
    with_clients,
    z,
)

AT_RISK, BREACHED, SUPERSEDED = "objective.at_risk", "objective.breached", "objective.superseded"


def _breached(case: Case | None = None) -> Case:
    """High, created at 10:00, all its alerts published, the breach at 12:00."""
    case = case or Case()
    case.play(created("10:00", facts=HIGH), until="12:00")
    return case


def _reasons(documents: list[Document]) -> set[str]:
    return {event["data"]["reason"] for event in of_type(documents, SUPERSEDED)}


def test_each_alert_that_no_longer_stands_is_superseded_by_its_id() -> None:
    case = _breached()
    alerts = case.published[1:]
    withdrawn = of_type(case.take(updated("12:30", facts=LOW)), SUPERSEDED)
    assert [event["data"]["alert_id"] for event in withdrawn] == [event["id"] for event in alerts]
    assert [event["data"]["alert_type"] for event in withdrawn] == [AT_RISK, AT_RISK, BREACHED]
    assert case.standing == []


def test_an_alert_is_superseded_once() -> None:
    case = _breached()
    case.take(updated("12:30", facts=LOW))
    assert of_type(case.take(updated("12:40", facts=MEDIUM)), SUPERSEDED) == []


def test_a_superseded_event_has_the_withdrawn_alerts_level_and_the_tickets_names() -> None:
    case = _breached()
    (event, *_) = of_type(case.take(updated("12:30", facts=LOW)), SUPERSEDED)
    data = event["data"]
    assert (data["level"], data["occurrence"], data["revision"]) == ("high", 1, 2)
    assert (data["ticket_id"], data["ticket_source"]) == ("T-1", "/psa")
    assert event["time"] == z("12:30")


def test_an_earlier_response_supersedes_what_was_due_after_it() -> None:
    case = _breached()
    events = case.take(responded("13:00", responded_at="11:30"))
    assert _reasons(events) == {"response"}
    assert len(of_type(events, SUPERSEDED)) == 2
    assert [alert.threshold for alert in case.standing] == [0.5]


def test_a_missed_response_supersedes_nothing() -> None:
    case = _breached()
    assert of_type(case.take(responded("13:00")), SUPERSEDED) == []


def test_a_pause_supersedes_the_warnings_of_the_deadline_that_it_takes_away() -> None:
    case = Case()
    case.play(created("10:00", facts=HIGH), until="11:00")
    assert _reasons(case.take(paused("11:10"))) == {"pause"}


def test_a_pause_that_becomes_known_late_supersedes_the_breach() -> None:
    case = _breached()
    assert _reasons(case.take(paused("11:50"))) == {"pause"}
    assert case.standing == []


def test_a_pause_that_was_over_when_it_became_known_supersedes_for_the_pause() -> None:
    case = Case()
    case.play(created("10:00", facts=HIGH), resumed("11:30"), until="12:00")
    assert _reasons(case.take(paused("11:10"))) == {"pause"}
    assert case.deadline == at("12:20")


def test_a_pause_after_the_deadline_supersedes_nothing() -> None:
    case = _breached()
    assert case.take(paused("12:30"), resumed("13:00")) == []


def test_another_level_supersedes_the_alerts_of_the_old_deadline() -> None:
    assert _reasons(_breached().take(updated("12:30", facts=LOW))) == {"level"}
    assert _reasons(_breached().take(escalated("12:30"))) == {"level"}


def test_another_client_supersedes_the_alerts_of_the_old_calendar() -> None:
    case = Case(with_clients())
    case.play(created("09:30", facts=HIGH), until="12:00")
    events = case.take(updated("12:30", client="acme", facts=MEDIUM))
    assert (case.level, case.deadline) == ("high", at("12:00"))
    assert _reasons(events) == {"client"}


def test_another_policy_supersedes_the_alerts_of_the_old_objective() -> None:
    case = _breached()
    case.policy = policy(
        version="2", levels=levels(high={"respond_within": "5h", "clock": "working"})
    )
    assert _reasons(case.take(updated("12:30"))) == {"policy"}


def test_an_end_that_becomes_known_late_supersedes_what_was_due_after_it() -> None:
    case = _breached()
    events = case.take(closed("11:30"))
    assert _reasons(events) == {"closed"}
    assert [alert.threshold for alert in case.standing] == [0.5]


def test_a_reopening_supersedes_the_warnings_of_the_deadline_that_it_moves() -> None:
    case = Case()
    case.play(created("10:00", facts=HIGH), closed("11:10"), until="fri 10:00")
    assert _reasons(case.take(reopened("fri 10:00"))) == {"closed"}


def test_a_response_in_a_pause_known_late_supersedes_for_the_pause() -> None:
    case = _breached()
    case.take(responded("12:30"))
    assert _reasons(case.take(paused("11:30"))) == {"pause"}


def test_a_corrected_notification_supersedes_as_a_change_of_level_does() -> None:
    assert _reasons(_breached().take(updated("12:30", notified_at="11:00"))) == {"level"}


def test_a_level_that_fell_and_rose_again_supersedes_the_warnings_before_it_rose() -> None:
    case = Case()
    case.play(created("10:00", facts=HIGH), updated("11:40", facts=HIGH), until="12:00")
    events = case.take(updated("10:10", facts=LOW))
    assert _reasons(events) == {"level"}
    assert [alert.threshold for alert in case.standing] == [None]


def test_an_alert_that_stands_again_has_the_next_occurrence() -> None:
    case = _breached()
    case.take(updated("12:30", facts=LOW), updated("12:40", facts=HIGH))
    again = case.until("12:40")
    assert [(event["type"], event["data"]["occurrence"]) for event in again] == [(BREACHED, 2)]
    assert again[0]["time"] == z("12:40")
    case.take(updated("12:50", facts=LOW), updated("13:00", facts=HIGH))
    assert only(case.until("13:00"), BREACHED)["data"]["occurrence"] == 3


def test_each_occurrence_has_an_id_of_its_own() -> None:
    case = _breached()
    case.play(updated("12:30", facts=LOW), updated("12:40", facts=HIGH), until="12:40")
    ids = [event["id"] for event in case.published]
    assert len(set(ids)) == len(ids)


def test_an_alert_of_another_deadline_is_a_first_occurrence() -> None:
    case = _breached()
    case.play(updated("12:30", facts=CRITICAL), until="12:30")
    assert case.published[-1]["data"]["occurrence"] == 1


def test_a_deadline_that_is_set_again_before_the_breach_was_told_is_a_first_occurrence() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH), updated("10:10", facts=LOW))
    case.take(updated("10:20", facts=HIGH))
    assert {event["data"]["occurrence"] for event in case.until("12:00")} == {1}


def test_a_warning_whose_instant_moves_under_one_deadline_is_told_anew() -> None:
    zone = {"timezone": "America/New_York"}
    calendars = {
        "default": {**zone, "hours": {"monday": ["10:00-11:00", "11:30-17:00"]}},
        "other": {**zone, "hours": {"monday": ["10:00-10:30", "11:00-17:00"]}},
    }
    case = Case(policy(calendars=calendars, clients={"acme": {"calendar": "other"}}))
    case.play(created("10:00", facts=HIGH), until="11:00")
    assert (case.deadline, len(case.standing)) == (at("12:30"), 1)
    assert _reasons(case.take(updated("11:10", client="acme"))) == {"client"}
    (again,) = case.until("11:30")
    assert (case.deadline, again["data"]["occurrence"]) == (at("12:30"), 2)


def test_a_level_whose_deadline_is_the_same_by_chance_has_alerts_of_its_own() -> None:
    entries = (created("10:00", facts=HIGH), updated("12:30", notified_at="11:30", facts=CRITICAL))
    case = Case()
    case.play(*entries, until="13:00")
    assert case.deadline == at("12:00")
    (breach,) = of_type(case.published, BREACHED)[1:]
    assert (breach["time"], breach["data"]["occurrence"]) == (z("12:30"), 2)
    assert [(alert.level, alert.threshold) for alert in case.standing] == [("critical", None)]
    late = Case()
    late.take(*reversed(entries))
    late.until("13:00")
    assert late.end == case.end


@pytest.mark.parametrize("late", [True, False])
def test_standing_alerts_are_the_same_whether_the_end_was_known_in_time(*, late: bool) -> None:
    case = Case()
    if late:
        case.play(created("10:00", facts=HIGH), until="fri 10:00")
        case.take(responded("11:30"))
    else:
        case.play(created("10:00", facts=HIGH), responded("11:30"), until="fri 10:00")
    assert [alert.threshold for alert in case.standing] == [0.5]
