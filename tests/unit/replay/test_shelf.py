"""Where tickets are kept, in memory and on disk."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

import pytest

from schemas import decoding
from schemas.outbound import Outbound
from tests.support.examples import body, created, critical, event
from worker.policy import loading
from worker.replay import scratch
from worker.replay.shelf import Shelf
from worker.replay.sketch import Sketch
from worker.replay.timeline import Timeline
from worker.ticket.history import Entry
from worker.ticket.ids import TicketKey

POLICY = loading.parse(loading.default_text(), "built in")


@pytest.fixture
def disk() -> Iterator[sqlite3.Connection]:
    with scratch.opened() as opened:
        yield opened


def entries(tickets: int) -> Iterator[Entry]:
    """Events by turns about so many tickets, so that each is wanted again and again."""
    for minute in range(6):
        for number in range(tickets):
            time, ticket = f"2026-03-09T10:{10 * minute:02}:{number:02}Z", f"T-{number}"
            happening = [
                critical(time, ticket, client="é"),
                event("ticket.paused", time, ticket),
                event("ticket.resumed", time, ticket),
                event("ticket.escalated", time, ticket, reason="a\nb"),
                event("ticket.responded", time, ticket),
                event("ticket.closed", time, ticket),
            ][(minute + number % 2) % 6]
            yield Entry(decoding.decode(body(happening)), body(happening))


def key(entry: Entry) -> TicketKey:
    return entry.event.source, entry.event.data.ticket_id


def expected(tickets: Iterable[TicketKey]) -> Sketch:
    """One event to come for each."""
    coming = Sketch()
    for ticket in tickets:
        coming.add(ticket)
    return coming


def told(disk: sqlite3.Connection, room: int, events: Sequence[Entry]) -> list[Outbound]:
    coming = expected(map(key, events))
    timeline = Timeline(POLICY, "/respondby", Shelf(disk, coming, room))
    published: list[Outbound] = []
    for entry in events:
        published += timeline.before(entry.event.time)
        published += timeline.happen(key(entry), entry)
        coming.take(key(entry))
        end = entry.event.time + timedelta(days=1)
    return [*published, *timeline.through(end)]


def stored(disk: sqlite3.Connection) -> int:
    count: int = disk.execute("SELECT count(*) FROM ticket").fetchone()[0]
    return count


def test_a_ticket_that_was_put_away_goes_on_as_if_it_had_not_been() -> None:
    outcomes = []
    for room in (0, 20_000, 10**9):
        with scratch.opened() as disk:
            outcomes.append(told(disk, room, [*entries(7)]))
            assert (stored(disk) > 0) is (room < 10**9)
    assert len(outcomes[0]) > 7 * 4
    assert outcomes[0] == outcomes[1] == outcomes[2]


def test_what_has_not_been_used_for_longest_is_put_away_first(disk: sqlite3.Connection) -> None:
    names = "a", "b", "c", "a", "d"
    shelf = Shelf(disk, expected(("/psa", name) for name in names), room=3 * 4_000)
    for name in names:
        shelf.ticket(("/psa", name))
    assert disk.execute("SELECT ticket_id FROM ticket").fetchall() == [("b",)]


def test_a_ticket_that_nothing_can_happen_to_any_more_is_forgotten(
    disk: sqlite3.Connection,
) -> None:
    times = {f"T-{number}": f"2026-03-09T10:0{number}:00Z" for number in range(3)}
    documents = [
        *(critical(time, ticket) for ticket, time in times.items()),
        *(event("ticket.responded", "2026-03-09T10:10:00Z", f"T-{number}") for number in range(2)),
    ]
    known = [Entry(decoding.decode(body(each)), body(each)) for each in documents]
    told(disk, 0, known)
    assert not disk.execute("SELECT 1 FROM ticket WHERE phase = 'answered'").fetchall()
    # A deadline of its own may still pass.
    assert disk.execute("SELECT 1 FROM ticket WHERE ticket_id = 'T-2'").fetchall()


def test_long_texts_make_tickets_heavy(disk: sqlite3.Connection) -> None:
    tickets = [("/psa", f"T-{number}") for number in range(5)]
    shelf = Shelf(disk, expected(tickets), room=100_000)
    for ticket in tickets:
        written = body(created("2026-03-09T10:00:00Z", summary="x" * 40_000))
        shelf.add(shelf.ticket(ticket), Entry(decoding.decode(written), written))
    assert stored(disk) == 4


def test_the_ticket_in_work_stays_however_heavy_it_grows(disk: sqlite3.Connection) -> None:
    shelf = Shelf(disk, expected([("/psa", "T-1")]), room=0)
    ticket = shelf.ticket(("/psa", "T-1"))
    for entry in entries(1):
        shelf.add(ticket, entry)
        assert shelf.ticket(("/psa", "T-1")) is ticket
    assert stored(disk) == 0
