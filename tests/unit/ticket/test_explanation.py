"""An explanation: the level with its facts, and a deadline that adds up to the objective."""

import functools
import itertools
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import facts as schema
from schemas.decoding import decode
from schemas.envelope import LEVELS, Level
from schemas.times import text
from tests.support.calendars import NEW_YORK, OFFICE, every_day, local, utc, weekly_hours
from tests.support.examples import FACTS, body, created, event
from tests.support.tickets import Case
from worker import durations
from worker.policy import loading
from worker.policy.policy import Policy
from worker.ticket.explanation import QUESTIONS, Explanation, NothingToExplain, explain
from worker.ticket.history import Entry

DEFAULT = loading.default_text()
FRIDAY_AFTERNOON = "2026-05-22T16:10:00-04:00"
"""Before the weekend of Memorial Day"""


def policy(hours: Any = OFFICE, zone: str = NEW_YORK, within: str = "2h", **more: Any) -> Policy:
    """The built-in policy on another calendar, with another objective for high."""
    said = yaml.safe_load(DEFAULT)
    calendar = {"timezone": zone, "hours": hours, "holidays": more.pop("holidays", {})}
    said["levels"]["high"]["respond_within"] = within
    return loading.parse(yaml.safe_dump({**said, "calendars": {"default": calendar}, **more}), "")


@functools.cache
def default() -> Policy:
    return loading.parse(DEFAULT, "")


def explained(written: dict[str, Any], by: Policy | None = None) -> Explanation:
    return explain(decode(body(written)), by or default())


def high(notified: str | datetime, by: Policy | None = None) -> Explanation:
    at = notified if isinstance(notified, str) else text(notified)
    return explained(created(at, facts=FACTS["high"]), by)


def days(told: Explanation) -> list[tuple[str, str]]:
    """What became of each day, in order: minutes that counted, or why none did."""
    counted = [(span.day, durations.text(span.length)) for span in told.counted]
    skipped = [(day.day, day.reason) for day in told.skipped]
    return [(f"{day:%a %d %b}", what) for day, what in sorted(counted + skipped)]


def test_a_weekend_and_a_holiday_are_skipped_by_name() -> None:
    told = high(FRIDAY_AFTERNOON)
    assert days(told) == [
        ("Fri 22 May", "50m"),
        ("Sat 23 May", "no working hours on Saturday"),
        ("Sun 24 May", "no working hours on Sunday"),
        ("Mon 25 May", "Memorial Day"),
        ("Tue 26 May", "1h10m"),
    ]
    assert told.deadline == local("2026-05-26T10:10")
    assert [span.total for span in told.counted] == [timedelta(minutes=50), timedelta(hours=2)]


def test_a_day_of_one_s_own_and_one_worked_all_the_same_are_told() -> None:
    own = policy(holidays={"country": "US", "dates": ["2026-05-26"], "open": ["2026-05-25"]})
    late = high("2026-05-22T16:59:00-04:00", own)
    assert days(late)[-1] == ("Mon 25 May", "1h59m")
    longer = high("2026-05-25T16:59:00-04:00", own)
    assert days(longer) == [
        ("Mon 25 May", "1m"),
        ("Tue 26 May", "holiday"),
        ("Wed 27 May", "1h59m"),
    ]


def test_what_comes_outside_hours_counts_from_the_next_opening() -> None:
    told = high("2026-03-06T20:00:00-05:00")
    assert told.outside_hours
    assert days(told) == [
        ("Sat 07 Mar", "no working hours on Saturday"),
        ("Sun 08 Mar", "no working hours on Sunday"),
        ("Mon 09 Mar", "2h"),
    ]


def test_an_objective_used_up_at_closing_time_ends_there() -> None:
    told = high("2026-03-06T15:00:00-05:00")
    assert days(told) == [("Fri 06 Mar", "2h")]
    assert told.deadline == local("2026-03-06T17:00")


def test_each_window_of_a_day_is_counted_by_itself() -> None:
    told = high("2026-03-09T12:00:00-04:00", policy(every_day("09:00-12:30", "13:15-17:45")))
    spans = [(span.opens, span.closes) for span in told.counted]
    assert spans == [
        (local("2026-03-09T12:00"), local("2026-03-09T12:30")),
        (local("2026-03-09T13:15"), local("2026-03-09T14:45")),
    ]


def test_a_night_shift_counts_on_the_day_that_it_starts_on() -> None:
    nights = policy({"friday": ["22:00-06:00"]}, within="10h")
    told = high("2026-03-06T12:00:00-05:00", nights)
    weekdays = ["Saturday", "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday"]
    assert days(told) == [
        ("Fri 06 Mar", "8h"),
        *(
            (f"{date(2026, 3, 7 + n):%a %d %b}", f"no working hours on {weekday}")
            for n, weekday in enumerate(weekdays)
        ),
        ("Fri 13 Mar", "2h"),
    ]


def test_the_morning_on_which_a_night_shift_ends_was_not_skipped() -> None:
    told = high("2026-03-06T23:00:00-05:00", policy({"friday": ["22:00-06:00"]}))
    assert days(told) == [("Fri 06 Mar", "2h")]
    assert told.deadline == local("2026-03-07T01:00")


def test_the_hour_that_the_clocks_skip_is_not_counted() -> None:
    told = high("2026-03-08T00:30:00-05:00", policy({"always": True}))
    (span,) = told.counted
    assert (span.opens, span.closes) == (utc("2026-03-08T05:30"), local("2026-03-08T03:30"))
    assert span.length == timedelta(hours=2)


def test_the_wall_clock_is_one_span_and_skips_nothing() -> None:
    saturday_night = "2026-05-23T23:45:00-04:00"
    told = explained(created(saturday_night, facts=FACTS["critical"]))
    (span,) = told.counted
    assert (told.level, told.goal.clock, told.skipped) == ("critical", "wall", ())
    assert (span.day, span.length) == (date(2026, 5, 23), timedelta(minutes=30))
    assert span.closes == told.deadline == local("2026-05-24T00:15")
    assert told.outside_hours


def test_each_fact_is_told_with_its_value_and_where_it_came_from() -> None:
    told = explained(created(FRIDAY_AFTERNOON, facts={"request": "fault", "workaround": False}))
    seen = {
        seen.name: (seen.fact and (seen.fact.value, seen.fact.origin), seen.decided, seen.matters)
        for seen in told.facts
    }
    assert (told.rule, told.level, told.needs_triage) == ("fault-criticality-unknown", "high", True)
    assert seen == {
        "request": (("fault", "event"), True, False),
        "stage": (None, False, True),
        "system_critical": (None, False, True),
        "workaround": ((False, "event"), False, False),
        "degraded": (None, False, True),
    }


def test_a_client_has_its_own_calendar_and_level() -> None:
    mine = policy(
        calendars={
            "default": {"timezone": NEW_YORK, "hours": OFFICE},
            "oslo": {"timezone": "Europe/Oslo", "hours": {"always": True}},
        },
        clients={"acme": {"calendar": "oslo", "raise": 1}},
    )
    told = explained(created(FRIDAY_AFTERNOON, client="acme", facts=FACTS["medium"]), mine)
    assert (told.client, told.rule_level, told.level) == ("acme", "medium", "high")
    assert (told.calendar, told.timezone) == ("oslo", "Europe/Oslo")


def test_the_clock_starts_at_the_notification() -> None:
    told = explained(
        created(FRIDAY_AFTERNOON, notified_at="2026-05-22T12:00:00-04:00", facts=FACTS["high"])
    )
    assert told.notified_at == local("2026-05-22T12:00")
    assert told.deadline == local("2026-05-22T14:00")


def test_an_update_that_states_facts_is_explained_as_a_ticket_of_these_facts() -> None:
    fields: dict[str, Any] = {
        "client": "acme",
        "facts": FACTS["high"],
        "notified_at": FRIDAY_AFTERNOON,
    }
    update = explained(event("ticket.updated", FRIDAY_AFTERNOON, **fields))
    assert update == explained(created(FRIDAY_AFTERNOON, **fields))


@pytest.mark.parametrize(
    "said",
    [{}, {"summary": ""}, {"facts": {}}, {"facts": {"stage": None}}, {"facts": None}],
)
def test_an_update_without_facts_and_words_explains_nothing(said: dict[str, Any]) -> None:
    with pytest.raises(NothingToExplain, match=r"neither facts nor words; give ticket\.created"):
        explained(event("ticket.updated", FRIDAY_AFTERNOON, **said))


def test_an_update_that_has_only_words_is_explained_by_them() -> None:
    told = explained(event("ticket.updated", FRIDAY_AFTERNOON, description="How do I log in?"))
    (request, *_) = told.facts
    assert request.fact is not None
    assert (request.fact.value, request.fact.origin) == ("question", "text")


def test_an_event_of_another_type_explains_nothing() -> None:
    with pytest.raises(NothingToExplain, match=r"a ticket\.responded event states no facts"):
        explained(event("ticket.responded", FRIDAY_AFTERNOON))


ZONES = ["America/New_York", "Europe/Oslo", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]
_calendars = st.builds(
    policy,
    weekly_hours(minutes_apart=15) | st.just({"always": True}),
    st.sampled_from(ZONES),
    st.integers(1, 20 * 3600).map(lambda seconds: f"{seconds}s"),
    holidays=st.fixed_dictionaries({}, optional={"country": st.sampled_from(["US", "NO", "JP"])}),
)
_instants = st.datetimes(
    min_value=datetime(2025, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
    max_value=datetime(2027, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@settings(deadline=None, max_examples=150)
@given(_calendars, _instants, st.sampled_from(["high", *LEVELS]))
def test_what_was_counted_adds_up_to_the_objective_exactly(
    by: Policy, notified: datetime, level: Level
) -> None:
    told = explained(created(text(notified), facts=FACTS[level]), by)
    within = by.goal(level).respond_within
    assert sum((span.length for span in told.counted), timedelta()) == within
    assert told.counted[-1].total == within
    assert told.counted[-1].closes == told.deadline
    assert told.counted[0].opens >= notified


@settings(deadline=None, max_examples=150)
@given(_calendars, _instants)
def test_each_day_between_was_counted_or_skipped_and_not_both(
    by: Policy, notified: datetime
) -> None:
    told = high(notified, by)
    counted, skipped = [span.day for span in told.counted], [day.day for day in told.skipped]
    first, last = counted[0], counted[-1]
    between = {date.fromordinal(day) for day in range(first.toordinal(), last.toordinal() + 1)}
    assert between <= {*counted, *skipped}
    assert not {*counted} & {*skipped}
    assert counted == sorted(counted)
    spans = [(span.opens, span.closes) for span in told.counted]
    assert all(opens < closes for opens, closes in spans)
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(spans))


@settings(deadline=None, max_examples=100)
@given(_calendars, _instants)
def test_the_deadline_is_the_one_that_a_worker_gives(by: Policy, notified: datetime) -> None:
    written = body(created(text(notified), facts=FACTS["high"]))
    (told,) = Case(by).take(Entry(decode(written), written))
    assert told["data"]["deadline"] == text(high(notified, by).deadline)


def test_it_tells_which_other_fact_would_change_the_level_and_to_what_deadline() -> None:
    told = high(FRIDAY_AFTERNOON)
    named = {(other.name, other.values): other for other in told.otherwise}
    critical = named["system_critical", (True,)]
    assert (critical.level, text(critical.deadline)) == ("critical", "2026-05-22T20:40:00Z")
    assert named["workaround", (True,)].level == "medium"
    assert named["request", ("question", "feature", "cosmetic", "build")].level == "low"
    assert all(other.level != told.level for other in told.otherwise)


def test_every_fact_that_could_change_the_level_is_among_them() -> None:
    told = explained(created(FRIDAY_AFTERNOON))
    named = {other.name for other in told.otherwise}
    assert {*told.unknown} <= named


def test_what_is_unknown_is_what_a_worker_says_is_unknown_and_has_its_question() -> None:
    for facts in ({}, {"request": "fault"}, FACTS["high"], FACTS["critical"]):
        written = body(created(FRIDAY_AFTERNOON, facts=facts))
        told = explained(created(FRIDAY_AFTERNOON, facts=facts))
        (published,) = Case(default()).take(Entry(decode(written), written))
        assert list(told.unknown) == published["data"]["unknown"]
    assert QUESTIONS.keys() == schema.FACTS.keys()


def test_the_client_s_own_contact_is_told_else_the_default() -> None:
    mine = policy(clients={"acme": {"contact": "Ada"}, "bare": {}}, contacts={"default": "desk"})
    contacts = [
        explained(created(FRIDAY_AFTERNOON, client=client), mine).contact
        for client in ("acme", "bare", "somebody")
    ]
    assert contacts == ["Ada", "desk", "desk"]
