"""Durations: what people write is what is meant, and the other way round."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker import durations


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("30m", timedelta(minutes=30)),
        ("2h", timedelta(hours=2)),
        ("1h30m", timedelta(minutes=90)),
        ("90s", timedelta(seconds=90)),
        ("90m", timedelta(minutes=90)),
        ("30d", timedelta(days=30)),
        ("1d2h3m4s", timedelta(days=1, hours=2, minutes=3, seconds=4)),
        ("0h5m", timedelta(minutes=5)),
    ],
)
def test_a_duration_is_its_parts_added_up(written: str, meant: timedelta) -> None:
    assert durations.parse(written) == meant


@pytest.mark.parametrize(
    "written",
    [
        "",
        "30",
        "m",
        "30 m",
        "1.5h",
        "-30m",
        "30M",
        "30min",
        "1m1h",
        "PT30M",
        "٣m",
        "30m\n",
        30,
        None,
        "9999999d",
        "9" * 10_000 + "s",
    ],
)
def test_anything_else_is_told_what_a_duration_is_like(written: object) -> None:
    with pytest.raises(ValueError, match="must be a duration like 30m, 2h, 1h30m, 90s or 2d"):
        durations.parse(written)


@pytest.mark.parametrize("written", ["0s", "0d0h", timedelta(), timedelta(seconds=-1)])
def test_no_time_at_all_is_no_duration(written: object) -> None:
    with pytest.raises(ValueError, match="must be longer than zero"):
        durations.parse(written)


@pytest.mark.parametrize(
    ("duration", "written"),
    [
        (timedelta(minutes=30), "30m"),
        (timedelta(minutes=90), "1h30m"),
        (timedelta(days=2, seconds=1), "48h1s"),
        (timedelta(milliseconds=1500), "1.5s"),
        (timedelta(hours=1, microseconds=1), "1h0.000001s"),
        (timedelta(), "0s"),
    ],
)
def test_a_duration_is_written_in_hours_minutes_and_seconds(
    duration: timedelta, written: str
) -> None:
    assert durations.text(duration) == written


@given(st.integers(1, 10**9).map(lambda seconds: timedelta(seconds=seconds)))
def test_whole_seconds_are_read_as_they_were_written(duration: timedelta) -> None:
    assert durations.parse(durations.text(duration)) == duration
