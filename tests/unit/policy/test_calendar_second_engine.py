"""The same answers as `businesstimedelta`, where that engine is able.

It is able with daytime windows from Monday to Friday. It resolves each edge of a window as a
zone's standard time and adds 24 hours to find the end of a holiday, which is right as long as no
edge lies in a gap or a fold and no clocks change on a closed weekday. All zones here change theirs
in the small hours of a Sunday, or never, so weeks with a change are valid too. Nights are not:
its walk backwards takes a window's end for one of the same date. It knows no windows in pairs,
but a lunch break that is off, and it fails where a holiday is the last of its list.
"""

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import businesstimedelta
import holidays
import pytest
import pytz  # type: ignore[import-untyped]

from tests.support.calendars import calendar
from worker.policy.hours import WEEKDAYS

# It says nothing of its types.
second: Any = businesstimedelta

ROUNDS = 60
ZONES = ("America/New_York", "Europe/Berlin", "Australia/Sydney", "Asia/Kolkata")
WEEKS_OF_CHANGE = (date(2026, 3, 2), date(2026, 3, 23), date(2026, 10, 1), date(2026, 10, 22))
"""Days before clocks change in New York, in Europe and in Sydney."""


def engine(zone: str, closed: Sequence[date] = (), *, lunch: bool = False) -> Any:
    tz = pytz.timezone(zone)
    rules = [second.WorkDayRule(start_time=time(9), end_time=time(17), tz=tz)]
    if closed:
        rules.append(second.HolidayRule(closed, tz=tz))
    if lunch:
        rules.append(second.LunchTimeRule(time(12), time(13), tz=tz))
    return second.Rules(rules)


def random_start(dice: random.Random) -> datetime:
    day = dice.choice(WEEKS_OF_CHANGE) + timedelta(days=dice.randrange(14))
    if dice.random() < 0.3:
        day = date(2025, 12, 15) + timedelta(days=dice.randrange(20))
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return midnight + timedelta(seconds=dice.randrange(86_400))


def minutes(dice: random.Random) -> timedelta:
    return timedelta(minutes=dice.randint(1, 40 * 60))


@pytest.mark.parametrize("lunch", [False, True], ids=["one window", "two windows"])
@pytest.mark.parametrize("zone", ZONES)
def test_deadlines_are_those_of_the_second_engine(zone: str, lunch: bool) -> None:
    dice = random.Random(f"{zone} {lunch}")
    windows = ["09:00-12:00", "13:00-17:00"] if lunch else ["09:00-17:00"]
    ours = calendar(dict.fromkeys(WEEKDAYS[:5], windows), zone)
    rules = engine(zone, lunch=lunch)
    for _ in range(ROUNDS):
        start, duration = random_start(dice), minutes(dice)
        due = ours.deadline(start, duration)
        theirs = second.BusinessTimeDelta(rules, timedelta=duration)
        assert due == start + theirs, (start, duration)
        assert rules.difference(start, due).timedelta == duration


@pytest.mark.parametrize("zone", ZONES)
def test_the_walk_backwards_is_that_of_the_second_engine(zone: str) -> None:
    dice = random.Random(zone)
    ours, rules = calendar(zone=zone), engine(zone)
    for _ in range(ROUNDS):
        end, duration = random_start(dice), minutes(dice)
        theirs = end - second.BusinessTimeDelta(rules, timedelta=duration)
        assert ours.before(end, duration) == theirs, (end, duration)


def test_deadlines_over_federal_holidays_are_those_of_the_second_engine() -> None:
    dice = random.Random("holidays")
    closed = sorted(holidays.country_holidays("US", years=range(2024, 2029)))
    ours, rules = calendar(country="US"), engine("America/New_York", closed)
    for _ in range(2 * ROUNDS):
        start, duration = random_start(dice), minutes(dice)
        theirs = second.BusinessTimeDelta(rules, timedelta=duration)
        assert ours.deadline(start, duration) == start + theirs, (start, duration)
        assert ours.before(start, duration) == start - theirs, (start, duration)
