"""The order of a ticket's events: what counts is the history, not how it arrived."""

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.inbound import INBOUND_TYPES
from tests.support.tickets import (
    CRITICAL,
    HIGH,
    LOW,
    MEDIUM,
    Builder,
    Case,
    at,
    closed,
    created,
    escalated,
    only,
    paused,
    reopened,
    resolved,
    responded,
    resumed,
    updated,
    with_clients,
    z,
)
from worker.ticket import history
from worker.ticket.history import Entry

ALL_TYPES = (created, updated, responded, paused, resumed, escalated, resolved, closed, reopened)


def _ids(entries: tuple[Entry, ...]) -> list[str]:
    return [entry.event.id for entry in entries]


def test_events_are_ordered_by_time() -> None:
    early, late = updated("10:30", "z"), updated("11:00", "a")
    assert _ids(history.ordered([late, early])) == ["z", "a"]


def test_an_offset_does_not_matter_to_the_order() -> None:
    by_utc = updated(at("10:30"), "second")
    by_new_york = updated("10:00", "first")
    assert _ids(history.ordered([by_utc, by_new_york])) == ["first", "second"]


def test_events_of_one_instant_are_ordered_by_sequence_where_both_have_one() -> None:
    resume, pause = resumed("11:00", sequence="1"), paused("11:00", sequence="2")
    assert history.ordered([pause, resume]) == (resume, pause)


def test_integer_sequences_are_compared_as_numbers() -> None:
    ninth, tenth = updated("11:00", "b", sequence="9"), updated("11:00", "a", sequence="10")
    assert _ids(history.ordered([tenth, ninth])) == ["b", "a"]
    below, above = updated("11:00", "b", sequence=-2), updated("11:00", "a", sequence=-1)
    assert _ids(history.ordered([above, below])) == ["b", "a"]


def test_an_integer_sequence_may_come_as_text_or_as_a_number() -> None:
    first, second = updated("11:00", "b", sequence=2), updated("11:00", "a", sequence="010")
    assert _ids(history.ordered([second, first])) == ["b", "a"]


def test_sequences_that_are_no_integers_are_compared_as_text_after_those_that_are() -> None:
    entries = [updated("11:00", f"e{n}", sequence=s) for n, s in enumerate(["b", "a", "7"])]
    assert _ids(history.ordered(entries)) == ["e2", "e1", "e0"]


def test_time_comes_before_sequence() -> None:
    early, late = updated("10:59", sequence="9"), updated("11:00", sequence="1")
    assert history.ordered([late, early]) == (early, late)


def test_an_event_without_a_sequence_keeps_the_place_of_its_type() -> None:
    resume, pause = resumed("11:00", sequence="1"), paused("11:00")
    assert history.ordered([resume, pause]) == (pause, resume)


def test_events_of_one_instant_are_ordered_by_type_as_in_the_table() -> None:
    entries = [build("11:00", f"{9 - place}") for place, build in enumerate(ALL_TYPES)]
    in_order = history.ordered(reversed(entries))
    assert tuple(entry.event.type for entry in in_order) == INBOUND_TYPES


def test_events_of_one_instant_and_type_are_ordered_by_id_and_then_by_body() -> None:
    first, second = updated("11:00", "a"), updated("11:00", "b")
    assert history.ordered([second, first]) == (first, second)
    one, other = updated("11:00", "a", summary="one"), updated("11:00", "a", summary="other")
    assert history.ordered([other, one]) == history.ordered([one, other]) == (one, other)


def test_equal_sequences_are_settled_by_type_and_id() -> None:
    entries = [paused("11:00", "b", sequence=1), updated("11:00", "a", sequence="1")]
    assert _ids(history.ordered(entries)) == ["a", "b"]


_instants = st.sampled_from(["10:00", "11:00", "12:00"])
_sequences = st.sampled_from([None, 1, "2", "10", "x"])


@st.composite
def _tied_events(draw: st.DrawFn) -> list[Entry]:
    entries = []
    for number in range(draw(st.integers(2, 8))):
        build = draw(st.sampled_from(ALL_TYPES))
        entries.append(build(draw(_instants), f"e{number}", sequence=draw(_sequences)))
    return entries


@settings(deadline=None)
@given(_tied_events(), st.data())
def test_the_order_does_not_depend_on_how_events_arrive(
    entries: list[Entry], data: st.DataObject
) -> None:
    arrival = data.draw(st.permutations(entries))
    assert history.ordered(arrival) == history.ordered(entries)


def test_events_may_arrive_in_any_order() -> None:
    entries = (
        created("10:00", facts=HIGH),
        paused("10:30"),
        resumed("11:00"),
        updated("11:30", facts=LOW),
        responded("13:00"),
    )
    expected = Case()
    expected.take(*entries)
    assert expected.deadline == at("tue 10:30")
    for arrival in permutations(entries):
        case = Case()
        case.take(*arrival)
        assert case.end == expected.end


def test_events_may_arrive_any_number_of_times() -> None:
    entries = (created("10:00", facts=LOW), escalated("10:30"), responded("11:00"))
    case = Case()
    case.take(*entries)
    end = case.end
    assert case.take(*entries, *reversed(entries)) == []
    assert case.end == end


def test_each_field_keeps_its_own_last_writer() -> None:
    case = Case(with_clients())
    case.take(created("10:00", facts=HIGH))
    case.take(updated("11:00", facts={"workaround": True}))
    case.take(updated("10:30", client="owl", facts={"workaround": False, "degraded": False}))
    data = case.published[-1]["data"]
    assert (data["client"], data["calendar"]) == ("owl", "always")
    assert (data["level"], data["reasons"][0]["rule"]) == ("medium", "workaround")


def test_an_older_update_never_overwrites_a_newer_one() -> None:
    case = Case()
    case.take(created("10:00", facts=LOW), updated("11:00", facts=CRITICAL))
    assert case.take(updated("10:30", facts=MEDIUM)) == []
    assert case.level == "critical"
    assert case.decisions[-1].late


def test_an_update_changes_only_what_it_names() -> None:
    case = Case(with_clients())
    case.take(created("10:00", client="owl", notified_at="09:00", facts=HIGH))
    assert case.take(updated("10:10", summary="ticket, once more")) == []
    assert case.deadline == at("11:00")


def test_facts_merge_fact_by_fact() -> None:
    case = Case()
    case.take(created("10:00", facts={"request": "fault", "stage": "production"}))
    case.take(updated("10:05", facts={"system_critical": True}))
    assert (case.level, case.published[-1]["data"]["needs_triage"]) == ("critical", False)


def test_null_makes_a_fact_unknown() -> None:
    case = Case()
    case.take(created("10:00", facts=CRITICAL))
    case.take(updated("10:05", facts={"system_critical": None}))
    data = case.published[-1]["data"]
    assert (data["level"], data["needs_triage"]) == ("high", True)
    assert data["unknown"] == ["system_critical", "degraded"]


def test_facts_that_are_null_as_a_whole_say_nothing() -> None:
    case = Case()
    case.take(created("10:00", facts=CRITICAL))
    assert case.take(updated("10:05", facts=None)) == []


def test_a_notification_that_is_null_says_nothing() -> None:
    case = Case()
    case.take(created("10:00", notified_at="09:00", facts=HIGH))
    assert case.take(updated("10:05", notified_at=None)) == []


def test_null_takes_the_client_back() -> None:
    case = Case(with_clients())
    case.take(created("10:00", client="owl", facts=HIGH), updated("10:05", client=None))
    assert "client" not in case.published[-1]["data"]
    assert case.published[-1]["data"]["calendar"] == "default"


@pytest.mark.parametrize("build", ALL_TYPES[1:])
def test_any_event_of_an_unknown_ticket_is_kept_and_waits_for_its_created(build: Builder) -> None:
    known_late, in_order = Case(), Case()
    waiting = build("11:00")
    assert known_late.take(waiting) == []
    assert (known_late.phase, known_late.level, known_late.deadline) == ("waiting", None, None)
    assert known_late.wake("wed 10:00") == []
    known_late.take(created("10:00", facts=HIGH))
    in_order.take(created("10:00", facts=HIGH), waiting)
    assert known_late.end == in_order.end


def test_what_is_older_than_created_counts_as_well() -> None:
    case = Case(with_clients())
    case.take(updated("09:00", client="owl", facts=LOW), escalated("09:30"), paused("09:45"))
    case.take(created("10:00", facts={"request": "fault"}))
    first = only(case.published, "ticket.prioritized")
    assert (first["data"]["client"], first["data"]["level"]) == ("owl", "critical")
    assert first["data"]["reasons"][0]["rule"] == "production-fault"
    assert first["data"]["deadline"] is None
    assert first["time"] == z("10:00")


def test_a_second_created_states_fields_and_starts_nothing_again() -> None:
    case = Case()
    case.take(created("10:00", "one", facts=LOW), created("11:00", "two", facts=HIGH))
    assert (case.level, case.deadline) == ("high", at("12:00"))
    assert case.published[-1]["data"]["revision"] == 2


def test_of_two_createds_the_earlier_starts_the_clock_though_it_comes_later() -> None:
    case = Case()
    case.take(created("11:00", "two", facts=HIGH), created("10:00", "one", facts=LOW))
    assert (case.level, case.deadline) == ("high", at("12:00"))


def test_a_response_told_of_later_is_in_no_sequence_with_what_happened_then() -> None:
    answer = responded("12:00", responded_at="11:00", sequence=9)
    escalation = escalated("11:00", sequence=5)
    assert history.ordered([escalation, answer]) == (answer, escalation)


def test_a_response_has_its_place_at_responded_at() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH), updated("11:00", facts=LOW))
    case.take(responded("15:00", responded_at="10:30"))
    record = only(case.published, "response.recorded")["data"]
    assert (record["level"], record["deadline"]) == ("high", z("12:00"))
