"""The one clock of all workers on a database server."""

from datetime import UTC, datetime, timedelta, timezone

from worker.store.server_clock import ServerClock

NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)


def test_the_server_s_clock_goes_on_with_the_monotonic_one() -> None:
    monotonic = iter([100.0, 107.5, 160.0])
    clock = ServerClock(lambda: next(monotonic))
    clock.set(NOON)
    assert clock.now() == NOON + timedelta(seconds=7.5)
    assert clock.now() == NOON + timedelta(minutes=1)


def test_it_is_set_anew_each_time_forward_and_back() -> None:
    clock = ServerClock(lambda: 5.0)
    for instant in (NOON, NOON + timedelta(hours=2), NOON - timedelta(hours=2)):
        clock.set(instant)
        assert clock.now() == instant


def test_whatever_the_server_s_zone_the_time_is_in_utc() -> None:
    clock = ServerClock(lambda: 0.0)
    clock.set(NOON.astimezone(timezone(timedelta(hours=-5))))
    assert clock.now().tzinfo is UTC


def test_until_the_server_was_heard_this_machine_s_clock_has_to_do() -> None:
    before = datetime.now(UTC)
    assert before <= ServerClock().now() <= datetime.now(UTC)
