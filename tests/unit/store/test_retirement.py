"""What tombstones are made of in a database, and how what is over is found."""

import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from schemas.decoding import Rejected, decode
from tests.support.house import event as body_of
from tests.support.rows import NOON, at, event, keep, ticket
from worker.store import port, tombstone
from worker.store.sqlite import SqliteStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "respondby.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqliteStore]:
    opened = SqliteStore(path)
    await opened.open()
    yield opened
    await opened.close()


async def test_a_tombstone_holds_no_body_twice_and_takes_a_fraction_of_the_room(
    store: SqliteStore, path: Path
) -> None:
    history = _real_history(20)
    closed = ticket(phase="closed", last_event_at=at(-1))
    await keep(store, inbox=history, tickets=(closed,))
    async with store.begin() as transaction:
        await transaction.retire(at(0), 10)
        await transaction.commit()
    with closing(sqlite3.connect(path)) as database:
        left = database.execute("SELECT sum(length(body)) FROM inbox").fetchone()[0]
        (pressed,) = database.execute("SELECT length(bodies) FROM tombstones").fetchone()
    assert left == 0
    assert pressed * 5 < sum(len(row.body) for row in history)
    assert await store.histories([closed.key]) == {closed.key: [*history]}


async def test_what_is_over_is_found_without_reading_the_tickets_that_are_not(
    store: SqliteStore,
) -> None:
    asked: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        asked.append(statement)

    retired = ticket("T-2", phase="retired", last_event_at=at(-1))
    closed = replace(retired, ticket_id="T-1", phase="closed")
    await keep(store, inbox=(event("e-1"), event("x", "T-2")), tickets=(retired, closed))
    engine = store._writer.sync_engine
    sa.event.listen(engine, "before_cursor_execute", note)
    async with store.begin() as transaction:
        assert await transaction.forget(at(0), 10) == await transaction.retire(at(0), 10) == 1
    sa.event.remove(engine, "before_cursor_execute", note)

    questions = [one for one in asked if not one.startswith(("BEGIN", "INSERT"))]
    assert len(questions) == 8
    async with store._ready().connect() as connection:
        for question in questions:
            nothing = tuple(None for _ in range(question.count("?")))
            rows = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {question}", nothing)
            plan = "\n".join(row["detail"] for row in rows.mappings())
            assert "SCAN" not in plan, (question, plan)
            assert "TEMP B-TREE" not in plan or "FROM inbox" in question, (question, plan)


@pytest.mark.parametrize("place", ['{"id":"%s"}', '{"id%s":1}', '%s{"id":1}', '{"id":1}%s'])
def test_no_event_holds_the_byte_that_stands_between_two_bodies(place: str) -> None:
    with pytest.raises(Rejected):
        decode((place % "\0").encode())


def test_bodies_that_do_not_fit_their_places_are_not_given_to_others() -> None:
    one, other = event("e-1"), event("e-2")
    (stone,) = tombstone.pressed([[one]])
    emptied = [replace(row, body=b"") for row in (one, other)]
    with pytest.raises(ValueError, match="zip"):
        stone.completed(emptied)


def _real_history(number: int) -> tuple[port.InboxRow, ...]:
    rows = []
    for n in range(number):
        body = body_of("ticket.updated", at=at(n), client=f"c-{n}", summary="Überall «anders» 😀")
        row = event(json.loads(body)["id"], minutes=n)
        rows.append(replace(row, body=body, received_at=NOON))
    return tuple(sorted(rows, key=lambda row: row.id))
