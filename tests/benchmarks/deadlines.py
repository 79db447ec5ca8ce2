"""How many working-time deadlines a second are found, here and by `businesstimedelta`.

Both count Monday to Friday, 09:00 to 17:00 in New York without federal holidays, and agree on every
deadline that is asked of both.
"""

import time as clocks
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

import businesstimedelta
import holidays
import pytz  # type: ignore[import-untyped]

from worker.policy import loading
from worker.policy.calendar import Calendar

# It says nothing of its types.
_other: Any = businesstimedelta

_BEGUN = datetime(2024, 1, 1, tzinfo=UTC)
#: Apart by no whole number of minutes, so that every hour of the day and of the week is met.
_EVERY = timedelta(minutes=37, seconds=11)
_YEARS = timedelta(days=4 * 365)
_OBJECTIVE = timedelta(hours=8)

Deadline = Callable[[datetime], datetime]


def starts(count: int) -> list[datetime]:
    """So many instants within four years."""
    return [_BEGUN + (place * _EVERY) % _YEARS for place in range(count)]


def ours() -> Deadline:
    calendar: Calendar = loading.parse(loading.default_text(), "built-in").calendar_of(None)
    return lambda start: calendar.deadline(start, _OBJECTIVE)


def theirs() -> Deadline:
    zone = pytz.timezone("America/New_York")
    closed = sorted(holidays.country_holidays("US", years=range(2023, 2030)))
    rules = _other.Rules(
        [
            _other.WorkDayRule(start_time=time(9), end_time=time(17), tz=zone),
            _other.HolidayRule(closed, tz=zone),
        ]
    )
    objective = _other.BusinessTimeDelta(rules, timedelta=_OBJECTIVE)
    return lambda start: start + objective


def seconds(deadline: Deadline, given: Sequence[datetime]) -> float:
    """On a processor, for all of these."""
    begun = clocks.process_time()
    for start in given:
        deadline(start)
    return clocks.process_time() - begun


def check(given: Sequence[datetime]) -> None:
    """That both say the same; a faster answer that differs would be worth nothing."""
    one, other = ours(), theirs()
    for start in given:
        assert one(start) == other(start), start
