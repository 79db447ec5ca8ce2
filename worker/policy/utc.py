"""Instants in UTC, where the time between two of them is what passes between them."""

from datetime import MAXYEAR, UTC, date, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)
MARGIN = 4
"""Days around a UTC year whose windows may reach into it: two for a night shift, two for zones."""
FIRST_DAY, LAST_DAY = date.min.toordinal() + MARGIN, date.max.toordinal() - MARGIN
"""Ordinals. Nothing is worked on the few days beyond, where local times would leave the range."""
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def of(instant: datetime) -> datetime:
    """The same instant in UTC, or the nearest that has a date; without a zone it is a TypeError."""
    if instant.tzinfo is UTC:
        return instant
    since = instant - EPOCH
    return EPOCH + min(max(since, _FIRST - EPOCH), _LAST - EPOCH)


def instant(seconds: int) -> datetime:
    """By its seconds since 1970."""
    return EPOCH + timedelta(seconds=seconds)


def within_days(instant: datetime) -> datetime:
    """The instant; before the first day that counts its start, after the last its end."""
    margin = timedelta(days=MARGIN)
    return max(_FIRST + margin, min(of(instant), _LAST - margin))


def year(number: int) -> tuple[datetime, datetime]:
    """Its first instant, and the first of the next or, of the last one, its last."""
    end = datetime(number + 1, 1, 1, tzinfo=UTC) if number < MAXYEAR else _LAST
    return datetime(number, 1, 1, tzinfo=UTC), end
