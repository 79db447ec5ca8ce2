"""Times as the contract writes them: RFC 3339 with an offset in, UTC with `Z` out; seconds."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator, WithJsonSchema

_LOCAL = "[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}"
_READ = _LOCAL + r"(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})"
_WRITTEN = _LOCAL.replace("[Tt]", "T") + r"(\.[0-9]{6})?Z"
_RFC3339 = re.compile(_READ)

#: Outside these years a time is a program's null ("0001-01-01"), not somebody's: zones, holidays
#: and sums of times are only good within them.
FIRST_YEAR, LAST_YEAR = 1900, 2199


def parse(value: object) -> datetime:
    """An instant in UTC from RFC 3339 text; digits past the microsecond are cut.

    Raises ValueError for anything else: a number, a time without an offset, a year that is
    nobody's.
    """
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC)
    if not isinstance(value, str) or not _RFC3339.fullmatch(value):
        raise ValueError("must be an RFC 3339 time with an offset, like 2026-03-09T14:30:00Z")
    if not FIRST_YEAR < int(value[:4]) < LAST_YEAR:
        raise ValueError(f"must lie between the years {FIRST_YEAR} and {LAST_YEAR}")
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
    _told(_READ, "validation"),
    _told(_WRITTEN, "serialization"),
]
