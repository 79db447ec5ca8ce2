"""Instants as whole microseconds since 1970 in UTC: exact, and quick to search and to add."""

from datetime import UTC, date, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_DAY = EPOCH.toordinal()
SECOND = 1_000_000
DAY = 86_400 * SECOND
MARGIN = 4
"""Days around a UTC year whose windows may reach into it: two for a night shift, two for zones."""
FIRST_DAY, LAST_DAY = date.min.toordinal() + MARGIN, date.max.toordinal() - MARGIN
"""Ordinals. Nothing is worked on the few days beyond, where local times would leave the range."""


def of(instant: datetime) -> int:
    """A time without a zone is a TypeError."""
    return _exact(instant - EPOCH)


def length(duration: timedelta) -> int:
    """A duration below zero is a ValueError."""
    if duration < timedelta():
        raise ValueError(f"a duration of {duration} runs backwards")
    return _exact(duration)


def year_of(instant: datetime) -> int:
    """The UTC year that the instant lies in."""
    return instant.year if instant.tzinfo is UTC else within_time(of(instant)).year


def midnight(ordinal: int) -> int:
    """The instant at which a day of this ordinal begins in UTC."""
    return (ordinal - EPOCH_DAY) * DAY


def instant(micros: int) -> datetime:
    return EPOCH + timedelta(microseconds=micros)


def within_time(micros: int) -> datetime:
    """The instant; before the first day that counts and after the last, that day's midnight."""
    return instant(max(midnight(FIRST_DAY), min(micros, midnight(LAST_DAY))))


def _exact(span: timedelta) -> int:
    return (span.days * 86_400 + span.seconds) * SECOND + span.microseconds
