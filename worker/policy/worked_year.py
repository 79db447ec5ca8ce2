"""The windows of one UTC year in order, and how much of them lies before an instant."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

_NONE = timedelta()


@dataclass(slots=True)
class WorkedYear:
    """Windows cut at the year's ends; all instants are in UTC.

    Filled once by `add`, in order and without overlaps; afterwards it is only read.
    """

    number: int
    days: list[date] = field(default_factory=list)
    opens: list[datetime] = field(default_factory=list)
    closes: list[datetime] = field(default_factory=list)
    done: list[timedelta] = field(default_factory=list)
    """working time from the start of the year to the end of each window"""
    total: timedelta = _NONE
    """of the whole year"""

    def add(self, day: date, opens: datetime, closes: datetime) -> None:
        self.total += closes - opens
        self.done.append(self.total)
        self.days.append(day)
        self.opens.append(opens)
        self.closes.append(closes)

    def worked(self, instant: datetime) -> timedelta:
        """Working time of this year before the instant."""
        begun = bisect_right(self.opens, instant)
        if not begun:
            return _NONE
        done, closes = self.done[begun - 1], self.closes[begun - 1]
        return done if closes <= instant else done - (closes - instant)

    def open_at(self, instant: datetime) -> bool:
        begun = bisect_right(self.opens, instant)
        return begun > 0 and instant < self.closes[begun - 1]

    def within(self, begin: datetime, finish: datetime) -> range:
        """The positions of the windows that have time in [begin, finish)."""
        if finish <= begin:
            return range(0)
        return range(bisect_right(self.closes, begin), bisect_left(self.opens, finish))

    def first(self, worked: timedelta) -> datetime:
        """First instant before which so much was worked; more than 0, at most the total."""
        window = bisect_left(self.done, worked)
        return self.closes[window] - (self.done[window] - worked)

    def last(self, worked: timedelta) -> datetime:
        """Last instant before which so much was worked; less than the total."""
        window = bisect_right(self.done, worked)
        return self.closes[window] - (self.done[window] - worked)
