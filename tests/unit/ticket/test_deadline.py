"""The deadline: the objective counted from the notification, less the pauses."""

import pytest

from tests.support.tickets import (
    CRITICAL,
    HIGH,
    LOW,
    MEDIUM,
    Case,
    at,
    created,
    escalated,
    only,
    paused,
    policy,
    responded,
    resumed,
    updated,
    with_clients,
    z,
)


@pytest.mark.parametrize(
    ("facts", "deadline"),
    [(CRITICAL, "10:30"), (HIGH, "12:00"), (MEDIUM, "16:00"), (LOW, "tue 10:00")],
)
def test_the_deadline_is_when_the_objective_is_used_up_on_its_clock(
    facts: dict[str, object], deadline: str
) -> None:
    case = Case()
    case.take(created("10:00", facts=facts))
    assert case.deadline == at(deadline)


def test_the_clock_starts_at_notified_at() -> None:
    case = Case()
    case.take(created("10:00", notified_at="09:15", facts=HIGH))
    assert case.deadline == at("11:15")


def test_the_clock_starts_at_the_events_time_where_no_notification_is_stated() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH), updated("10:10", facts={"degraded": False}))
    assert case.deadline == at("12:00")


def test_a_notification_corrected_later_moves_the_deadline() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH), updated("11:00", notified_at="09:30"))
    assert case.deadline == at("11:30")
    case.take(updated("11:10", notified_at="09:00"))
    assert case.deadline == at("11:00")


def test_a_critical_ticket_runs_on_the_wall_clock_at_night() -> None:
    case = Case()
    case.take(created("sat 03:00", facts=CRITICAL))
    assert case.deadline == at("sat 03:30")


def test_a_working_objective_runs_on_the_clients_calendar() -> None:
    case = Case(with_clients())
    case.take(created("09:00", client="acme", facts=MEDIUM))
    assert case.deadline == at("12:00")
    assert case.published[-1]["data"]["timezone"] == "America/Los_Angeles"


def test_pauses_do_not_count() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH), paused("10:30"), resumed("11:15"))
    assert case.deadline == at("12:45")
    case.take(paused("12:00"), resumed("12:10"))
    assert case.deadline == at("12:55")


def test_pauses_count_on_both_clocks() -> None:
    case = Case()
    case.take(created("10:00", facts=CRITICAL), paused("10:10"), resumed("10:50"))
    assert case.deadline == at("11:10")


def test_a_pause_outside_working_hours_does_not_move_a_working_deadline() -> None:
    case = Case()
    case.take(created("16:00", facts=HIGH), paused("17:30"), resumed("tue 08:00"))
    assert case.deadline == at("tue 10:00")


def test_a_pause_over_closing_time_costs_its_working_part_only() -> None:
    case = Case()
    case.take(created("16:00", facts=HIGH), paused("16:30"), resumed("tue 09:30"))
    assert case.deadline == at("tue 11:00")


def test_while_paused_there_is_no_deadline() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH), paused("10:30"))
    assert (case.phase, case.deadline) == ("paused", None)
    assert case.published[-1]["data"]["deadline"] is None


def test_while_paused_alerts_wait() -> None:
    case = Case()
    case.play(created("10:00", facts=HIGH), paused("10:30"), until="fri 10:00")
    assert case.ledger.wake_at is None
    case.take(resumed("fri 10:00"))
    (alert,) = case.until("fri 10:30")
    assert (alert["type"], alert["data"]["threshold"]) == ("objective.at_risk", 0.5)


def test_a_change_of_level_while_paused_sets_no_deadline() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH), paused("10:10"), updated("10:20", facts=CRITICAL))
    data = case.published[-1]["data"]
    assert (data["level"], data["objective"]["duration_seconds"]) == ("critical", 1800)
    assert data["deadline"] is None
    case.take(resumed("11:00"))
    assert case.deadline == at("11:20")


def test_a_pause_that_starts_after_the_deadline_does_not_move_it() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH), paused("12:01"))
    assert case.deadline == at("12:00")
    assert case.take(resumed("15:00")) == []
    assert case.deadline == at("12:00")


def test_a_pause_from_the_deadline_on_holds_it_back_until_the_ticket_runs_on() -> None:
    case = Case()
    case.play(created("10:00", facts=HIGH), paused("12:00"), until="14:00")
    assert (case.deadline, case.standing) == (None, [])
    case.play(resumed("14:00"), until="14:00")
    assert case.deadline == at("12:00")
    assert only(case.published, "objective.breached")["time"] == z("14:00")


def test_a_level_raised_while_paused_may_have_its_deadline_before_the_pause() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH), paused("11:00"), updated("11:30", facts=CRITICAL))
    assert case.deadline == at("10:30")
    assert only(case.until("11:30"), "objective.breached")["time"] == z("11:30")


def test_a_level_lowered_while_paused_takes_a_passed_deadline_back() -> None:
    case = Case()
    case.play(created("10:00", facts=CRITICAL), paused("11:00"), updated("11:30", facts=LOW))
    assert (case.deadline, case.standing, case.phase) == (None, [], "paused")


def test_resumed_without_paused_changes_nothing() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH))
    assert case.take(resumed("10:30")) == []
    assert case.deadline == at("12:00")


def test_a_second_paused_changes_nothing() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH), paused("10:30"))
    assert case.take(paused("10:45")) == []
    case.take(resumed("11:00"))
    assert case.deadline == at("12:30")


def test_a_pause_before_the_notification_does_not_count() -> None:
    case = Case()
    case.take(paused("08:00"), resumed("09:00"), created("10:00", facts=HIGH))
    assert case.deadline == at("12:00")


def test_of_a_pause_over_the_notification_its_later_part_counts() -> None:
    case = Case()
    case.take(created("09:00", facts=HIGH), paused("09:30"), resumed("11:00"))
    case.take(updated("11:30", notified_at="10:00"))
    assert case.deadline == at("13:00")


def test_a_pause_from_before_the_ticket_holds_it_back() -> None:
    case = Case()
    case.take(paused("09:00"), created("10:00", facts=HIGH))
    assert (case.phase, case.deadline) == ("paused", None)
    case.take(resumed("11:00"))
    assert case.deadline == at("13:00")


def test_a_pause_that_becomes_known_late_moves_the_deadline() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH), resumed("11:00"))
    assert case.deadline == at("12:00")
    case.take(paused("10:30"))
    assert case.deadline == at("12:30")


def test_a_change_of_level_recomputes_from_notified_at() -> None:
    case = Case()
    case.take(created("10:00", notified_at="09:30", facts=LOW), updated("10:45", facts=HIGH))
    assert case.deadline == at("11:30")


def test_a_change_of_level_keeps_the_pauses() -> None:
    case = Case()
    case.take(created("10:00", facts=LOW), paused("10:30"), resumed("11:00"))
    case.take(escalated("11:10", to_level="high"))
    assert case.deadline == at("12:30")


def test_a_change_of_the_clients_calendar_recomputes_the_deadline() -> None:
    case = Case(with_clients())
    case.take(created("16:00", facts=HIGH), updated("16:10", client="owl"))
    assert case.deadline == at("18:00")


def test_an_objective_used_up_at_closing_time_is_due_at_closing_time() -> None:
    case = Case()
    case.take(created("fri 15:00", facts=HIGH))
    assert case.deadline == at("fri 17:00")


def test_a_pause_from_closing_time_on_leaves_what_is_used_up_used_up() -> None:
    case = Case()
    case.take(created("fri 15:00", facts=HIGH), paused("fri 17:00"), resumed("fri 20:00"))
    assert case.deadline == at("fri 17:00")


def test_an_automatic_response_does_not_stop_the_clock() -> None:
    case = Case()
    assert case.take(created("10:00", facts=HIGH), responded("10:01", by="automation"))[1:] == []
    assert (case.phase, case.deadline) == ("running", at("12:00"))
    assert case.until("12:00")[-1]["type"] == "objective.breached"


def test_a_wall_objective_may_be_of_any_level() -> None:
    levels = {
        level: {"respond_within": "90m", "clock": "wall"}
        for level in ("critical", "high", "medium", "low")
    }
    case = Case(policy(levels=levels))
    case.take(created("16:30", facts=LOW))
    assert case.deadline == at("18:00")
