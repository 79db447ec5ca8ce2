"""Working calendars and local times in as few words as a test can read."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from worker.policy.calendar import Calendar
from worker.policy.holidays import Holidays
from worker.policy.hours import WEEKDAYS, WeeklyHours

NEW_YORK = "America/New_York"
OFFICE = {weekday: ["09:00-17:00"] for weekday in WEEKDAYS[:5]}
"""Monday to Friday, nine to five."""


def every_day(*windows: str) -> dict[str, list[str]]:
    return {weekday: list(windows) for weekday in WEEKDAYS}


def calendar(
    hours: Mapping[str, object] = OFFICE,
    zone: str = NEW_YORK,
    *,
    country: str | None = None,
    closed: Iterable[str] = (),
    opened: Iterable[str] = (),
) -> Calendar:
    """A calendar; `closed` and `opened` are dates like "2026-03-09"."""
    return Calendar(
        name="test",
        timezone=zone,
        hours=WeeklyHours.parse(hours),
        holidays=Holidays(
            country=country,
            dates=frozenset(map(date.fromisoformat, closed)),
            open=frozenset(map(date.fromisoformat, opened)),
        ),
    )


@st.composite
def weekly_hours(draw: st.DrawFn, *, minutes_apart: int) -> dict[str, list[str]]:
    """Any windows, up to three a day and perhaps past midnight; one weekday at least has some."""
    hours: dict[str, list[str]] = {}
    never_empty = draw(st.sampled_from(WEEKDAYS))
    steps = st.integers(120 // minutes_apart, 1440 // minutes_apart)
    for weekday in WEEKDAYS:
        least = 2 if weekday == never_empty else 0
        drawn = sorted(draw(st.lists(steps, unique=True, min_size=least, max_size=6)))
        faces = [clock_face(step * minutes_apart) for step in drawn]
        windows = [
            f"{opens}-{closes}" for opens, closes in zip(faces[::2], faces[1::2], strict=False)
        ]
        # Nothing opens before 02:00, so a night that ends before then overlaps nothing.
        night_ends = draw(st.none() | st.integers(0, 119 // minutes_apart))
        if windows and night_ends is not None:
            windows[-1] = f"{windows[-1][:5]}-{clock_face(night_ends * minutes_apart)}"
        hours[weekday] = windows
    return hours


def clock_face(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def local(text: str, zone: str = NEW_YORK, *, again: bool = False) -> datetime:
    """The instant of a wall-clock time; `again`: the second of the two where it comes twice."""
    wall = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=int(again))
    # In UTC, since a time that comes twice is equal to none in another zone.
    return wall.astimezone(UTC)


def utc(text: str) -> datetime:
    """The instant of a time in UTC, like "2026-03-09T14:30"."""
    return datetime.fromisoformat(text + "+00:00")
