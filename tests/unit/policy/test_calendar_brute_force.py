"""Ten calendars in eight zones against a brute force that asks every minute's clocks."""

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import holidays
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.support.brute_force import EDGE_DAYS, WEEKDAYS, Hours, OpenMinutes, OutOfSpan
from tests.support.calendars import weekly_hours
from worker.policy.calendar import Calendar
from worker.policy.holidays import Holidays
from worker.policy.hours import WeeklyHours

DEADLINES = 100
"""for each of the ten calendars"""
SPAN = 45
"""days that the brute force looks at around each change of the clocks"""


def weekly(*windows: str, days: str = "mon tue wed thu fri sat sun") -> Hours:
    return {name: list(windows) for name in WEEKDAYS if name[:3] in days.split()}


@dataclass(frozen=True, kw_only=True)
class Case:
    name: str
    zone: str
    hours: Hours
    always: bool = False
    spans: tuple[date, ...]
    country: str | None = None
    subdivision: str | None = None
    dates: frozenset[date] = frozenset()
    open: frozenset[date] = frozenset()
    longest: int = field(default=40, compare=False)
    """hours of working time, at most"""

    def calendar(self) -> Calendar:
        return Calendar(
            name=self.name,
            timezone=self.zone,
            hours=WeeklyHours.parse({"always": True} if self.always else self.hours),
            holidays=Holidays(
                country=self.country,
                subdivision=self.subdivision,
                dates=self.dates,
                open=self.open,
            ),
        )

    def minutes(self, first: date) -> OpenMinutes:
        public = (
            holidays.country_holidays(self.country, subdiv=self.subdivision, years=YEARS)
            if self.country
            else {}
        )
        closed = {*public, *self.dates}
        return OpenMinutes(
            self.zone,
            self.hours,
            first=first,
            days=SPAN,
            closed=closed,
            opened=self.open,
        )


YEARS = range(2011, 2028)
WORKWEEK = "mon tue wed thu fri"

CASES = [
    Case(
        name="office hours less federal holidays",
        zone="America/New_York",
        hours=weekly("09:00-17:00", days=WORKWEEK),
        country="US",
        spans=(date(2026, 2, 18), date(2026, 10, 14), date(2025, 12, 10)),
    ),
    Case(
        name="an opening in the fold and a closing in the gap",
        zone="America/New_York",
        hours={
            **weekly("01:30-02:30", "09:00-12:30", "13:15-17:45"),
            "sunday": ["00:30-01:15", "01:15-02:00", "02:15-02:45", "03:00-03:20"],
        },
        spans=(date(2026, 2, 18), date(2026, 10, 14)),
    ),
    Case(
        name="nights but Saturday's",
        zone="Europe/London",
        hours=weekly("22:00-06:00", days="mon tue wed thu fri sun"),
        country="GB",
        subdivision="ENG",
        spans=(date(2026, 3, 12), date(2026, 10, 8), date(2025, 12, 10)),
    ),
    Case(
        name="a night that ends in the gap or the fold",
        zone="Europe/London",
        hours={"saturday": ["21:00-01:30"], "sunday": ["01:30-09:00", "23:00-24:00"]},
        dates=frozenset({date(2026, 10, 17)}),
        spans=(date(2026, 3, 12), date(2026, 10, 8)),
        longest=20,
    ),
    Case(
        name="around the clock less Bavaria's holidays",
        zone="Europe/Berlin",
        hours=weekly("00:00-24:00"),
        always=True,
        country="DE",
        subdivision="BY",
        spans=(date(2026, 3, 10), date(2026, 10, 8), date(2025, 12, 10)),
    ),
    Case(
        name="a summer of half an hour",
        zone="Australia/Lord_Howe",
        hours=weekly("01:15-01:45", "01:45-02:15", "02:20-10:00", "20:00-24:00"),
        dates=frozenset({date(2026, 4, 3), date(2026, 10, 5)}),
        spans=(date(2026, 3, 15), date(2026, 9, 15)),
    ),
    Case(
        name="six days a week, and Republic Day worked all the same",
        zone="Asia/Kolkata",
        hours=weekly("09:30-13:30", "14:00-18:30", days="mon tue wed thu fri sat"),
        country="IN",
        dates=frozenset({date(2026, 1, 14), date(2026, 1, 15)}),
        open=frozenset({date(2026, 1, 26), date(2026, 2, 1)}),
        spans=(date(2026, 1, 5), date(2026, 8, 1)),
    ),
    Case(
        name="days and nights around a day that was skipped",
        zone="Pacific/Apia",
        hours=weekly("03:30-07:00", "09:00-17:00", "22:00-03:15"),
        spans=(date(2011, 12, 8), date(2011, 9, 4), date(2012, 3, 14)),
    ),
    Case(
        name="midnights that do not exist or come twice",
        zone="America/Sao_Paulo",
        hours=weekly("00:00-00:30", "09:00-18:00", "23:30-24:00"),
        country="BR",
        spans=(date(2018, 10, 15), date(2018, 1, 28)),
    ),
    Case(
        name="whole weekdays less a week, and a Saturday",
        zone="UTC",
        hours=weekly("00:00-24:00", days=WORKWEEK),
        dates=frozenset(date(2025, 12, day) for day in range(24, 32)),
        open=frozenset({date(2025, 12, 31), date(2026, 1, 3)}),
        spans=(date(2025, 12, 12), date(2026, 2, 10)),
    ),
]


def test_there_are_ten_calendars_in_eight_zones() -> None:
    assert len(CASES) == 10
    assert len({case.zone for case in CASES}) == 8


def random_instant(dice: random.Random, first: date, edges: list[datetime]) -> datetime:
    """In the days before or after the change, often within a second of an opening or closing."""
    earliest = datetime(first.year, first.month, first.day, tzinfo=UTC) + timedelta(days=EDGE_DAYS)
    latest = earliest + timedelta(days=SPAN // 2)
    near = [edge for edge in edges if earliest < edge < latest]
    if near and dice.random() < 0.4:
        return dice.choice(near) + timedelta(seconds=dice.choice((-1, 0, 1)))
    return earliest + timedelta(seconds=dice.randrange(SPAN // 2 * 86_400))


def random_duration(
    dice: random.Random, minutes: OpenMinutes, start: datetime, edges: list[datetime], longest: int
) -> int:
    """Seconds; often just so many that they are used up within a second of a closing."""
    later = [edge for edge in edges if start < edge < start + timedelta(days=10)]
    used_up = minutes.elapsed(start, dice.choice(later)) if later and dice.random() < 0.4 else 0
    seconds = used_up + dice.choice((-1, 0, 1))
    return seconds if seconds > 0 else dice.randint(1, longest * 3600)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_random_deadlines_are_those_of_a_brute_force_to_the_second(case: Case) -> None:
    dice, calendar = random.Random(case.name), case.calendar()
    spans = [(first, case.minutes(first)) for first in case.spans]
    edges = {first: minutes.edges() for first, minutes in spans}
    for number in range(DEADLINES):
        first, minutes = spans[number % len(spans)]
        start = random_instant(dice, first, edges[first])
        seconds = random_duration(dice, minutes, start, edges[first], case.longest)
        duration = timedelta(seconds=seconds)
        due = minutes.deadline(start, seconds)
        assert calendar.deadline(start, duration) == due, (start, duration)
        assert (
            calendar.elapsed(start, due)
            == duration
            == timedelta(seconds=minutes.elapsed(start, due))
        )
        assert calendar.before(due, duration) == minutes.before(due, seconds), (due, duration)


CLOCK_CHANGES = [
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("America/St_Johns", date(2006, 10, 29)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("Pacific/Apia", date(2011, 12, 30)),
    ("America/Sao_Paulo", date(2018, 2, 18)),
    ("America/Sao_Paulo", date(2018, 11, 4)),
    ("Asia/Beirut", date(2026, 3, 29)),
    ("Antarctica/Troll", date(2026, 3, 29)),
    ("Antarctica/Troll", date(2026, 10, 25)),
    ("Africa/Casablanca", date(2026, 2, 15)),
    ("Asia/Pyongyang", date(2018, 5, 5)),
    ("Asia/Kathmandu", date(2026, 1, 1)),
]
DAYS_AROUND = 8


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    change=st.sampled_from(CLOCK_CHANGES),
    hours=weekly_hours(minutes_apart=15),
    closed=st.sets(st.integers(-3, 3), max_size=2),
    opened=st.sets(st.integers(-3, 3), max_size=1),
    start=st.integers(0, 6 * 86_400),
    seconds=st.integers(1, 30 * 3600),
)
def test_any_weekly_hours_around_a_change_of_the_clocks_count_as_the_brute_force_counts(
    change: tuple[str, date],
    hours: dict[str, list[str]],
    closed: set[int],
    opened: set[int],
    start: int,
    seconds: int,
) -> None:
    zone, day = change
    dates = frozenset(day + timedelta(days=number) for number in closed)
    worked = frozenset(day + timedelta(days=number) for number in opened)
    first = day - timedelta(days=DAYS_AROUND)
    minutes = OpenMinutes(
        zone, hours, first=first, days=2 * DAYS_AROUND, closed=dates, opened=worked
    )
    calendar = Calendar(
        name="any",
        timezone=zone,
        hours=WeeklyHours.parse(hours),
        holidays=Holidays(dates=dates, open=worked),
    )
    begin = datetime(first.year, first.month, first.day, tzinfo=UTC) + timedelta(
        days=EDGE_DAYS, seconds=start
    )
    for edge in minutes.edges():
        assert calendar.is_open(edge) != calendar.is_open(edge - timedelta(microseconds=1))
    try:
        due = minutes.deadline(begin, seconds)
    except OutOfSpan:
        assume(False)
    assert calendar.deadline(begin, timedelta(seconds=seconds)) == due
    assert calendar.elapsed(begin, due) == timedelta(seconds=seconds)
    assert calendar.before(due, timedelta(seconds=seconds)) == minutes.before(due, seconds)
