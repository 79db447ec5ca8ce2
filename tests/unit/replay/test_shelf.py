"""Where tickets are kept, in memory and on disk."""

import sqlite3
from collections.abc import Iterator
from datetime import timedelta

import pytest

from schemas import decoding
from schemas.outbound import Outbound
from tests.support.examples import body, created, critical, event
from worker.policy import loading
from worker.replay import scratch
from worker.replay.shelf import Shelf
from worker.replay.timeline import Timeline
from worker.ticket.history import Entry

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


def told(shelf: Shelf, events: Iterator[Entry]) -> list[Outbound]:
    timeline = Timeline(POLICY, "/respondby", shelf)
    published: list[Outbound] = []
    for entry in events:
        published += timeline.before(entry.event.time)
        published += timeline.happen((entry.event.source, entry.event.data.ticket_id), entry)
        end = entry.event.time + timedelta(days=1)
    return [*published, *timeline.through(end)]


def stored(disk: sqlite3.Connection) -> int:
    count: int = disk.execute("SELECT count(*) FROM ticket").fetchone()[0]
    return count


def test_a_ticket_that_was_put_away_goes_on_as_if_it_had_not_been() -> None:
    outcomes = []
    for room in (0, 20_000, 10**9):
        with scratch.opened() as disk:
            outcomes.append(told(Shelf(disk, room), entries(7)))
            assert (stored(disk) > 0) is (room < 10**9)
    assert len(outcomes[0]) > 7 * 4
    assert outcomes[0] == outcomes[1] == outcomes[2]


def test_what_has_not_been_used_for_longest_is_put_away_first(disk: sqlite3.Connection) -> None:
    shelf = Shelf(disk, room=3 * 4_000)
    for name in ("a", "b", "c", "a", "d"):
        shelf.ticket(("/psa", name))
    assert disk.execute("SELECT ticket_id FROM ticket").fetchall() == [("b",)]


def test_long_texts_make_tickets_heavy(disk: sqlite3.Connection) -> None:
    shelf = Shelf(disk, room=100_000)
    for number in range(5):
        written = body(created("2026-03-09T10:00:00Z", summary="x" * 40_000))
        shelf.add(shelf.ticket(("/psa", f"T-{number}")), Entry(decoding.decode(written), written))
    assert stored(disk) == 4


def test_the_ticket_in_work_stays_however_heavy_it_grows(disk: sqlite3.Connection) -> None:
    shelf = Shelf(disk, room=0)
    ticket = shelf.ticket(("/psa", "T-1"))
    for entry in entries(1):
        shelf.add(ticket, entry)
        assert shelf.ticket(("/psa", "T-1")) is ticket
    assert stored(disk) == 0
