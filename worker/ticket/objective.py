"""An objective's clock: time that counts from the notification, on a calendar, less the stops."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from schemas.values import dataclass
from worker.policy.calendar import Calendar


@dataclass(frozen=True, slots=True)
class Stop:
    """A span in which the clock stood still: a pause, or a time of being closed."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class ObjectiveClock:
    """When the clock started, the calendar that it runs on, and the stops that are over."""

    calendar: Calendar
    started_at: datetime
    stops: tuple[Stop, ...] = ()

    def reach(self, duration: timedelta) -> datetime:
        """The first instant at which the time that counts is `duration`, if it runs on."""
        left = duration
        for begin, end in self._runs():
            if end is None:
                break
            counted = self.calendar.elapsed(begin, end)
            if counted >= left:
                break
            left -= counted
        return self.calendar.deadline(begin, left)

    def spent(self, until: datetime) -> timedelta:
        """The time that counts between the start and `until`."""
        return sum(
            (
                self.calendar.elapsed(begin, until if end is None else min(end, until))
                for begin, end in self._runs()
            ),
            timedelta(),
        )

    def _runs(self) -> Iterator[tuple[datetime, datetime | None]]:
        begin = self.started_at
        for stop in self.stops:
            if stop.since > begin:
                yield begin, stop.since
            begin = max(begin, stop.until)
        yield begin, None
