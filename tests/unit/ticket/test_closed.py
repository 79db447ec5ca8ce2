"""Resolved, closed and reopened: a clock that stands still without an outcome."""

import pytest

from tests.support.tickets import (
    CRITICAL,
    HIGH,
    LOW,
    Builder,
    Case,
    Document,
    at,
    closed,
    created,
    of_type,
    paused,
    reopened,
    resolved,
    responded,
    resumed,
    types,
    updated,
)

RECORDED = "response.recorded"


def _record(case: Case) -> Document:
    data: Document = of_type(case.published, RECORDED)[-1]["data"]
    return data


def _outcome(case: Case) -> tuple[str, float, float]:
    record = _record(case)
    return record["outcome"], record["response_seconds"], record["wall_seconds"]


@pytest.mark.parametrize("build", [resolved, closed])
def test_the_end_without_a_response_stops_the_clock_without_an_outcome(build: Builder) -> None:
    case = Case()
    case.play(created("10:00", facts=HIGH), build("10:30"), until="fri 10:00")
    assert (case.phase, types(case.published)) == ("closed", ["ticket.prioritized"])


@pytest.mark.parametrize("build", [resolved, closed])
def test_the_end_supersedes_nothing_that_was_due_before_it(build: Builder) -> None:
    case = Case()
    case.play(created("10:00", facts=HIGH), build("12:30"), until="fri 10:00")
    assert of_type(case.published, "objective.superseded") == []
    assert [alert.threshold for alert in case.standing] == [0.5, 0.8, None]


def test_what_was_due_at_the_very_end_is_not_alerted() -> None:
    case = Case()
    case.play(created("10:00", facts=HIGH), closed("12:00"), until="fri 10:00")
    assert of_type(case.published, "objective.breached") == []


def test_reopened_lets_the_clock_run_on_as_after_a_pause() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH), resolved("10:30"), closed("10:40"), reopened("11:00"))
    assert (case.phase, case.deadline) == ("running", at("12:30"))


def test_reopened_alone_changes_nothing() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH))
    assert case.take(reopened("11:00")) == []
    case.take(paused("11:10"))
    assert case.take(reopened("11:20")) == []
    assert case.phase == "paused"


def test_a_ticket_closed_while_paused_stands_still_from_the_pause_until_it_is_reopened() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH), paused("10:30"), closed("11:00"))
    assert (case.phase, case.deadline) == ("closed", None)
    assert case.take(resumed("12:00")) == []
    case.take(reopened("13:00"))
    assert (case.phase, case.deadline) == ("running", at("14:30"))


def test_a_ticket_breached_before_it_was_closed_is_breached_again_when_reopened() -> None:
    case = Case()
    case.play(created("10:00", facts=HIGH), closed("12:30"), reopened("13:00"), until="14:00")
    assert (case.phase, case.deadline) == ("breached", at("12:00"))
    assert len(of_type(case.published, "objective.breached")) == 1


def test_a_response_after_the_end_is_met_by_the_time_until_the_end() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH), closed("11:00"), responded("15:00"))
    assert _outcome(case) == ("met", 3600, 5 * 3600)


def test_a_response_after_the_end_is_missed_if_the_deadline_had_passed_before() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH), closed("12:30"), responded("15:00"))
    assert _outcome(case) == ("missed", 9000, 5 * 3600)


def test_a_level_changed_after_the_end_does_not_judge_a_response_after_it() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH), closed("11:00"), updated("11:10", facts=CRITICAL))
    case.take(responded("11:20"))
    assert (_record(case)["outcome"], _record(case)["level"]) == ("met", "high")


def test_a_ticket_ended_before_it_was_created_owes_nothing() -> None:
    case = Case()
    case.play(closed("09:00"), created("10:00", facts=LOW), until="sun 10:00")
    assert (case.phase, types(case.published)) == ("closed", ["ticket.prioritized"])
    assert case.deadline == at("tue 10:00")
