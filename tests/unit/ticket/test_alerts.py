"""Alerts: at risk at fractions of the objective, then one breach."""

from datetime import timedelta

import pytest

from tests.support.tickets import (
    CRITICAL,
    HIGH,
    LOW,
    Case,
    at,
    closed,
    created,
    of_type,
    only,
    paused,
    policy,
    resumed,
    types,
    updated,
    z,
)

AT_RISK, BREACHED = "objective.at_risk", "objective.breached"


def test_at_risk_at_the_policys_fractions_then_one_breach() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH))
    alerts = case.until("sun 10:00")
    assert types(alerts) == [AT_RISK, AT_RISK, BREACHED]
    assert [alert["time"] for alert in alerts] == [z("11:00"), z("11:36"), z("12:00")]
    assert [alert["data"].get("threshold") for alert in alerts] == [0.5, 0.8, None]


def test_the_fractions_are_the_policys() -> None:
    case = Case(policy(at_risk=[0.25]))
    case.take(created("10:00", facts=HIGH))
    assert [alert["time"] for alert in case.until("12:00")] == [z("10:30"), z("12:00")]


def test_a_policy_without_fractions_alerts_breaches_only() -> None:
    case = Case(policy(at_risk=[]))
    case.take(created("10:00", facts=HIGH))
    assert types(case.until("12:00")) == [BREACHED]


def test_fractions_are_of_the_objective_on_its_own_clock() -> None:
    case = Case()
    case.take(created("16:30", facts=HIGH))
    alerts = case.until("tue 10:30")
    assert [alert["time"] for alert in alerts] == [z("tue 09:30"), z("tue 10:06"), z("tue 10:30")]


def test_nothing_is_alerted_before_it_is_due() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH))
    assert case.ledger.wake_at == at("11:00")
    assert case.wake(at("11:00") - timedelta(microseconds=1)) == []
    assert types(case.wake("11:00")) == [AT_RISK]


def test_an_alert_is_published_once_however_often_time_is_looked_at() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH))
    assert len(case.wake("12:00")) == 3
    assert case.wake("12:00") == case.wake("fri 10:00") == []
    case.take(updated("12:30", summary="still"))
    assert case.wake("sun 10:00") == []


def test_a_fraction_at_or_before_the_event_that_set_the_deadline_is_not_published() -> None:
    case = Case()
    case.take(created("11:00", notified_at="10:00", facts=HIGH))
    assert [alert["data"].get("threshold") for alert in case.until("12:00")] == [0.8, None]


def test_a_level_raised_late_skips_the_fractions_that_lie_behind() -> None:
    case = Case()
    case.play(created("10:00", facts=LOW), updated("11:40", facts=HIGH))
    assert types(case.until("12:00")) == [BREACHED]


def test_a_breach_that_lies_behind_became_true_with_the_event_that_set_the_deadline() -> None:
    case = Case()
    case.play(created("10:00", facts=LOW), updated("13:00", facts=CRITICAL), until="13:00")
    breach = only(case.published, BREACHED)
    assert (breach["time"], breach["data"]["due_at"]) == (z("13:00"), z("10:30"))


def test_a_ticket_that_is_born_late_is_breached_at_its_birth() -> None:
    case = Case()
    case.take(created("13:00", notified_at="10:00", facts=HIGH))
    assert case.ledger.wake_at == at("13:00")
    assert [alert["time"] for alert in case.until("13:00")] == [z("13:00")]


def test_live_a_warning_is_not_published_once_its_deadline_has_passed() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH))
    assert types(case.wake("12:00", live=True)) == [BREACHED]
    case.take(updated("12:30", summary="still"))
    assert case.wake("13:00", live=True) == []


def test_live_a_warning_that_is_noticed_late_is_published_while_the_deadline_is_to_come() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH))
    alerts = case.wake("11:59:59", live=True)
    assert [alert["time"] for alert in alerts] == [z("11:00"), z("11:36")]


def test_detected_at_tells_when_the_breach_was_noticed_and_due_at_when_it_was() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH))
    (breach,) = case.wake("15:00", live=True)
    assert (breach["data"]["due_at"], breach["data"]["detected_at"]) == (z("12:00"), z("15:00"))
    assert breach["time"] == z("12:00")


def test_alerts_that_are_noticed_together_leave_in_the_order_in_which_they_became_true() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH))
    assert [alert["time"] for alert in case.wake("fri 10:00")] == [
        z("11:00"),
        z("11:36"),
        z("12:00"),
    ]


def test_an_event_at_the_instant_of_an_alert_comes_first() -> None:
    case = Case()
    case.play(created("10:00", facts=HIGH), paused("11:00"), until="fri 10:00")
    assert of_type(case.published, AT_RISK) == []


def test_after_a_pause_the_fractions_that_lie_behind_are_not_told_again() -> None:
    case = Case()
    case.play(created("10:00", facts=HIGH), paused("11:10"), resumed("12:10"))
    alerts = case.until("fri 10:00")
    assert [(alert["time"], alert["data"].get("threshold")) for alert in alerts] == [
        (z("12:36"), 0.8),
        (z("13:00"), None),
    ]


def test_a_closed_ticket_is_not_alerted() -> None:
    case = Case()
    case.play(created("10:00", facts=HIGH), closed("11:10"), until="fri 10:00")
    assert types(case.published) == ["ticket.prioritized", AT_RISK]
    assert case.ledger.wake_at is None


def test_what_was_due_before_the_end_is_told_though_the_end_was_known_first() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH), closed("12:30"))
    assert types(case.until("13:00")) == [AT_RISK, AT_RISK, BREACHED]


def test_a_breach_is_of_the_level_whose_deadline_passed() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH), closed("13:00"), updated("13:10", facts=LOW))
    assert only(case.until("14:00"), BREACHED)["data"]["level"] == "high"


@pytest.mark.parametrize(("threshold", "left"), [(0, 3600), (1, 1440)])
def test_remaining_seconds_are_left_of_the_objective_at_the_threshold(
    threshold: int, left: int
) -> None:
    case = Case()
    case.take(created("16:30", facts=HIGH))
    alert = of_type(case.wake("fri 10:00"), AT_RISK)[threshold]
    assert alert["data"]["remaining_seconds"] == left
    assert isinstance(alert["data"]["remaining_seconds"], int)
