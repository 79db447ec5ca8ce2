"""Instants: RFC 3339 with an offset in, UTC with `Z` out."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import times

NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2026-03-09T12:00:00Z", NOON),
        ("2026-03-09t12:00:00z", NOON),
        ("2026-03-09T12:00:00-00:00", NOON),
        ("2026-03-09T08:00:00-04:00", NOON),
        ("2026-03-09T17:45:00+05:45", NOON),
        ("2026-03-09T12:00:00.5Z", NOON + timedelta(milliseconds=500)),
        ("2026-03-09T12:00:00.123456789Z", NOON + timedelta(microseconds=123456)),
        ("2026-03-09T12:00:00." + "9" * 10_000 + "Z", NOON + timedelta(microseconds=999999)),
        ("1901-01-01T00:00:00Z", datetime(1901, 1, 1, tzinfo=UTC)),
        ("2198-12-31T23:59:59Z", datetime(2198, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_a_time_with_an_offset_is_an_instant_in_utc(written: str, instant: datetime) -> None:
    read = times.parse(written)
    assert read == instant
    assert read.tzinfo is UTC


@pytest.mark.parametrize(
    "written",
    [
        "2026-03-09T12:00:00",
        "2026-03-09T12:00Z",
        "2026-03-09 12:00:00Z",
        "2026-03-09",
        "20260309T120000Z",
        "2026-W11-1T12:00:00Z",
        "2026-03-09T12:00:00.Z",
        "2026-03-09T12:00:00,5Z",
        "2026-03-09T12:00:00+0400",
        "2026-03-09T12:00:00+04:00:30",
        "2026-03-09T12:00:00+04:60",
        "2026-03-09T12:00:00 UTC",
        " 2026-03-09T12:00:00Z",
        "2026-03-09T12:00:00Z\n",
        "٢٠٢٦-03-09T12:00:00Z",
        "now",
        "",
        None,
        1773057600,
        datetime(2026, 3, 9, 12),  # noqa: DTZ001 - that it has no zone is the point
    ],
)
def test_a_time_in_any_other_spelling_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match="must be an RFC 3339 time with an offset"):
        times.parse(written)


@pytest.mark.parametrize(
    "written",
    [
        "2026-02-29T12:00:00Z",
        "2026-13-01T12:00:00Z",
        "2026-03-09T24:00:00Z",
        "2026-03-09T12:60:00Z",
        "2026-03-09T23:59:60Z",
        "2026-03-09T12:00:00+24:00",
    ],
)
def test_a_time_that_does_not_exist_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="must be a time that exists"):
        times.parse(written)


@pytest.mark.parametrize(
    "written",
    [
        "0001-01-01T00:00:00Z",
        "1900-01-01T00:00:00Z",
        "1900-12-31T23:59:59Z",
        "2199-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
    ],
)
def test_a_program_s_null_is_no_time(written: str) -> None:
    with pytest.raises(ValueError, match="must lie in the years 1901 to 2198"):
        times.parse(written)


@pytest.mark.parametrize(
    ("instant", "written"),
    [
        (NOON, "2026-03-09T12:00:00Z"),
        (NOON.astimezone(timezone(timedelta(hours=9))), "2026-03-09T12:00:00Z"),
        (NOON + timedelta(microseconds=1), "2026-03-09T12:00:00.000001Z"),
        (NOON + timedelta(milliseconds=500), "2026-03-09T12:00:00.500000Z"),
    ],
)
def test_an_instant_is_written_in_utc_with_microseconds_only_if_not_zero(
    instant: datetime, written: str
) -> None:
    assert times.text(instant) == written


_offsets = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))
_instants = st.datetimes(
    min_value=datetime(1902, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
    max_value=datetime(2198, 1, 1),  # noqa: DTZ001
    timezones=_offsets,
)


@given(_instants)
def test_what_is_written_is_read_again(instant: datetime) -> None:
    assert times.parse(instant.isoformat()) == times.parse(times.text(instant)) == instant
