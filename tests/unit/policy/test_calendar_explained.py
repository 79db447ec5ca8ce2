"""The windows that were counted and the closed days that were skipped, as a person reads them."""

from datetime import date, timedelta

import pytest

from tests.support.calendars import calendar, every_day, local, utc
from worker.policy.calendar import Calendar

TICK = timedelta(microseconds=1)


def windows(of: Calendar, start: str, end: str) -> list[tuple[str, str, str]]:
    told = of.windows(utc(start), utc(end))
    return [(w.day.isoformat(), f"{w.opens:%d %H:%M:%S}", f"{w.closes:%d %H:%M:%S}") for w in told]


def closed(of: Calendar, start: str, end: str) -> dict[str, str]:
    return {day.day.isoformat(): day.reason for day in of.closed_days(local(start), local(end))}


def test_every_window_is_told_in_utc_with_its_local_day() -> None:
    assert windows(calendar(), "2026-03-06T00:00", "2026-03-10T00:00") == [
        ("2026-03-06", "06 14:00:00", "06 22:00:00"),
        ("2026-03-09", "09 13:00:00", "09 21:00:00"),
    ]


def test_windows_are_cut_at_the_start_and_at_the_deadline() -> None:
    assert windows(calendar(), "2026-03-06T21:10:05", "2026-03-09T13:50") == [
        ("2026-03-06", "06 21:10:05", "06 22:00:00"),
        ("2026-03-09", "09 13:00:00", "09 13:50:00"),
    ]


def test_windows_that_touch_on_one_day_are_told_as_one() -> None:
    touching = calendar(every_day("09:00-12:00", "12:00-17:00"))
    assert windows(touching, "2026-03-06T00:00", "2026-03-07T00:00") == [
        ("2026-03-06", "06 14:00:00", "06 22:00:00"),
    ]


def test_a_night_over_the_new_year_is_told_as_one_window() -> None:
    nights = calendar(every_day("22:00-06:00"), "UTC")
    assert windows(nights, "2025-12-31T12:00", "2026-01-01T12:00") == [
        ("2025-12-31", "31 22:00:00", "01 06:00:00"),
    ]


def test_whole_days_are_told_day_by_day() -> None:
    always = calendar({"always": True}, "UTC")
    assert [day for day, *_ in windows(always, "2025-12-31T12:00", "2026-01-02T00:00")] == [
        "2025-12-31",
        "2026-01-01",
    ]


def test_a_window_that_closes_at_the_start_or_opens_at_the_deadline_is_not_told() -> None:
    assert windows(calendar(), "2026-03-06T22:00", "2026-03-09T13:00") == []


@pytest.mark.parametrize("end", ["2026-03-06T15:00", "2026-03-06T14:30", "2026-03-01T00:00"])
def test_no_window_and_no_closed_day_lies_between_an_instant_and_an_earlier_one(end: str) -> None:
    start = "2026-03-06T15:00"
    assert windows(calendar(), start, end) == []
    assert list(calendar().closed_days(utc("2026-03-08T15:00"), utc(end))) == []


def test_a_weekday_without_hours_is_told_by_its_name() -> None:
    assert closed(calendar(), "2026-03-06 16:00", "2026-03-09 10:00") == {
        "2026-03-07": "no working hours on Saturday",
        "2026-03-08": "no working hours on Sunday",
    }


def test_a_holiday_is_told_by_its_name_even_where_it_was_moved() -> None:
    assert closed(calendar(country="US"), "2026-07-02 16:00", "2026-07-06 10:00") == {
        "2026-07-03": "Independence Day (observed)",
        "2026-07-04": "Independence Day",
        "2026-07-05": "no working hours on Sunday",
    }


def test_a_date_that_the_policy_closes_is_told_as_a_holiday() -> None:
    assert closed(calendar(closed=["2026-03-09"]), "2026-03-09 00:00", "2026-03-10 00:00") == {
        "2026-03-09": "holiday",
    }


def test_a_day_worked_all_the_same_is_not_told_as_closed() -> None:
    worked = calendar(country="US", opened=["2026-07-03", "2026-07-04"])
    assert closed(worked, "2026-07-03 00:00", "2026-07-05 00:00") == {}


def test_a_day_whose_hours_the_clocks_skip_is_told_so() -> None:
    short = calendar(every_day("02:10-02:50"))
    assert closed(short, "2026-03-08 00:00", "2026-03-09 00:00") == {
        "2026-03-08": "its hours fall in a time that the clocks skip",
    }


def test_the_day_that_a_country_skipped_is_told_so() -> None:
    zone = "Pacific/Apia"
    samoa = calendar(every_day("09:00-17:00"), zone)
    days = samoa.closed_days(local("2011-12-29 12:00", zone), local("2011-12-31 12:00", zone))
    assert [day.day for day in days] == [date(2011, 12, 30)]


def test_only_days_that_are_touched_are_told() -> None:
    saturday_begins = local("2026-03-07 00:00")
    assert list(calendar().closed_days(local("2026-03-06 09:00"), saturday_begins)) == []
    (day,) = calendar().closed_days(local("2026-03-06 09:00"), saturday_begins + TICK)
    assert day.day == date(2026, 3, 7)


def test_days_are_those_of_the_calendars_own_zone() -> None:
    # Saturday evening in New York is Sunday in UTC.
    (day,) = calendar().closed_days(utc("2026-03-08T01:00"), utc("2026-03-08T02:00"))
    assert day.day == date(2026, 3, 7)
