"""The order in which events are replayed, and how much of them is kept on disk for it."""

import io
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from schemas.decoding import Rejected
from tests.support.examples import created, event, json_lines
from worker.replay import scratch
from worker.replay.lines import Lines
from worker.replay.order import Arrangement, InputChanged

#: Two characters that UTF-16 would put the other way round.
HIGH, LESS_HIGH = "\U0001f41d", "\uffee"


@pytest.fixture
def disk() -> Iterator[sqlite3.Connection]:
    with scratch.opened() as opened:
        yield opened


def none_rejected(number: int, rejected: Rejected) -> None:
    pytest.fail(f"line {number}: {rejected}")


def arranged(
    disk: sqlite3.Connection, events: Iterable[Mapping[str, Any]], held: int = 1_000
) -> Arrangement:
    return Arrangement(Lines(io.BytesIO(json_lines(events))), disk, none_rejected, held=held)


def numbers(arrangement: Arrangement) -> list[list[int]]:
    """The numbers of the lines, those of one ticket and instant together."""
    return [[incoming.number for incoming in group] for group in arrangement.groups()]


def kept(disk: sqlite3.Connection) -> int:
    count: int = disk.execute("SELECT count(*) FROM line").fetchone()[0]
    return count


def at(*times: str) -> Sequence[Mapping[str, Any]]:
    """A ticket each, at these times of a day."""
    return [created(f"2026-03-09T{t}:00Z", f"T-{n}") for n, t in enumerate(times)]


def test_events_in_order_are_streamed(disk: sqlite3.Connection) -> None:
    arrangement = arranged(disk, at("09:00", "09:00", "09:01", "10:00"))
    assert kept(disk) == 0
    assert numbers(arrangement) == [[1], [2], [3], [4]]


def test_from_the_first_disorder_on_the_rest_is_sorted_on_disk(disk: sqlite3.Connection) -> None:
    arrangement = arranged(disk, at("09:00", "11:00", "12:00", "10:00", "13:00", "08:00"))
    assert kept(disk) == 3
    assert numbers(arrangement) == [[6], [1], [4], [2], [3], [5]]


def test_times_are_compared_as_instants_and_not_as_text(disk: sqlite3.Connection) -> None:
    times = ["2026-03-09T10:00:00+02:00", "2026-03-09T08:00:00.5Z", "2026-03-09T04:00:01-05:00"]
    assert numbers(arranged(disk, [created(t, f"T-{n}") for n, t in enumerate(times)])) == [
        [1],
        [2],
        [3],
    ]
    assert kept(disk) == 0


def test_at_one_instant_tickets_come_by_source_and_id(disk: sqlite3.Connection) -> None:
    time = "2026-03-09T10:00:00Z"
    tickets = ["/b 1", "/a é", "/a z", f"/a {HIGH}", f"/a {LESS_HIGH}", "/b 0"]
    events = [
        event("ticket.closed", time, ticket, source=source)
        for source, ticket in (name.split() for name in tickets)
    ]
    assert numbers(arranged(disk, events)) == [[3], [2], [5], [4], [6], [1]]


def test_what_is_held_in_memory_and_what_on_disk_come_in_one_order() -> None:
    tickets = ["b", "a", "c", "b", HIGH, LESS_HIGH, "a", "b"]
    events = [
        *(event("ticket.closed", "2026-03-09T10:00:00Z", ticket) for ticket in tickets),
        *at("11:00", "09:00"),
    ]
    orders = []
    for held in (1, 2, 4, 100):
        with scratch.opened() as disk:
            orders.append(numbers(arranged(disk, events, held)))
            assert kept(disk) == len(events) - min(held, 9)
    assert orders == [[[10], [2, 7], [1, 4, 8], [3], [6], [5], [9]]] * 4


def test_bad_lines_are_told_once_in_their_order_and_break_no_order(
    disk: sqlite3.Connection,
) -> None:
    good = json_lines(at("10:00", "11:00", "09:00")).splitlines()
    old = json_lines([event("ticket.lost", "2026-01-01T00:00:00Z")]).strip()
    told: list[tuple[int, str]] = []
    text = b"\n".join([b"1", good[0], old, good[1], b"2", good[2], b"3"])
    arrangement = Arrangement(
        Lines(io.BytesIO(text)), disk, lambda number, why: told.append((number, why.reason))
    )
    assert kept(disk) == 1
    assert numbers(arrangement) == [[6], [2], [4]]
    assert told == [
        (1, "not_cloudevents"),
        (3, "unknown_type"),
        (5, "not_cloudevents"),
        (7, "not_cloudevents"),
    ]


@pytest.mark.parametrize("times", [("09:00", "10:00", "11:00"), ("10:00", "09:00", "08:00")])
@pytest.mark.parametrize("changed", [b"T\n2", b"T-9"])
def test_input_that_changes_between_its_readings_is_refused(
    disk: sqlite3.Connection, tmp_path: Path, times: Sequence[str], changed: bytes
) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(json_lines(at(*times)))
    with path.open("rb") as file:
        arrangement = Arrangement(Lines(file), disk, none_rejected)
        path.write_bytes(path.read_bytes().replace(b"T-2", changed))
        with pytest.raises(InputChanged):
            numbers(arrangement)


def test_what_is_no_good_event_is_told_once_when_its_turn_comes(disk: sqlite3.Connection) -> None:
    late, later, early, good = (
        created(f"2026-03-09T{time}:00Z", ticket)
        for time, ticket in (("10:00", "T-1"), ("11:00", "T-1"), ("09:00", "T-2"), ("12:00", "T-1"))
    )
    for document in (late, early):
        document["data"]["summary"] = None
    later["data"]["notified_at"] = good["time"]
    unplaced = {**created("2026-03-09T08:00:00Z"), "id": 1}
    told: list[tuple[int, str]] = []
    arrangement = Arrangement(
        Lines(io.BytesIO(json_lines([late, later, early, unplaced, good]))),
        disk,
        lambda number, why: told.append((number, why.reason)),
    )
    assert told == [(4, "invalid_event")]
    assert numbers(arrangement) == [[5]]
    assert sorted(told) == [
        (1, "invalid_event"),
        (2, "time_in_future"),
        (3, "invalid_event"),
        (4, "invalid_event"),
    ]
    assert not arrangement.coming.count(("/psa", "T-1"))


@pytest.mark.parametrize("field", ['"k":1,"k":2', '"k":NaN', '"k":-Infinity', '"k":Infinity'])
@pytest.mark.parametrize("held", [1, 1_000], ids=["sorted on disk", "streamed"])
def test_json_that_only_some_readers_take_is_refused_wherever_it_stands(
    disk: sqlite3.Connection, field: str, held: int
) -> None:
    good = json_lines(at("10:00", "11:00"))
    bad = good.splitlines()[0].replace(b'"data":{', b'"data":{%b,' % field.encode())
    told: list[int] = []
    lines = Lines(io.BytesIO(bad + b"\n" + good + bad))
    arrangement = Arrangement(lines, disk, lambda number, _: told.append(number), held=held)
    assert [len(group) for group in arrangement.groups()] == [1, 1]
    assert told == [1, 4]


def test_a_ticket_s_events_are_over_when_the_next_are_asked_for(disk: sqlite3.Connection) -> None:
    events = [*at("09:00", "10:00"), event("ticket.closed", "2026-03-09T09:00:00Z", "T-0")]
    arrangement = arranged(disk, events)
    coming = [
        [arrangement.coming.count(("/psa", ticket)) for ticket in ("T-0", "T-1")]
        for _ in arrangement.groups()
    ]
    assert coming == [[2, 1], [0, 1]]
