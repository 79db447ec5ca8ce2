"""The windows of one UTC year in order, and how much of them lies before an instant."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class WorkedYear:
    """Windows cut at the year's ends; all instants and lengths in microseconds since 1970.

    Filled once by `add`, in order and without overlaps; afterwards it is only read.
    """

    days: list[date] = field(default_factory=list)
    opens: list[int] = field(default_factory=list)
    closes: list[int] = field(default_factory=list)
    done: list[int] = field(default_factory=list)
    """Working time from the start of the year to the end of each window."""

    @property
    def total(self) -> int:
        return self.done[-1] if self.done else 0

    def add(self, day: date, opens: int, closes: int) -> None:
        self.done.append(self.total + closes - opens)
        self.days.append(day)
        self.opens.append(opens)
        self.closes.append(closes)

    def worked(self, instant: int) -> int:
        """Working time of this year before the instant."""
        begun = bisect_right(self.opens, instant)
        if not begun:
            return 0
        return self.done[begun - 1] - max(0, self.closes[begun - 1] - instant)

    def open_at(self, instant: int) -> bool:
        begun = bisect_right(self.opens, instant)
        return begun > 0 and instant < self.closes[begun - 1]

    def within(self, begin: int, finish: int) -> range:
        """The positions of the windows that have time in [begin, finish)."""
        if finish <= begin:
            return range(0)
        return range(bisect_right(self.closes, begin), bisect_left(self.opens, finish))

    def first(self, worked: int) -> int:
        """First instant before which so much was worked; more than 0, at most the total."""
        window = bisect_left(self.done, worked)
        return self.closes[window] - (self.done[window] - worked)

    def last(self, worked: int) -> int:
        """Last instant before which so much was worked; less than the total."""
        window = bisect_right(self.done, worked)
        return self.closes[window] - (self.done[window] - worked)
