"""Working calendars: which instants are worked, and arithmetic that counts only those.

All intervals are half open. A window belongs to the local date it starts on, even past midnight.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import MAXYEAR, MINYEAR, date, datetime, timedelta

from worker.policy import hours as weekly
from worker.policy import refusal, utc, zones
from worker.policy.holidays import Holidays
from worker.policy.hours import WeeklyHours
from worker.policy.worked_year import WorkedYear

_NONE = timedelta()
LONGEST_CLOSURE = 366
"""Days. A calendar with a longer run of closed days is refused."""


class BadCalendar(refusal.Refusal):
    """A calendar cannot be used; `place` is relative to the calendar, such as ("timezone",)."""


class NeverOpen(BadCalendar):
    """A calendar has no working hours within the time that is searched for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Working time without a break, [opens, closes) in UTC, of the local date it starts on."""

    day: date
    opens: datetime
    closes: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedDay:
    """A local date on which no window starts, and why."""

    day: date
    reason: str


class Calendar:
    """Weekly hours in a time zone, less holidays.

    It never changes; compiled years are kept, and two threads that compile one year at once
    only do the same work twice.
    """

    __slots__ = ("_endless", "_holidays", "_hours", "_years", "_zone", "name", "timezone")

    def __init__(self, *, name: str, timezone: str, hours: WeeklyHours, holidays: Holidays) -> None:
        """Raises BadCalendar on an unknown zone, or when it could stay closed over 366 days."""
        zone = zones.find(timezone)
        if zone is None:
            message = f"{timezone!r} is no time zone; {zones.hint(timezone)}"
            raise BadCalendar(("timezone",), message)
        self.name = name
        self.timezone = timezone
        self._zone = zone
        self._hours = hours
        self._holidays = holidays
        self._endless = hours.always and holidays.none
        self._years: dict[int, WorkedYear] = {}
        self._refuse_long_closures()

    def __repr__(self) -> str:
        return f"Calendar({self.name!r}, {self.timezone!r})"

    def deadline(self, start: datetime, duration: timedelta) -> datetime:
        """The first instant at which `elapsed(start, instant)` reaches the duration.

        What is used up exactly at closing time is due at closing time. A time without a zone is a
        TypeError, a duration below zero a ValueError. Raises NeverOpen.
        """
        begin = utc.of(start)
        if self._endless or not duration:
            return self._wall(begin, _forward(duration))
        year = self._year(begin.year)
        left = year.worked(begin) + _forward(duration)
        while left > year.total:
            left -= year.total
            year = self._next_year(year, 1)
        return year.first(left)

    def before(self, end: datetime, duration: timedelta) -> datetime:
        """The last instant from which `elapsed(instant, end)` is the duration, else as above."""
        finish = utc.of(end)
        if self._endless or not duration:
            return self._wall(finish, -_forward(duration))
        year = self._year(finish.year)
        left = year.worked(finish) - _forward(duration)
        while left < _NONE:
            year = self._next_year(year, -1)
            left += year.total
        return year.last(left)

    def elapsed(self, start: datetime, end: datetime) -> timedelta:
        """Working time in [start, end); zero when the end is not after the start."""
        begin, finish = utc.of(start), utc.of(end)
        if finish <= begin:
            return _NONE
        if self._endless:
            return finish - begin
        years = map(self._year, range(begin.year, finish.year))
        worked = self._year(finish.year).worked(finish) - self._year(begin.year).worked(begin)
        return sum((year.total for year in years), worked)

    def is_open(self, instant: datetime) -> bool:
        """Whether the instant is working time; at closing time it no longer is."""
        asked = utc.of(instant)
        return self._year(asked.year).open_at(asked)

    def windows(self, start: datetime, end: datetime) -> Iterator[Window]:
        """The windows in [start, end), clipped to it; touching ones of one day are one."""
        held: Window | None = None
        for piece in self._pieces(start, end):
            if held and held.day == piece.day and held.closes == piece.opens:
                held = replace(held, closes=piece.closes)
                continue
            if held:
                yield held
            held = piece
        if held:
            yield held

    def closed_days(self, start: datetime, end: datetime) -> Iterator[ClosedDay]:
        """The local dates touched by [start, end) on which no window starts, with the reason."""
        begin, finish = utc.within_days(start), utc.within_days(end)
        if finish <= begin:
            return
        first, last = self._local_day(begin), self._local_day(finish - utc.TICK)
        for ordinal in range(first.toordinal(), last.toordinal() + 1):
            day = date.fromordinal(ordinal)
            reason = self._why_closed(day)
            if reason is not None:
                yield ClosedDay(day=day, reason=reason)

    def _why_closed(self, day: date) -> str | None:
        if not self._shifts(day):
            no_hours = f"no working hours on {weekly.WEEKDAYS[day.weekday()].capitalize()}"
            return self._holidays.reason(day) or no_hours
        if all(opens >= closes for opens, closes in self._spans(day)):
            return "its hours fall in a time that the clocks skip"
        return None

    def _shifts(self, day: date) -> tuple[weekly.Shift, ...]:
        if day in self._holidays.open:
            return self._hours.when_opened(day.weekday())
        shifts = self._hours.on(day.weekday())
        return shifts if shifts and self._holidays.reason(day) is None else ()

    def _spans(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """The day's windows as they are; those of two days may overlap where clocks go back."""
        for shift in self._shifts(day):
            opens, _ = zones.instants(self._zone, day, shift.opens)
            _, closes = zones.instants(self._zone, day, shift.closes)
            yield utc.instant(opens), utc.instant(closes)

    def _pieces(self, start: datetime, end: datetime) -> Iterator[Window]:
        """Windows clipped to [start, end), one that lasts over a UTC new year in two pieces."""
        begin, finish = utc.within_days(start), utc.within_days(end)
        for number in range(begin.year, finish.year + 1):
            year = self._year(number)
            for index in year.within(begin, finish):
                opens, closes = max(begin, year.opens[index]), min(finish, year.closes[index])
                yield Window(day=year.days[index], opens=opens, closes=closes)

    def _year(self, number: int) -> WorkedYear:
        year = self._years.get(number)
        if year is None:
            year = self._years[number] = self._compile(number)
        return year

    def _compile(self, number: int) -> WorkedYear:
        """The windows of a UTC year; time that two of them share is the earlier one's."""
        begin, finish = utc.year(number)
        first, last = begin.toordinal() - utc.MARGIN, finish.toordinal() + utc.MARGIN
        year, covered = WorkedYear(number), begin
        for ordinal in range(max(first, utc.FIRST_DAY), min(last, utc.LAST_DAY) + 1):
            day = date.fromordinal(ordinal)
            for opens, closes in self._spans(day):
                if min(closes, finish) > max(opens, covered):
                    year.add(day, max(opens, covered), min(closes, finish))
                covered = max(covered, closes)
        return year

    def _next_year(self, year: WorkedYear, step: int) -> WorkedYear:
        """The nearest one in that direction with a window; raises NeverOpen behind two without."""
        for number in (year.number + step, year.number + 2 * step):
            if MINYEAR <= number <= MAXYEAR and (next_ := self._year(number)).days:
                return next_
        raise self._never_open(year.number)

    def _wall(self, instant: datetime, span: timedelta) -> datetime:
        try:
            return instant + span
        except OverflowError as error:
            raise self._never_open(instant.year) from error

    def _local_day(self, instant: datetime) -> date:
        return instant.astimezone(self._zone).date()

    def _never_open(self, year: int) -> NeverOpen:
        return NeverOpen((), f"calendar {self.name!r} has too few working hours around {year}")

    def _refuse_long_closures(self) -> None:
        if self._hours.never:
            raise BadCalendar(("hours",), "no weekday has hours; give at least one a window")
        # A country's own holidays never close a weekday for a year; around a list they count.
        reached = 0
        for day in sorted(self._holidays.dates):
            first = last = day.toordinal()
            if first < reached:
                continue
            while last - first <= LONGEST_CLOSURE and not self._works(last):
                last += 1
            while last - first <= LONGEST_CLOSURE and not self._works(first - 1):
                first -= 1
            if last - first > LONGEST_CLOSURE:
                message = f"no day is worked within {LONGEST_CLOSURE} days of {day}"
                raise BadCalendar(("holidays", "dates"), message)
            reached = last

    def _works(self, ordinal: int) -> bool:
        """Whether a window starts on the day; beyond the days that count, always."""
        if not utc.FIRST_DAY <= ordinal <= utc.LAST_DAY:
            return True
        return any(opens < closes for opens, closes in self._spans(date.fromordinal(ordinal)))


def _forward(duration: timedelta) -> timedelta:
    if duration < _NONE:
        raise ValueError(f"a duration of {duration} runs backwards")
    return duration


ALWAYS = Calendar(
    name="always",
    timezone="UTC",
    hours=WeeklyHours.parse({"always": True}),
    holidays=Holidays(),
)
"""24 hours a day, all days: the wall clock as a calendar."""
