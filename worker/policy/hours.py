"""Weekly working hours: the windows of each weekday, in local wall-clock minutes."""

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

from worker.policy import refusal

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAY = 24 * 60
WEEK = 7 * DAY
WINDOW = re.compile(r"([0-9]{2}):([0-9]{2})-([0-9]{2}):([0-9]{2})")
WINDOW_HINT = 'a window is "HH:MM-HH:MM" from 00:00 to 24:00, such as "09:00-17:30"'


class BadHours(refusal.Refusal):
    """Weekly hours cannot be used; `place` is relative to the hours, such as ("monday", 0)."""


@dataclass(frozen=True, slots=True, order=True)
class Shift:
    """One window, in minutes after the local midnight its day starts with.

    It closes later than it opens; past midnight, `closes` is more than 24 hours.
    """

    opens: int
    closes: int

    @classmethod
    def parse(cls, text: object) -> Self:
        """Read "09:00-12:30"; a closing before the opening is on the next day.

        Raises ValueError that says what is allowed.
        """
        match = WINDOW.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            raise ValueError(f"{text!r} is not a window; {WINDOW_HINT}")
        hour, minute, end_hour, end_minute = map(int, match.groups())
        opens, closes = hour * 60 + minute, end_hour * 60 + end_minute
        if max(minute, end_minute) > 59 or opens >= DAY or closes > DAY:
            raise ValueError(f"{text!r} names a time that does not exist; {WINDOW_HINT}")
        if opens == closes:
            raise ValueError(f'{text!r} is empty; a whole day is "00:00-24:00"')
        return cls(opens, closes if closes > opens else closes + DAY)

    def __str__(self) -> str:
        closes = self.closes if self.closes <= DAY else self.closes - DAY
        return f"{_clock_face(self.opens)}-{_clock_face(closes)}"


WHOLE_DAY = Shift(0, DAY)


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """The shifts of each weekday, Monday first, in order of opening, none overlapping another."""

    shifts: tuple[tuple[Shift, ...], ...]
    always: bool = False

    @classmethod
    def parse(cls, hours: Mapping[str, object]) -> Self:
        """Read {"monday": ["09:00-17:00"], …} or {"always": True}; a missing weekday is closed.

        Raises the first of `problems(hours)`.
        """
        for problem in problems(hours):
            raise problem
        if hours.get("always"):
            return cls(((WHOLE_DAY,),) * 7, always=True)
        return cls(tuple(_shifts(hours.get(weekday)) for weekday in WEEKDAYS))

    @property
    def never(self) -> bool:
        """Whether no weekday has a shift."""
        return not any(self.shifts)

    def on(self, weekday: int) -> tuple[Shift, ...]:
        """The shifts of a weekday; Monday is 0."""
        return self.shifts[weekday]

    def when_opened(self, weekday: int) -> tuple[Shift, ...]:
        """The shifts of a day that is worked all the same: its own, else the first weekday's."""
        return self.shifts[weekday] or next(filter(None, self.shifts), ())


def problems(hours: Mapping[str, object]) -> Iterator[BadHours]:
    """Everything wrong with weekly hours: words first, then windows, then overlaps."""
    found = [*_bad_words(hours), *_bad_windows(hours)]
    yield from found or _overlaps(hours)


def _bad_words(hours: Mapping[str, object]) -> Iterator[BadHours]:
    for word in hours:
        if word not in WEEKDAYS and word != "always":
            allowed = "the weekdays monday to sunday, and always"
            hint = refusal.did_you_mean(str(word), (*WEEKDAYS, "always"), f"allowed: {allowed}")
            yield BadHours((word,), f"{word!r} is not a weekday; {hint}")
    always = hours.get("always", False)
    if not isinstance(always, bool):
        yield BadHours(("always",), f"{always!r} is not true or false")
    elif always and any(hours.get(weekday) for weekday in WEEKDAYS):
        yield BadHours(("always",), "always is 24 hours a day; leave out the weekdays beside it")


def _bad_windows(hours: Mapping[str, object]) -> Iterator[BadHours]:
    for weekday in WEEKDAYS:
        windows = hours.get(weekday)
        if windows is not None and not isinstance(windows, list | tuple):
            message = (
                f'{windows!r} is not a list of windows, such as ["09:00-12:30", "13:00-17:00"]'
            )
            yield BadHours((weekday,), message)
            continue
        for position, text in enumerate(windows or ()):
            try:
                Shift.parse(text)
            except ValueError as error:
                yield BadHours((weekday, position), str(error))


def _overlaps(hours: Mapping[str, object]) -> Iterator[BadHours]:
    """Windows that share time with the next one of the week, Sunday night's with Monday's."""
    week = sorted(
        (number * DAY + shift.opens, number * DAY + shift.closes, weekday, position, shift)
        for number, weekday in enumerate(WEEKDAYS)
        for position, shift in enumerate(Shift.parse(text) for text in _list(hours.get(weekday)))
    )
    if len(week) < 2:
        return
    round_the_week = (week[0][0] + WEEK, week[0][1] + WEEK, *week[0][2:])
    for earlier, later in itertools.pairwise([*week, round_the_week]):
        if later[0] < earlier[1]:
            message = (
                f"{later[4]} on {later[2]} overlaps {earlier[4]} on {earlier[2]}; "
                "windows may touch but not overlap"
            )
            yield BadHours((later[2], later[3]), message)


def _shifts(windows: object) -> tuple[Shift, ...]:
    return tuple(sorted(Shift.parse(text) for text in _list(windows)))


def _list(windows: object) -> list[object]:
    return list(windows) if isinstance(windows, list | tuple) else []


def _clock_face(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
