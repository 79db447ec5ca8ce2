"""Working time, sentence by sentence."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.support.calendars import NEW_YORK, calendar, every_day, local, utc

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
TICK = timedelta(microseconds=1)


def test_opening_time_is_worked_and_closing_time_no_longer_is() -> None:
    office = calendar()
    assert office.is_open(local("2026-03-06 09:00"))
    assert not office.is_open(local("2026-03-06 09:00") - TICK)
    assert office.is_open(local("2026-03-06 17:00") - TICK)
    assert not office.is_open(local("2026-03-06 17:00"))


def test_nine_in_the_morning_is_another_instant_in_summer_than_in_winter() -> None:
    office = calendar()
    assert office.deadline(utc("2026-03-06T00:00"), MINUTE) == utc("2026-03-06T14:01")
    assert office.deadline(utc("2026-03-09T00:00"), MINUTE) == utc("2026-03-09T13:01")


def test_a_zone_is_asked_for_its_offset_of_that_year_not_of_today() -> None:
    # Until 2006 summer began in April there.
    assert calendar().deadline(utc("2006-03-20T00:00"), MINUTE) == utc("2006-03-20T14:01")


def test_an_objective_used_up_exactly_at_closing_time_is_due_at_closing_time() -> None:
    friday = local("2026-03-06 16:00")
    assert calendar().deadline(friday, HOUR) == local("2026-03-06 17:00")


def test_an_objective_that_lasts_a_moment_longer_is_due_after_the_weekend() -> None:
    friday = local("2026-03-06 16:00")
    assert calendar().deadline(friday, HOUR + TICK) == local("2026-03-09 09:00") + TICK


@pytest.mark.parametrize(
    ("start", "due"),
    [
        ("2026-03-09 06:12:44", "2026-03-09 10:00"),
        ("2026-03-09 22:00", "2026-03-10 10:00"),
        ("2026-03-07 12:00", "2026-03-09 10:00"),
        ("2026-03-06 17:00", "2026-03-09 10:00"),
    ],
    ids=["before opening", "in the evening", "at the weekend", "exactly at closing time"],
)
def test_a_start_outside_hours_counts_from_the_next_opening(start: str, due: str) -> None:
    assert calendar().deadline(local(start), HOUR) == local(due)


def test_a_break_between_two_windows_does_not_count() -> None:
    with_lunch = calendar(every_day("09:00-12:30", "13:15-17:45"))
    noon = local("2026-03-09 12:00")
    assert with_lunch.deadline(noon, HOUR) == local("2026-03-09 13:45")
    assert with_lunch.elapsed(noon, local("2026-03-09 13:00")) == timedelta(minutes=30)


def test_an_objective_of_no_time_is_due_at_once_even_outside_hours() -> None:
    saturday = local("2026-03-07 12:00")
    assert calendar().deadline(saturday, timedelta()) == saturday
    assert calendar().before(saturday, timedelta()) == saturday


def test_deadlines_are_told_in_utc() -> None:
    due = calendar().deadline(local("2026-03-06 16:00"), HOUR)
    assert due.tzinfo is UTC
    assert calendar({"always": True}).deadline(local("2026-03-06 16:00"), HOUR).tzinfo is UTC


def test_an_instant_counts_the_same_in_whichever_zone_it_is_told() -> None:
    always = calendar(every_day("00:00-24:00"))
    second_pass = datetime(2026, 11, 1, 1, 30, tzinfo=ZoneInfo(NEW_YORK), fold=1)
    assert always.deadline(second_pass, HOUR) == utc("2026-11-01T07:30")
    assert (
        always.elapsed(second_pass, second_pass.astimezone(ZoneInfo("Asia/Tokyo")) + HOUR) == HOUR
    )


def test_no_working_time_lies_between_an_instant_and_an_earlier_one() -> None:
    monday, friday = local("2026-03-09 12:00"), local("2026-03-06 12:00")
    assert calendar().elapsed(monday, friday) == timedelta()
    assert calendar({"always": True}).elapsed(monday, friday) == timedelta()


def test_the_walk_backwards_ends_where_the_time_that_is_left_begins() -> None:
    monday = local("2026-03-09 10:00")
    assert calendar().before(monday, 2 * HOUR) == local("2026-03-06 16:00")


def test_the_walk_backwards_finds_the_last_instant_so_the_opening_and_not_the_closing() -> None:
    monday = local("2026-03-09 10:00")
    assert calendar().before(monday, HOUR) == local("2026-03-09 09:00")


def test_an_opening_in_a_spring_gap_is_the_first_instant_after_it() -> None:
    # On 2026-03-08 the clocks of New York show no time from 02:00 to 03:00.
    early = calendar(every_day("02:30-05:00"))
    assert early.deadline(local("2026-03-08 00:00"), HOUR) == utc("2026-03-08T08:00")
    assert not early.is_open(utc("2026-03-08T07:00") - TICK)
    assert early.is_open(utc("2026-03-08T07:00"))


def test_a_closing_in_a_spring_gap_is_the_first_instant_after_it() -> None:
    late = calendar(every_day("01:00-02:30"))
    assert late.elapsed(local("2026-03-08 00:00"), local("2026-03-08 12:00")) == HOUR
    assert late.is_open(utc("2026-03-08T07:00") - TICK)
    assert not late.is_open(utc("2026-03-08T07:00"))


def test_a_window_within_a_spring_gap_does_not_happen_that_day() -> None:
    short = calendar(every_day("02:10-02:50"))
    sunday = local("2026-03-08 00:00")
    assert short.deadline(sunday, MINUTE) == local("2026-03-09 02:11")


def test_an_opening_in_an_autumn_fold_is_the_earlier_instant() -> None:
    # On 2026-11-01 the clocks of New York show 01:00 to 02:00 twice, first at 05:00 in UTC.
    early = calendar(every_day("01:30-08:00"))
    assert not early.is_open(utc("2026-11-01T05:30") - TICK)
    assert early.is_open(utc("2026-11-01T05:30"))
    assert early.deadline(local("2026-11-01 00:00"), HOUR) == utc("2026-11-01T06:30")


def test_a_closing_in_an_autumn_fold_is_the_later_instant() -> None:
    late = calendar(every_day("00:00-01:30"))
    assert late.is_open(utc("2026-11-01T06:30") - TICK)
    assert not late.is_open(utc("2026-11-01T06:30"))
    assert late.elapsed(local("2026-11-01 00:00"), local("2026-11-01 12:00")) == 2.5 * HOUR


def test_the_first_and_the_last_minute_of_a_fold_are_edges_as_well() -> None:
    full = calendar(every_day("01:00-02:00"))
    assert full.elapsed(local("2026-11-01 00:00"), local("2026-11-01 12:00")) == 2 * HOUR
    until = calendar(every_day("00:00-01:00"))
    assert until.elapsed(local("2026-11-01 00:00"), local("2026-11-01 12:00")) == 2 * HOUR


def test_time_that_two_windows_share_in_a_fold_counts_once() -> None:
    touching = calendar(every_day("00:00-01:30", "01:30-03:00"))
    assert touching.elapsed(local("2026-11-01 00:00"), local("2026-11-01 12:00")) == 4 * HOUR


def test_a_fold_passes_in_real_time_inside_a_window() -> None:
    always = calendar(every_day("00:00-24:00"))
    half_past_one = local("2026-11-01 01:30")
    assert always.deadline(half_past_one, HOUR) == local("2026-11-01 01:30", again=True)


def test_a_night_lasts_an_hour_less_in_spring_and_an_hour_more_in_autumn() -> None:
    nights = calendar(every_day("22:00-06:00"))
    assert nights.elapsed(local("2026-03-07 20:00"), local("2026-03-08 07:00")) == 7 * HOUR
    assert nights.elapsed(local("2026-10-31 20:00"), local("2026-11-01 07:00")) == 9 * HOUR


def test_clocks_that_move_by_half_an_hour_are_followed() -> None:
    zone = "Australia/Lord_Howe"
    dawn = calendar(every_day("01:45-02:15"), zone)
    # Summer begins on 2026-10-04: 02:00 becomes 02:30. It ends on 2026-04-05: back to 01:30.
    spring = local("2026-10-04 00:00", zone), local("2026-10-04 12:00", zone)
    autumn = local("2026-04-05 00:00", zone), local("2026-04-05 12:00", zone)
    assert dawn.elapsed(*spring) == timedelta(minutes=15)
    assert dawn.elapsed(*autumn) == timedelta(minutes=60)


def test_a_midnight_that_the_clocks_skip_is_one_in_the_morning() -> None:
    zone = "America/Sao_Paulo"
    around = calendar(every_day("00:00-02:00", "23:00-24:00"), zone)
    # 2018-11-04 begins at 01:00; 2018-02-17 has its 23:00 twice.
    spring = local("2018-11-03 22:00", zone), local("2018-11-04 03:00", zone)
    autumn = local("2018-02-17 22:00", zone), local("2018-02-18 03:00", zone)
    assert around.elapsed(*spring) == 2 * HOUR
    assert around.elapsed(*autumn) == 4 * HOUR


def test_a_day_that_a_country_skipped_is_not_worked() -> None:
    # Samoa went from the evening of 2011-12-29 to the morning of 2011-12-31.
    zone = "Pacific/Apia"
    samoa = calendar(every_day("09:00-17:00"), zone)
    thursday = local("2011-12-29 16:00", zone)
    assert samoa.deadline(thursday, 2 * HOUR) == local("2011-12-31 10:00", zone)


def test_a_window_past_midnight_belongs_to_the_day_it_starts_on() -> None:
    friday_night = calendar({"friday": ["22:00-06:00"]})
    assert friday_night.is_open(local("2026-03-07 05:59"))
    assert not friday_night.is_open(local("2026-03-06 05:59"))
    (window,) = friday_night.windows(local("2026-03-06 00:00"), local("2026-03-08 00:00"))
    assert window.day.isoformat() == "2026-03-06"


def test_a_night_that_starts_on_a_holiday_is_closed_until_its_end() -> None:
    nights = calendar(every_day("22:00-06:00"), closed=["2026-03-10"])
    assert nights.is_open(local("2026-03-10 05:59"))
    assert nights.deadline(local("2026-03-10 06:00"), HOUR) == local("2026-03-11 23:00")


def test_a_night_that_ends_on_a_holiday_is_worked_until_its_end() -> None:
    nights = calendar({"monday": ["22:00-06:00"]}, closed=["2026-03-10"])
    assert nights.deadline(local("2026-03-09 22:00"), 8 * HOUR) == local("2026-03-10 06:00")


def test_twenty_four_hundred_is_midnight() -> None:
    evenings = calendar(every_day("20:00-24:00"))
    assert evenings.deadline(local("2026-03-09 23:00"), HOUR) == local("2026-03-10 00:00")
    assert not evenings.is_open(local("2026-03-10 00:00"))


def test_whole_days_follow_one_another_without_a_seam() -> None:
    weekdays = calendar({day: ["00:00-24:00"] for day in ("monday", "tuesday", "wednesday")})
    assert weekdays.deadline(local("2026-03-09 23:00"), 2 * HOUR) == local("2026-03-10 01:00")


def test_a_missing_weekday_is_closed() -> None:
    assert not calendar().is_open(local("2026-03-07 12:00"))
    assert calendar({"wednesday": ["09:00-17:00"]}).deadline(
        local("2026-03-11 16:30"), HOUR
    ) == local("2026-03-18 09:30")


def test_around_the_clock_is_the_wall_clock() -> None:
    always = calendar({"always": True})
    night = utc("2026-11-01T05:00")
    assert always.deadline(night, 30 * MINUTE) == utc("2026-11-01T05:30")
    assert always.before(night, 30 * MINUTE) == utc("2026-11-01T04:30")
    assert always.elapsed(night, night + timedelta(days=800)) == timedelta(days=800)


def test_around_the_clock_still_has_holidays() -> None:
    always = calendar({"always": True}, closed=["2026-03-10"])
    assert always.deadline(local("2026-03-09 23:30"), HOUR) == local("2026-03-11 00:30")


def test_a_holiday_by_country_is_closed() -> None:
    independence_eve = local("2025-07-03 16:30")
    assert calendar(country="US").deadline(independence_eve, HOUR) == local("2025-07-07 09:30")


def test_a_holiday_by_date_is_closed() -> None:
    thursday = local("2026-03-05 16:30")
    assert calendar(closed=["2026-03-06"]).deadline(thursday, HOUR) == local("2026-03-09 09:30")


def test_an_open_date_wins_over_a_holiday_by_country_and_by_date() -> None:
    worked = calendar(country="US", closed=["2026-03-06"], opened=["2026-03-06", "2025-07-04"])
    assert worked.deadline(local("2025-07-03 16:30"), HOUR) == local("2025-07-04 09:30")
    assert worked.deadline(local("2026-03-05 16:30"), HOUR) == local("2026-03-06 09:30")


def test_an_open_date_keeps_its_own_weekdays_hours() -> None:
    hours = {"monday": ["09:00-17:00"], "friday": ["07:00-08:00"]}
    worked = calendar(hours, closed=["2026-03-06"], opened=["2026-03-06"])
    assert worked.deadline(local("2026-03-06 00:00"), HOUR) == local("2026-03-06 08:00")


def test_an_open_date_on_a_weekday_without_hours_has_those_of_the_first_weekday_with_some() -> None:
    hours = {"monday": [], "wednesday": ["10:00-12:00"], "friday": ["07:00-08:00"]}
    worked = calendar(hours, opened=["2026-03-07"])
    assert worked.elapsed(local("2026-03-07 00:00"), local("2026-03-08 00:00")) == 2 * HOUR
    assert worked.is_open(local("2026-03-07 10:00"))


def test_a_night_and_an_open_date_that_it_runs_into_count_their_shared_time_once() -> None:
    hours = {"monday": ["05:00-09:00"], "friday": ["22:00-06:00"]}
    worked = calendar(hours, opened=["2026-03-07"])
    assert worked.elapsed(local("2026-03-06 12:00"), local("2026-03-07 12:00")) == 11 * HOUR


def test_other_ticket_systems_published_the_same_deadlines() -> None:
    # Targets that two of them computed for real tickets; their offices keep the fourth of July.
    office, long_days = calendar(), calendar({day: ["08:00-17:00"] for day in WORKWEEK})
    assert office.deadline(utc("2022-07-02T04:20:41"), 4 * HOUR) == utc("2022-07-04T17:00")
    occurred = utc("2022-09-30T08:23:56.421438")
    assert long_days.deadline(occurred, 8 * HOUR) == utc("2022-09-30T20:00")
    assert long_days.deadline(occurred, 40 * HOUR) == utc("2022-10-06T16:00")


WORKWEEK = ("monday", "tuesday", "wednesday", "thursday", "friday")


def test_a_duration_that_runs_backwards_is_refused() -> None:
    with pytest.raises(ValueError, match="runs backwards"):
        calendar().deadline(utc("2026-03-09T12:00"), -TICK)
    with pytest.raises(ValueError, match="runs backwards"):
        calendar({"always": True}).before(utc("2026-03-09T12:00"), -TICK)


@pytest.mark.parametrize("hours", [every_day("09:00-17:00"), {"always": True}])
def test_a_time_without_a_zone_is_refused_wherever_one_is_taken(hours: dict[str, object]) -> None:
    aware = utc("2026-03-09T12:00")
    naive, any_time = aware.replace(tzinfo=None), calendar(hours)
    asked = (
        lambda: any_time.deadline(naive, HOUR),
        lambda: any_time.before(naive, HOUR),
        lambda: any_time.elapsed(naive, aware),
        lambda: any_time.elapsed(aware, naive),
        lambda: any_time.is_open(naive),
        lambda: list(any_time.windows(naive, naive)),
        lambda: list(any_time.closed_days(naive, naive)),
    )
    for ask in asked:
        with pytest.raises(TypeError, match="offset-naive"):
            ask()
