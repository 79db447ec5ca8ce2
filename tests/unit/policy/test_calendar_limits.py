"""Calendars that cannot be used, and the ends of years and of time."""

import threading
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from tests.support.calendars import OFFICE, calendar, every_day, utc
from worker.policy import calendar as calendars
from worker.policy.calendar import BadCalendar, Calendar, NeverOpen
from worker.policy.holidays import Holidays
from worker.policy.hours import WeeklyHours

HOUR = timedelta(hours=1)
FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
FRIDAYS = {"friday": ["09:00-17:00"]}


def days(first: str, count: int) -> list[str]:
    start = date.fromisoformat(first)
    return [(start + timedelta(days=number)).isoformat() for number in range(count)]


def test_a_calendar_without_any_hours_is_refused() -> None:
    with pytest.raises(BadCalendar, match="at least one") as refused:
        calendar({"monday": []})
    assert refused.value.place == ("hours",)


def test_a_calendar_closed_for_366_days_is_used() -> None:
    closed = calendar(every_day("09:00-17:00"), "UTC", closed=days("2026-03-09", 366))
    assert closed.deadline(utc("2026-03-09T00:00"), HOUR) == utc("2027-03-10T10:00")


def test_a_calendar_closed_for_more_than_366_days_is_refused() -> None:
    with pytest.raises(BadCalendar, match="within 366 days of 2026-03-09") as refused:
        calendar(every_day("09:00-17:00"), "UTC", closed=days("2026-03-09", 367))
    assert refused.value.place == ("holidays", "dates")


def test_closed_weekdays_around_a_list_of_holidays_count_into_the_closure() -> None:
    # The list begins on a Monday; with the weekend before it, it closes 366 days and 367.
    assert calendar(OFFICE, "UTC", closed=days("2026-03-09", 364))
    with pytest.raises(BadCalendar):
        calendar(OFFICE, "UTC", closed=days("2026-03-09", 365))


def test_a_day_worked_all_the_same_ends_a_closure() -> None:
    assert calendar(OFFICE, "UTC", closed=days("2026-03-09", 365), opened=["2026-09-05"])


def test_a_calendar_of_one_weekday_is_refused_when_it_is_a_holiday_for_a_year() -> None:
    fridays = days("2026-03-06", 7 * 52)[::7]
    with pytest.raises(BadCalendar):
        calendar(FRIDAYS, "UTC", closed=fridays)
    year_less_a_week = calendar(FRIDAYS, "UTC", closed=fridays[:-1])
    assert year_less_a_week.deadline(utc("2026-03-06T00:00"), HOUR) == utc("2027-02-26T10:00")


def test_public_holidays_count_into_the_closure_of_a_list() -> None:
    # Christmas Day 2026 is a Friday: the one that the list leaves open.
    fridays = [day for day in days("2026-03-06", 7 * 52)[::7] if day != "2026-12-25"]
    assert calendar(FRIDAYS, "UTC", closed=fridays)
    with pytest.raises(BadCalendar):
        calendar(FRIDAYS, "UTC", country="US", closed=fridays)


def test_a_day_whose_only_hours_the_clocks_skip_ends_no_closure() -> None:
    # 2026-03-08 is the only Sunday not listed, and has no 02:10 in New York.
    sundays = days("2025-09-07", 7 * 52)[::7]
    hours = {"sunday": ["02:10-02:50"]}
    assert calendar(hours, "UTC", closed=[day for day in sundays if day != "2026-03-08"])
    with pytest.raises(BadCalendar):
        calendar(hours, closed=[day for day in sundays if day != "2026-03-08"])


def test_a_closed_year_is_walked_over_in_both_directions() -> None:
    closed = calendar(every_day("09:00-17:00"), "UTC", closed=days("2024-01-01", 366))
    assert closed.deadline(utc("2023-12-31T16:00"), 2 * HOUR) == utc("2025-01-01T10:00")
    assert closed.before(utc("2025-01-01T10:00"), 2 * HOUR) == utc("2023-12-31T16:00")
    assert closed.elapsed(utc("2023-12-31T16:00"), utc("2025-01-01T10:00")) == 2 * HOUR


def test_an_unknown_zone_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(BadCalendar) as refused:
        calendar(zone="America/New York")
    assert refused.value.place == ("timezone",)
    assert str(refused.value) == (
        "timezone: 'America/New York' is no time zone; did you mean 'America/New_York'? "
        "allowed: IANA names such as Europe/Berlin or UTC"
    )


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_a_night_over_the_new_year_counts_once(zone: str) -> None:
    nights = calendar(every_day("22:00-06:00"), zone)
    for year in (1999, 2000, 2023, 2024, 2025):
        new_year = datetime(year, 1, 1, tzinfo=UTC)
        week = nights.elapsed(new_year - timedelta(days=3), new_year + timedelta(days=4))
        assert week == 56 * HOUR


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_an_objective_runs_over_the_new_year(zone: str) -> None:
    whole_days = calendar(every_day("00:00-24:00"), zone)
    new_year = utc("2026-01-01T00:00")
    for hours in range(1, 30):
        start = new_year - hours * HOUR
        assert whole_days.deadline(start, 2 * hours * HOUR) == new_year + hours * HOUR
        assert whole_days.before(new_year + hours * HOUR, 2 * hours * HOUR) == start
        assert whole_days.deadline(start, hours * HOUR) == new_year
        assert whole_days.before(new_year, hours * HOUR) == start


def test_a_holiday_observed_in_the_old_year_is_that_years() -> None:
    # New Year's Day 2028 is a Saturday and is kept on the Friday before.
    friday = utc("2027-12-31T15:00")
    assert calendar(country="US").deadline(friday, HOUR) == utc("2028-01-03T15:00")


@pytest.mark.parametrize("hours", [OFFICE, {"always": True}], ids=["office", "always"])
def test_time_that_runs_out_is_never_open_not_a_crash(hours: dict[str, object]) -> None:
    with pytest.raises(NeverOpen):
        calendar(hours).deadline(LAST, HOUR)
    with pytest.raises(NeverOpen):
        calendar(hours).before(FIRST, HOUR)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/New_York"])
def test_the_ends_of_time_can_be_asked_about(zone: str) -> None:
    far_east, far_west = timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))
    earliest, latest = FIRST.replace(tzinfo=far_east), LAST.replace(tzinfo=far_west)
    office = calendar(zone=zone)
    assert not office.is_open(earliest)
    assert not office.is_open(latest)
    assert office.elapsed(earliest, earliest + timedelta(days=14)) > HOUR
    assert office.elapsed(latest - timedelta(days=14), latest) > HOUR
    assert office.deadline(earliest, HOUR) < earliest + timedelta(days=14)
    assert office.before(latest, HOUR) > latest - timedelta(days=14)
    assert len(list(office.windows(earliest, earliest + timedelta(days=14)))) > 5
    assert len(list(office.windows(latest - timedelta(days=14), latest))) > 5
    assert list(office.closed_days(earliest, earliest + timedelta(days=14)))
    assert list(office.closed_days(latest - timedelta(days=14), latest))


def test_threads_that_ask_one_calendar_at_once_get_the_same_answers() -> None:
    office = calendar(country="IN", zone="Asia/Kolkata")
    starts = [datetime(year, 3, 1, tzinfo=UTC) for year in range(1995, 2045)]
    alone = calendar(country="IN", zone="Asia/Kolkata")
    expected = [alone.deadline(start, 8 * HOUR) for start in starts]
    answers: list[list[datetime]] = []
    barrier = threading.Barrier(4)

    def ask() -> None:
        barrier.wait()
        answers.append([office.deadline(start, 8 * HOUR) for start in starts])

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [expected] * 4


def test_the_wall_clock_is_a_calendar_that_never_closes() -> None:
    saturday = utc("2026-03-07T23:59:59")
    assert calendars.ALWAYS.deadline(saturday, HOUR / 2) == utc("2026-03-08T00:29:59")
    assert calendars.ALWAYS.is_open(saturday)
    assert (calendars.ALWAYS.name, calendars.ALWAYS.timezone) == ("always", "UTC")


def test_a_calendar_says_what_it_is() -> None:
    office = Calendar(
        name="office",
        timezone="Europe/Berlin",
        hours=WeeklyHours.parse(OFFICE),
        holidays=Holidays(),
    )
    assert repr(office) == "Calendar('office', 'Europe/Berlin')"
