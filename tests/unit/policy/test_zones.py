"""Zones by their IANA names, and which instants a wall-clock time is."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.support.brute_force import ask_the_clocks
from worker.policy import zones

NEW_YORK = ZoneInfo("America/New_York")
ALLOWED = "allowed: IANA names such as Europe/Berlin or UTC"


def utc(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%m-%d %H:%M:%S}"


@pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "Etc/GMT+5", "US/Eastern"])
def test_an_iana_name_is_a_zone(name: str) -> None:
    zone = zones.find(name)
    assert zone is not None
    assert zone.key == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "America",
        "Berlin",
        "europe/berlin",
        "Europe/Berlin/",
        "Europe/Berlin\0",
        "Eastern Standard Time",
        "+01:00",
        "/etc/localtime",
        "../zoneinfo/UTC",
        "zone.tab",
        "__init__.py",
        "Ünterland/x",
        "x" * 5000,
    ],
)
def test_whatever_else_is_none(name: str) -> None:
    assert zones.find(name) is None


@pytest.mark.parametrize("name", ["localtime", "posixrules", "posix/UTC", "right/UTC"])
def test_a_name_that_means_something_else_elsewhere_is_none(name: str) -> None:
    assert zones.find(name) is None


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("Europe/Berlim", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        ("Berlin", "Europe/Berlin"),
        ("New York", "America/New_York"),
        ("Asia/kolkata", "Asia/Kolkata"),
        ("utc", "UTC"),
    ],
)
def test_the_zone_that_was_meant_is_named_and_what_is_allowed(name: str, meant: str) -> None:
    assert zones.hint(name) == f"did you mean {meant!r}? {ALLOWED}"


def test_a_name_like_none_is_told_what_is_allowed() -> None:
    assert zones.hint("Eastern Standard Time") == ALLOWED


@pytest.mark.parametrize("name", ["GMT+2", "UTC-05:00", "+01:00"])
def test_an_offset_is_told_that_it_is_none(name: str) -> None:
    assert zones.hint(name) == f"an offset knows no summer time; {ALLOWED}"


def test_a_time_that_comes_once_is_one_instant() -> None:
    assert zones.instants(NEW_YORK, date(1970, 1, 1), 0) == (5 * 3600, 5 * 3600)


def test_a_time_that_comes_twice_is_its_two_instants_in_order() -> None:
    early, late = zones.instants(NEW_YORK, date(2026, 11, 1), 90)
    assert (utc(early), utc(late)) == ("11-01 05:30:00", "11-01 06:30:00")


@pytest.mark.parametrize("minute", [120, 121, 150, 179, 180])
def test_a_time_that_the_clocks_skip_is_the_first_instant_after_the_gap(minute: int) -> None:
    early, late = zones.instants(NEW_YORK, date(2026, 3, 8), minute)
    assert (utc(early), utc(late)) == ("03-08 07:00:00", "03-08 07:00:00")


def test_minutes_past_the_day_are_the_next_days_wall_clock() -> None:
    # 30:00 is 06:00 on the next day, after a night of 23 hours.
    assert zones.instants(NEW_YORK, date(2026, 3, 7), 30 * 60) == zones.instants(
        NEW_YORK, date(2026, 3, 8), 6 * 60
    )


def test_any_time_of_a_day_that_a_country_skipped_is_the_next_days_midnight() -> None:
    samoa = ZoneInfo("Pacific/Apia")
    for minute in (0, 540, 1439):
        early, late = zones.instants(samoa, date(2011, 12, 30), minute)
        assert (utc(early), utc(late)) == ("12-30 10:00:00", "12-30 10:00:00")


@pytest.mark.parametrize("day", [date(1937, 7, 1), date(1890, 1, 1), date(2, 1, 1)])
def test_offsets_with_seconds_are_exact(day: date) -> None:
    liberia = ZoneInfo("Africa/Monrovia")
    early, late = zones.instants(liberia, day, 720)
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=liberia)
    assert early == late == noon.timestamp()


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("Africa/Casablanca", date(2026, 2, 15)),
        ("America/Godthab", date(2026, 3, 29)),
        ("America/Sao_Paulo", date(2018, 11, 4)),
        ("America/St_Johns", date(2006, 10, 29)),
        ("Antarctica/Troll", date(2026, 10, 25)),
        ("Asia/Beirut", date(2026, 10, 25)),
        ("Asia/Pyongyang", date(2018, 5, 5)),
        ("Australia/Lord_Howe", date(2026, 4, 5)),
        ("Australia/Lord_Howe", date(2026, 10, 4)),
        ("Europe/Dublin", date(2026, 3, 29)),
        ("Pacific/Kiritimati", date(1994, 12, 31)),
        ("Pacific/Kwajalein", date(1993, 8, 21)),
    ],
)
def test_every_minute_around_a_change_of_the_clocks_is_what_the_clocks_show(
    name: str, day: date
) -> None:
    began = datetime.fromordinal(day.toordinal() - 3).replace(tzinfo=UTC)
    shown = ask_the_clocks(name, began, 7 * 1440)
    zone = ZoneInfo(name)
    for minute in range(-60, 1500):
        of_day = divmod(minute, 1440)
        local_day = date.fromordinal(day.toordinal() + of_day[0])
        wall = datetime(  # noqa: DTZ001 - a wall clock has no zone
            local_day.year, local_day.month, local_day.day, *divmod(of_day[1], 60)
        )
        later = wall
        while later not in shown:
            later += timedelta(minutes=1)
        first, last = shown[later] if later == wall else (shown[later][0],) * 2
        early, late = zones.instants(zone, local_day, of_day[1])
        assert early == began.timestamp() + first * 60, wall
        assert late == began.timestamp() + last * 60, wall
