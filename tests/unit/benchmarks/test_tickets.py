"""The tickets of the benchmarks are such as users have, and an open one is as a worker left it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from schemas import decoding
from schemas.envelope import LEVELS
from tests.benchmarks import open_tickets, tickets
from worker.store.sqlite import SqliteReader

NOW = datetime(2026, 3, 9, 15, tzinfo=UTC)
COUNT = 300


@asynccontextmanager
async def looking_into(path: Path) -> AsyncIterator[SqliteReader]:
    reader = SqliteReader(path)
    await reader.open()
    yield reader
    await reader.close()


@pytest.mark.parametrize("with_text", [False, True])
def test_every_ticket_is_another_and_of_about_700_bytes(with_text: bool) -> None:
    bodies = [s.body for s in tickets.created(range(COUNT), NOW, with_text=with_text)]
    assert len({*bodies}) == COUNT
    assert 650 < sum(map(len, bodies)) / COUNT < 750
    assert all(decoding.decode(body).type == "ticket.created" for body in bodies)


async def test_a_filled_database_has_so_many_open_tickets_and_nothing_due(tmp_path: Path) -> None:
    # More than there are kinds of, so that some are copies.
    count = tickets.ALIKE + 10
    await open_tickets.filled(tmp_path / "open.db", count)
    async with looking_into(tmp_path / "open.db") as reader:
        census, wake = await reader.census(), await reader.next_wake()
        rows = await reader.open_tickets()
        histories = await reader.histories([row.key for row in rows[-3:]])
    assert sum(census.tickets.values()) == len({row.key for row in rows}) == count
    assert {level for level, _ in census.tickets} == {*LEVELS} - {"critical"}
    assert wake is not None
    assert wake > datetime.now(UTC) + timedelta(minutes=50)
    assert census.outbox_pending == 0
    for (_, ticket), [event] in histories.items():
        assert decoding.decode(event.body).data.ticket_id == ticket


async def test_an_added_ticket_falls_due_when_it_is_to(tmp_path: Path) -> None:
    await open_tickets.filled(tmp_path / "open.db", 10)
    instant = datetime.now(UTC) + timedelta(minutes=1)
    open_tickets.add(tmp_path / "open.db", [tickets.due_at(1, instant)])
    async with looking_into(tmp_path / "open.db") as reader:
        assert await reader.next_wake() == instant


def test_a_recorded_stream_is_in_order_and_answers_every_ticket() -> None:
    events = [decoding.decode(line) for line in tickets.answered(range(1500), NOW)]
    assert [event.time for event in events] == sorted(event.time for event in events)
    answered = {e.data.ticket_id for e in events if e.type == "ticket.responded"}
    assert answered == {e.data.ticket_id for e in events if e.type == "ticket.created"}
    assert len(events) == 2 * len(answered)
