"""All rows, in the order in which they are told."""

from collections.abc import Sequence

from tests.faults import (
    broker_faults,
    crashes,
    message_faults,
    network_faults,
    store_faults,
    time_faults,
)
from tests.faults.row import Row

ROWS: Sequence[Row] = (
    *(crashes.crash(f"C{number}") for number in range(1, 10)),
    crashes.kills(),
    crashes.drained,
    broker_faults.stopped,
    broker_faults.stopped_for_long,
    broker_faults.killed,
    broker_faults.cut_off,
    broker_faults.cut_off_again_and_again,
    broker_faults.queue_deleted,
    broker_faults.consumers_forgotten,
    store_faults.consumer_timeout,
    broker_faults.memory_alarm,
    broker_faults.memory_alarm_with_large_letters,
    broker_faults.disk_alarm,
    network_faults.swallowed,
    network_faults.slow,
    network_faults.reset,
    network_faults.half_closed,
    network_faults.mute,
    broker_faults.exchange_deleted,
    broker_faults.nowhere_to_go,
    broker_faults.permission_revoked,
    broker_faults.password_changed,
    store_faults.locked,
    store_faults.disk_full,
    store_faults.disk_failing,
    store_faults.server_restarted,
    store_faults.sessions_ended,
    store_faults.crossed,
    store_faults.sessions_frozen,
    time_faults.clock_jumps,
    time_faults.frozen,
    time_faults.second_worker,
    message_faults.malformed_messages,
    message_faults.oversized_messages,
    message_faults.repeated,
    crashes.poisoned,
    broker_faults.dead_letter_exchange_deleted,
    time_faults.backlog(),
)


#: A stream lasts for so many: in the five minutes after it was made nothing else falls due.
_KILLS_AT_ONCE = 20


def kills(times: int) -> Sequence[Row]:
    """So many kills at random moments."""
    whole, rest = divmod(times, _KILLS_AT_ONCE)
    return [crashes.kills(count) for count in [_KILLS_AT_ONCE] * whole + [rest] * bool(rest)]


def named(names: Sequence[str]) -> Sequence[Row]:
    """Those with these names, or whose names begin so; all if none is given."""
    return [row for row in ROWS if not names or any(_is(row, name) for name in names)]


def _is(row: Row, name: str) -> bool:
    return row.name == name or row.name.startswith(f"{name} ")
