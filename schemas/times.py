"""Times as the contract writes them: RFC 3339 with an offset in, UTC with `Z` out; seconds."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator, WithJsonSchema

_LOCAL = "[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}"
# The minutes of an offset are bounded here since Python takes "+04:60" for five hours.
_READ = _LOCAL + r"(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-5][0-9])"
_WRITTEN = _LOCAL.replace("[Tt]", "T") + r"(\.[0-9]{6})?Z"
_RFC3339 = re.compile(_READ)

#: Outside these years a time is a program's null ("0001-01-01", "1900-01-01"), not somebody's:
#: zones, holidays and sums of times are only good within them.
FIRST_YEAR, LAST_YEAR = 1901, 2198
_FIRST, _LAST = str(FIRST_YEAR), str(LAST_YEAR)
# What a pattern can tell of the times that `parse` takes: all but how long a month is.
_YEAR = "(19(0[1-9]|[1-9][0-9])|20[0-9]{2}|21([0-8][0-9]|9[0-8]))"
_MONTH, _DAY = "(0[1-9]|1[0-2])", "(0[1-9]|[12][0-9]|3[01])"
_HOUR, _SIXTY = "([01][0-9]|2[0-3])", "[0-5][0-9]"
_TAKEN = (
    f"{_YEAR}-{_MONTH}-{_DAY}[Tt]{_HOUR}:{_SIXTY}:{_SIXTY}"
    rf"(\.[0-9]+)?([Zz]|[+-]{_HOUR}:{_SIXTY})"
)


def parse(value: object) -> datetime:
    """An instant in UTC from RFC 3339 text; digits past the microsecond are cut.

    Raises ValueError for anything else: a number, a time without an offset, a year that is
    nobody's.
    """
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC)
    if not (isinstance(value, str) and _RFC3339.fullmatch(value)):
        raise ValueError("must be an RFC 3339 time with an offset, like 2026-03-09T14:30:00Z")
    if not _FIRST <= value[:4] <= _LAST:
        raise ValueError(f"must lie in the years {FIRST_YEAR} to {LAST_YEAR}")
    try:
        return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except ValueError:
        raise ValueError("must be a time that exists: a part of it is out of range") from None


def text(instant: datetime) -> str:
    """An instant as outbound events write it: UTC, `Z`, microseconds only if not zero."""
    return instant.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


def in_seconds(duration: timedelta) -> float | int:
    """A duration in seconds, as an integer where they are whole."""
    seconds = duration.total_seconds()
    return int(seconds) if seconds.is_integer() else seconds


def _told(pattern: str, mode: Literal["validation", "serialization"]) -> WithJsonSchema:
    told = {"type": "string", "format": "date-time", "pattern": f"^{pattern}$"}
    return WithJsonSchema(told, mode=mode)


Instant = Annotated[
    datetime,
    BeforeValidator(parse),
    _told(_TAKEN, "validation"),
    _told(_WRITTEN, "serialization"),
]
