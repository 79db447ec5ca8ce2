"""The end of the objective: the first response of a person."""

from itertools import permutations

from tests.support.tickets import (
    CRITICAL,
    HIGH,
    LOW,
    Case,
    Document,
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
    types,
    updated,
    z,
)

RECORDED = "response.recorded"


def _record(case: Case) -> Document:
    data: Document = of_type(case.published, RECORDED)[-1]["data"]
    return data


def _outcome(case: Case) -> tuple[str, float, float]:
    record = _record(case)
    return record["outcome"], record["response_seconds"], record["wall_seconds"]


def test_a_response_before_the_deadline_is_met() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH), responded("11:59:59"))
    assert _outcome(case) == ("met", 7199, 7199)
    assert case.phase == "answered"


def test_a_response_exactly_at_the_deadline_is_met() -> None:
    case = Case()
    case.play(created("10:00", facts=HIGH), responded("12:00"), until="fri 10:00")
    assert _outcome(case) == ("met", 7200, 7200)
    assert of_type(case.published, "objective.breached") == []


def test_a_response_after_the_deadline_is_missed() -> None:
    case = Case()
    case.play(created("10:00", facts=HIGH), responded("12:00:01"))
    assert _outcome(case) == ("missed", 7201, 7201)
    assert only(case.published, "objective.breached")["data"]["due_at"] == z("12:00")


def test_response_seconds_are_on_the_objectives_own_clock() -> None:
    case = Case()
    case.take(created("16:30", facts=HIGH), responded("tue 09:30"))
    assert _outcome(case) == ("met", 3600, 17 * 3600)


def test_response_seconds_are_less_the_pauses() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH), paused("10:30"), resumed("14:00"), responded("14:15"))
    assert _outcome(case) == ("met", 45 * 60, 255 * 60)


def test_the_earliest_responded_at_ends_the_objective() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH), responded("11:00"))
    assert case.take(responded("11:30"), responded("12:30", responded_at="11:00:01")) == []
    assert _record(case)["responded_at"] == z("11:00")


def test_responded_at_counts_not_the_time_at_which_it_was_told() -> None:
    case = Case()
    case.play(created("10:00", facts=HIGH), responded("15:00", responded_at="11:00"))
    assert _outcome(case) == ("met", 3600, 3600)
    assert only(case.published, RECORDED)["time"] == z("15:00")


def test_an_automatic_response_ends_nothing() -> None:
    case = Case()
    case.play(created("10:00", facts=HIGH), responded("10:01", by="automation"), until="12:00")
    assert of_type(case.published, RECORDED) == []
    assert (case.phase, types(case.published)[-1]) == ("breached", "objective.breached")


def test_a_response_before_the_notification_counts_as_0_seconds_and_met() -> None:
    case = Case()
    case.take(created("10:00", facts=CRITICAL), responded("10:05", responded_at="09:00"))
    assert _outcome(case) == ("met", 0, 0)


def test_a_response_before_the_ticket_was_written_down_is_judged_by_what_it_then_says() -> None:
    case = Case()
    case.take(responded("09:50"), created("10:00", notified_at="09:00", facts=CRITICAL))
    assert _outcome(case) == ("missed", 3000, 3000)
    assert _record(case)["deadline"] == z("09:30")


def test_a_response_before_the_ticket_is_recorded_when_the_ticket_is_there() -> None:
    for arrival in permutations((responded("09:50"), created("10:00", facts=HIGH))):
        case = Case()
        case.take(*arrival)
        assert only(case.published, RECORDED)["time"] == z("10:00")


def test_what_stopped_the_clock_after_a_response_does_not_shorten_it() -> None:
    case = Case()
    case.take(responded("09:20"), paused("09:30"), resumed("09:45"))
    case.take(created("10:00", notified_at="09:00", facts=HIGH))
    assert _outcome(case) == ("met", 1200, 1200)


def test_of_two_responses_before_the_ticket_the_earlier_ends_the_objective() -> None:
    entries = (
        created("10:00", notified_at="09:00", facts=HIGH),
        responded("09:40", "a"),
        responded("10:10", "b", responded_at="09:30"),
    )
    for arrival in permutations(entries):
        case = Case()
        case.take(*arrival)
        assert _record(case)["responded_at"] == z("09:30")


def test_facts_that_come_late_are_judged_by_though_the_response_was_before_the_ticket() -> None:
    entries = (
        responded("09:00"),
        updated("09:30", facts=CRITICAL),
        created("10:00", notified_at="08:00"),
    )
    for arrival in permutations(entries):
        case = Case()
        case.take(*arrival)
        assert (_record(case)["level"], _record(case)["outcome"]) == ("critical", "missed")


def test_while_paused_a_response_is_met() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH), paused("11:00"), responded("fri 10:00"))
    assert _outcome(case) == ("met", 3600, 96 * 3600)
    assert _record(case)["deadline"] is None


def test_while_paused_a_response_is_missed_if_the_deadline_had_passed_before() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH), paused("12:30"), responded("13:00"))
    assert _outcome(case) == ("missed", 9000, 10800)
    assert _record(case)["deadline"] == z("12:00")


def test_a_response_in_a_pause_that_began_at_the_deadline_is_met() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH), paused("12:00"), responded("13:00"))
    assert _outcome(case) == ("met", 7200, 10800)


def test_the_deadline_then_in_force_judges() -> None:
    case = Case()
    case.take(created("10:00", facts=CRITICAL), updated("11:00", facts=HIGH), responded("11:30"))
    assert (_record(case)["outcome"], _record(case)["level"]) == ("met", "high")


def test_a_later_level_does_not_judge_again() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH), responded("11:00"))
    assert types(case.take(updated("11:30", facts=CRITICAL))) == ["ticket.prioritized"]
    assert RECORDED not in types(case.take(escalated("11:40")))
    assert _record(case)["outcome"] == "met"


def test_an_update_from_after_the_response_does_not_judge_again_though_it_came_first() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH), updated("11:30", facts=CRITICAL), responded("11:00"))
    assert (_record(case)["outcome"], _record(case)["level"]) == ("met", "high")


def test_reopening_does_not_judge_again_and_starts_no_new_objective() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH), responded("11:00"), closed("11:30"))
    assert case.play(reopened("fri 10:00"), responded("fri 16:00"), until="sun 10:00") == []
    assert case.phase == "answered"


def test_a_later_policy_does_not_judge_again() -> None:
    case = Case()
    case.play(created("10:00", facts=HIGH), responded("11:00"))
    case.policy = policy(
        version="2", levels=levels(high={"respond_within": "10m", "clock": "wall"})
    )
    assert types(case.play(paused("11:30"), until="fri 10:00")) == ["ticket.prioritized"]


def test_an_earlier_response_that_arrives_later_replaces_the_record() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH), responded("12:30"))
    first = only(case.published, RECORDED)
    assert (first["data"]["outcome"], "replaces" in first["data"]) == ("missed", False)
    (second,) = of_type(case.take(responded("11:00")), RECORDED)
    assert (second["data"]["outcome"], second["data"]["replaces"]) == ("met", first["id"])


def test_a_third_record_replaces_the_second() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH), responded("12:30"), responded("11:30"))
    case.take(responded("11:00"))
    ids = [event["id"] for event in of_type(case.published, RECORDED)]
    replaced = [event["data"].get("replaces") for event in of_type(case.published, RECORDED)]
    assert replaced == [None, *ids[:2]]
    assert len(set(ids)) == 3


def test_what_becomes_known_of_the_time_before_the_response_corrects_the_record() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH), responded("12:30", "r"), resumed("12:15"))
    (correction,) = of_type(case.take(paused("11:00")), RECORDED)
    data = correction["data"]
    assert (data["outcome"], data["response_seconds"]) == ("met", 75 * 60)
    assert correction["time"] == z("12:30")


def test_a_correction_of_nothing_but_the_wall_time_is_told_too() -> None:
    case = Case()
    case.take(created("08:30", facts=HIGH), responded("10:00"))
    assert _outcome(case) == ("met", 3600, 5400)
    (correction,) = case.take(updated("08:45", notified_at="08:00"))
    assert correction["type"] == RECORDED
    assert _outcome(case) == ("met", 3600, 7200)


def test_what_becomes_known_after_the_response_still_settles_which_alerts_stand() -> None:
    case = Case()
    case.play(created("10:00", facts=HIGH), updated("11:40", facts=HIGH), responded("13:00"))
    events = case.take(updated("10:10", facts=LOW))
    assert types(events) == ["objective.superseded"] * 2
    assert [alert.threshold for alert in case.standing] == [None]


def test_the_same_instant_told_by_another_event_corrects_nothing() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH), responded("11:00", "b"))
    assert case.take(responded("11:00", "a")) == []
    assert case.take(updated("10:30", summary="late")) == []


def test_a_record_that_waited_for_its_ticket_has_the_responses_time() -> None:
    case = Case()
    case.take(responded("11:00"), created("10:00", facts=HIGH))
    assert only(case.published, RECORDED)["time"] == z("11:00")
