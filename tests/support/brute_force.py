"""Working time by brute force: every minute of a span of UTC is asked what its clocks show.

It shares nothing with the calendars that it checks: no offsets, no intervals, no sums ahead.
Where a wall-clock time is shown twice or never, the minutes that show it decide.
"""

from collections.abc import Container, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
EDGE_DAYS = 4
"""Days at both ends of a span that are asked but not answered for: their windows may be cut."""

Hours = Mapping[str, Sequence[str]]


@cache
def ask_the_clocks(zone: str, began: datetime, minutes: int) -> dict[datetime, tuple[int, int]]:
    """For each wall-clock minute, the first and the last minute from `began` that shows it."""
    shown: dict[datetime, tuple[int, int]] = {}
    for minute in range(minutes):
        instant = began + timedelta(minutes=minute)
        wall = instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)
        assert wall.second == 0, "only zones whose offset is whole minutes"
        first, _ = shown.get(wall, (minute, minute))
        shown[wall] = (first, minute)
    return shown


class OutOfSpan(Exception):
    """The brute force was asked about a minute beyond its span."""


class OpenMinutes:
    """Which minutes of `days` days of UTC are worked, from `first` on.

    `closed` and `opened` hold local dates: holidays, and dates worked all the same.
    """

    def __init__(
        self,
        zone: str,
        hours: Hours,
        *,
        first: date,
        days: int,
        closed: Container[date] = (),
        opened: Container[date] = (),
    ) -> None:
        self._began = datetime(first.year, first.month, first.day, tzinfo=UTC)
        self._hours = hours
        self._closed = closed
        self._opened = opened
        self._shown = ask_the_clocks(zone, self._began, days * 1440)
        self.open = bytearray(days * 1440)
        for number in range(2, days - 2):
            self._open_the_day(first + timedelta(days=number))

    def deadline(self, start: datetime, seconds: int) -> datetime:
        """Minute by minute onwards, until so many open seconds have passed; more than none."""
        minute, second = divmod(self._seconds(start), 60)
        left = seconds
        while True:
            there = 60 - second if self._is_open(minute) else 0
            if there >= left:
                return self._instant(minute * 60 + second + left)
            left -= there
            minute, second = minute + 1, 0

    def before(self, end: datetime, seconds: int) -> datetime:
        """Minute by minute backwards, until so many open seconds have passed; more than none."""
        minute, second = divmod(self._seconds(end), 60)
        left = seconds
        while True:
            there = second if second and self._is_open(minute) else 0
            if there >= left:
                return self._instant(minute * 60 + second - left)
            left -= there
            minute, second = minute - 1, 60

    def elapsed(self, start: datetime, end: datetime) -> int:
        """Open seconds from the start to the end, which is not earlier."""
        begin, finish = self._seconds(start), self._seconds(end)
        total = 0
        for minute in range(begin // 60, finish // 60 + 1):
            if self._is_open(minute):
                total += max(0, min(finish, minute * 60 + 60) - max(begin, minute * 60))
        return total

    def edges(self) -> list[datetime]:
        """The instants at which it opens or closes, in order."""
        margin = EDGE_DAYS * 1440
        return [
            self._instant(minute * 60)
            for minute in range(margin, len(self.open) - margin)
            if self.open[minute - 1] != self.open[minute]
        ]

    def _open_the_day(self, day: date) -> None:
        for window in self._windows_of(day):
            opening, closing = window.split("-")
            following = closing <= opening
            first = self._minute_of(day, opening, last=False)
            last = self._minute_of(day + timedelta(days=following), closing, last=True)
            for minute in range(first, last):
                self.open[minute] = 1

    def _windows_of(self, day: date) -> Sequence[str]:
        own = self._hours.get(WEEKDAYS[day.weekday()], ())
        if day in self._opened:
            return own or next(self._hours[name] for name in WEEKDAYS if self._hours.get(name))
        return () if day in self._closed else own

    def _minute_of(self, day: date, face: str, *, last: bool) -> int:
        hour, minute = face.split(":")
        midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a wall clock has no zone
        wall = midnight + timedelta(hours=int(hour), minutes=int(minute))
        if wall in self._shown:
            return self._shown[wall][last]
        while wall not in self._shown:
            wall += timedelta(minutes=1)
        return self._shown[wall][0]

    def _is_open(self, minute: int) -> bool:
        margin = EDGE_DAYS * 1440
        if not margin <= minute < len(self.open) - margin:
            raise OutOfSpan
        return bool(self.open[minute])

    def _seconds(self, instant: datetime) -> int:
        return round((instant - self._began).total_seconds())

    def _instant(self, seconds: int) -> datetime:
        return self._began + timedelta(seconds=seconds)
