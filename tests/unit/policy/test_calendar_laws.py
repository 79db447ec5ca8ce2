"""What holds for every calendar, every instant and every duration."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.calendars import weekly_hours
from worker.policy.calendar import Calendar
from worker.policy.holidays import Holidays
from worker.policy.hours import WEEKDAYS, WeeklyHours

ZONES = (
    "America/New_York",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Antarctica/Troll",
    "Asia/Beirut",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Europe/London",
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "UTC",
)
COUNTRIES = (None, "US", "GB", "DE", "IN", "BR", "WS")
TICK = timedelta(microseconds=1)

instants = st.datetimes(
    min_value=datetime(2006, 1, 1),  # noqa: DTZ001 - the zone is added by the next argument
    max_value=datetime(2030, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
durations = st.timedeltas(min_value=timedelta(), max_value=timedelta(hours=12))
some_dates = st.frozensets(st.dates(date(2006, 1, 1), date(2030, 1, 1)), max_size=12)


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    hours = draw(st.one_of(weekly_hours(minutes_apart=1), st.just({"always": True})))
    return Calendar(
        name="any",
        timezone=draw(st.sampled_from(ZONES)),
        hours=WeeklyHours.parse(hours),
        holidays=Holidays(
            country=draw(st.sampled_from(COUNTRIES)),
            dates=draw(some_dates),
            open=draw(some_dates),
        ),
    )


laws = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@laws
@given(calendars(), instants, durations)
def test_exactly_the_duration_elapses_until_its_deadline(
    calendar: Calendar, start: datetime, duration: timedelta
) -> None:
    assert calendar.elapsed(start, calendar.deadline(start, duration)) == duration


@laws
@given(calendars(), instants, durations)
def test_exactly_the_duration_elapses_since_the_instant_it_began_before(
    calendar: Calendar, end: datetime, duration: timedelta
) -> None:
    assert calendar.elapsed(calendar.before(end, duration), end) == duration


@laws
@given(calendars(), instants, durations.filter(bool))
def test_no_earlier_instant_reaches_the_duration_and_no_later_one_leaves_it(
    calendar: Calendar, instant: datetime, duration: timedelta
) -> None:
    due, began = calendar.deadline(instant, duration), calendar.before(instant, duration)
    assert calendar.elapsed(instant, due - TICK) == duration - TICK
    assert calendar.elapsed(began + TICK, instant) == duration - TICK
    assert calendar.is_open(due - TICK)
    assert calendar.is_open(began)


@laws
@given(calendars(), instants, durations, durations)
def test_a_duration_in_two_parts_is_due_when_the_whole_is(
    calendar: Calendar, start: datetime, first: timedelta, second: timedelta
) -> None:
    whole = calendar.deadline(start, first + second)
    if second:
        assert calendar.deadline(calendar.deadline(start, first), second) == whole
    assert calendar.before(calendar.before(whole, second), first) >= start


@laws
@given(calendars(), st.tuples(instants, instants, instants).map(sorted))
def test_working_time_adds_up(calendar: Calendar, three: list[datetime]) -> None:
    early, middle, late = three
    parts = calendar.elapsed(early, middle) + calendar.elapsed(middle, late)
    assert calendar.elapsed(early, late) == parts
    assert timedelta() <= parts <= late - early


@laws
@given(calendars(), instants, st.timedeltas(timedelta(), timedelta(days=40)))
def test_the_windows_are_the_working_time(
    calendar: Calendar, start: datetime, span: timedelta
) -> None:
    end = start + span
    windows = list(calendar.windows(start, end))
    inside = [start, *(edge for window in windows for edge in (window.opens, window.closes)), end]
    assert inside == sorted(inside)
    for window in windows:
        assert window.opens < window.closes
        assert calendar.is_open(window.opens)
        assert calendar.is_open(window.closes - TICK)
    total = sum((window.closes - window.opens for window in windows), timedelta())
    assert total == calendar.elapsed(start, end)


@laws
@given(calendars(), instants, st.timedeltas(timedelta(), timedelta(days=40)))
def test_no_window_starts_on_a_day_that_is_told_to_be_closed(
    calendar: Calendar, start: datetime, span: timedelta
) -> None:
    closed = {day.day for day in calendar.closed_days(start, start + span)}
    assert closed.isdisjoint(window.day for window in calendar.windows(start, start + span))


@laws
@given(st.sampled_from(ZONES), instants, instants)
def test_whole_days_every_day_are_the_wall_clock_in_every_zone(
    zone: str, start: datetime, end: datetime
) -> None:
    whole_days = {weekday: ["00:00-24:00"] for weekday in WEEKDAYS}
    calendar = Calendar(
        name="whole", timezone=zone, hours=WeeklyHours.parse(whole_days), holidays=Holidays()
    )
    assert calendar.elapsed(start, end) == max(timedelta(), end - start)
