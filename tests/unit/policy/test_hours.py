"""Weekly hours as they are written, and what is said of those that cannot be used."""

import pytest

from tests.support.calendars import every_day
from worker.policy import hours
from worker.policy.hours import BadHours, Shift, WeeklyHours

WINDOW_HINT = 'a window is "HH:MM-HH:MM" from 00:00 to 24:00, such as "09:00-17:30"'


@pytest.mark.parametrize(
    ("text", "opens", "closes"),
    [
        ("09:00-12:30", 540, 750),
        ("00:00-24:00", 0, 1440),
        ("22:00-06:00", 1320, 1800),
        ("22:00-24:00", 1320, 1440),
        ("22:00-00:00", 1320, 1440),
        ("23:59-23:58", 1439, 2878),
        ("00:00-00:01", 0, 1),
    ],
)
def test_a_window_is_read_in_minutes_of_its_day(text: str, opens: int, closes: int) -> None:
    assert Shift.parse(text) == Shift(opens, closes)


@pytest.mark.parametrize(
    "text", ["09:00-12:30", "00:00-24:00", "22:00-06:00", "22:00-24:00", "23:59-23:58"]
)
def test_a_window_is_written_as_it_was_read(text: str) -> None:
    assert str(Shift.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "9:00-17:00",
        "09:00",
        "09:00 - 17:00",
        "09:00-17:00\n",
        "09.00-17.00",
        "09:00-17:00:00",
        "٠٩:٠٠-١٧:٠٠",
        "",
        None,
        540,
        ["09:00-17:00"],
    ],
)
def test_what_is_no_window_is_refused_with_what_one_looks_like(text: object) -> None:
    with pytest.raises(ValueError, match="is not a window") as refused:
        Shift.parse(text)
    assert str(refused.value) == f"{text!r} is not a window; {WINDOW_HINT}"


@pytest.mark.parametrize(
    "text", ["25:00-26:00", "09:60-17:00", "09:00-17:60", "09:00-24:01", "24:00-06:00"]
)
def test_a_time_that_does_not_exist_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="names a time that does not exist") as refused:
        Shift.parse(text)
    assert WINDOW_HINT in str(refused.value)


def test_an_empty_window_is_refused_and_a_whole_day_named() -> None:
    with pytest.raises(ValueError, match='is empty; a whole day is "00:00-24:00"'):
        Shift.parse("09:00-09:00")


def test_windows_stand_in_order_of_opening_however_they_were_written() -> None:
    week = WeeklyHours.parse({"monday": ["13:15-17:45", "09:00-12:30"]})
    assert [str(shift) for shift in week.on(0)] == ["09:00-12:30", "13:15-17:45"]


def test_a_missing_weekday_and_an_empty_one_have_no_windows() -> None:
    week = WeeklyHours.parse({"monday": ["09:00-17:00"], "tuesday": [], "wednesday": None})
    assert [bool(week.on(weekday)) for weekday in range(7)] == [True, *[False] * 6]
    assert not week.never
    assert WeeklyHours.parse({}).never


def test_always_is_every_whole_day() -> None:
    week = WeeklyHours.parse({"always": True})
    assert week.always
    assert all(str(shift) == "00:00-24:00" for day in week.shifts for shift in day)


def test_always_false_says_nothing() -> None:
    week = WeeklyHours.parse({"always": False, "friday": ["09:00-17:00"]})
    assert not week.always
    assert [str(shift) for shift in week.on(4)] == ["09:00-17:00"]


def test_a_day_opened_has_its_own_hours_else_those_of_the_first_weekday_with_some() -> None:
    week = WeeklyHours.parse({"friday": ["07:00-08:00"], "wednesday": ["10:00-12:00"]})
    assert [str(shift) for shift in week.when_opened(4)] == ["07:00-08:00"]
    assert [str(shift) for shift in week.when_opened(5)] == ["10:00-12:00"]


@pytest.mark.parametrize(
    ("windows", "position"),
    [
        ({"monday": ["09:00-13:00", "12:59-17:00"]}, ("monday", 1)),
        ({"monday": ["12:59-17:00", "09:00-13:00"]}, ("monday", 0)),
        ({"monday": ["09:00-17:00", "09:00-17:00"]}, ("monday", 1)),
        ({"monday": ["22:00-06:00"], "tuesday": ["05:00-09:00"]}, ("tuesday", 0)),
        ({"sunday": ["22:00-06:00"], "monday": ["05:00-09:00"]}, ("monday", 0)),
        ({"monday": ["22:00-06:00"], "tuesday": ["00:00-24:00"]}, ("tuesday", 0)),
    ],
    ids=["one day", "any order", "twice", "into the next day", "into the next week", "a whole day"],
)
def test_overlapping_windows_are_refused(
    windows: dict[str, list[str]], position: tuple[str, int]
) -> None:
    with pytest.raises(BadHours, match="windows may touch but not overlap") as refused:
        WeeklyHours.parse(windows)
    assert refused.value.place == position


def test_the_refusal_of_an_overlap_names_both_windows() -> None:
    with pytest.raises(BadHours) as refused:
        WeeklyHours.parse({"sunday": ["22:00-06:00"], "monday": ["05:00-09:00"]})
    assert str(refused.value) == (
        "monday.0: 05:00-09:00 on monday overlaps 22:00-06:00 on sunday; "
        "windows may touch but not overlap"
    )


@pytest.mark.parametrize(
    "windows",
    [
        every_day("00:00-24:00"),
        every_day("22:00-06:00", "06:00-14:00", "14:00-22:00"),
        {"sunday": ["22:00-06:00"], "monday": ["06:00-09:00"]},
        {"sunday": ["22:00-06:00"]},
        {"tuesday": ["22:00-21:59"]},
    ],
)
def test_windows_may_touch(windows: dict[str, list[str]]) -> None:
    assert list(hours.problems(windows)) == []


def test_a_mistyped_weekday_is_refused_with_the_one_that_was_meant() -> None:
    with pytest.raises(BadHours) as refused:
        WeeklyHours.parse({"wendesday": ["09:00-17:00"]})
    assert refused.value.place == ("wendesday",)
    assert refused.value.message == (
        "'wendesday' is not a weekday; did you mean 'wednesday'? "
        "allowed: the weekdays monday to sunday, and always"
    )


def test_weekdays_are_written_small() -> None:
    with pytest.raises(BadHours, match="did you mean 'monday'"):
        WeeklyHours.parse({"Monday": ["09:00-17:00"]})


@pytest.mark.parametrize("windows", ["09:00-17:00", {"from": "09:00"}, 9, True])
def test_a_day_that_is_no_list_of_windows_is_refused(windows: object) -> None:
    with pytest.raises(BadHours, match="is not a list of windows, such as") as refused:
        WeeklyHours.parse({"friday": windows})
    assert refused.value.place == ("friday",)


@pytest.mark.parametrize("word", ["yes", 1, None])
def test_always_is_true_or_false(word: object) -> None:
    with pytest.raises(BadHours, match="is not true or false") as refused:
        WeeklyHours.parse({"always": word})
    assert refused.value.place == ("always",)


def test_always_beside_weekdays_is_refused() -> None:
    with pytest.raises(BadHours, match="leave out the weekdays beside it"):
        WeeklyHours.parse({"always": True, "monday": ["09:00-17:00"]})


def test_every_problem_is_found_at_once_with_its_place() -> None:
    found = hours.problems(
        {
            "mondya": ["09:00-17:00"],
            "tuesday": ["09:00-17:00", "17:00-17:00"],
            "friday": "09:00-17:00",
            "saturday": ["25:00-26:00"],
        }
    )
    assert [problem.place for problem in found] == [
        ("mondya",),
        ("tuesday", 1),
        ("friday",),
        ("saturday", 0),
    ]


def test_every_overlap_is_found() -> None:
    found = hours.problems({"monday": ["09:00-12:00", "11:00-13:00", "12:30-14:00"]})
    assert [problem.place for problem in found] == [("monday", 1), ("monday", 2)]
