"""What tombstones are made of in a database, and how what is over is found."""

import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from schemas.decoding import Rejected, decode
from tests.support.house import event as body_of
from tests.support.rows import NOON, at, event, keep, ticket
from worker.store import port, tombstone
from worker.store.sqlite import SqliteStore

#: What can become of a tombstone: no data of ours, a part of it, nothing.
GONE = "gone"
DAMAGES = ("X'00'", "X''", "substr(bodies, 1, length(bodies) - 3)", GONE)


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
    closed = retired._replace(ticket_id="T-1", phase="closed")
    await keep(store, inbox=(event("e-1"), event("x", "T-2")), tickets=(retired, closed))
    engine = store._writer.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    async with store.begin() as transaction:
        assert await transaction.forget(at(0), 10) == await transaction.retire(at(0), 10) == 1
    sa.event.remove(engine, "before_cursor_execute", note)

    questions = [one for one in asked if not one.startswith(("BEGIN", "INSERT"))]
    assert len(questions) == 8
    with store._ready().engine.connect() as connection:
        for question in questions:
            nothing = tuple(None for _ in range(question.count("?")))
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {question}", nothing)
            plan = "\n".join(row["detail"] for row in rows.mappings())
            assert "SCAN" not in plan.replace("SCAN given", ""), (question, plan)
            assert "TEMP B-TREE" not in plan or "FROM inbox" in question, (question, plan)


@pytest.mark.parametrize("place", ['{"id":"%s"}', '{"id%s":1}', '%s{"id":1}', '{"id":1}%s'])
def test_no_event_holds_the_byte_that_stands_between_two_bodies(place: str) -> None:
    with pytest.raises(Rejected):
        decode((place % "\0").encode())


def test_bodies_that_do_not_fit_their_places_are_not_given_to_others() -> None:
    one, other = event("e-1"), event("e-2")
    (stone,) = tombstone.pressed([[one]])
    emptied = [row._replace(body=b"") for row in (one, other)]
    assert stone.completed(emptied) == emptied


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_damaged_tombstone_leaves_its_places_empty_and_harms_no_other(
    store: SqliteStore, path: Path, damage: str
) -> None:
    one, other = ticket(phase="closed", last_event_at=at(-1)), ticket("T-2", phase="closed")
    await keep(store, inbox=(event("e-1"), event("x", "T-2")), tickets=(one, other))
    await _retire(store)
    _damage(path, damage)
    late = event("late", minutes=1)
    await keep(store, inbox=(late,))
    assert await store.histories([one.key, other.key]) == {
        one.key: [event("e-1")._replace(body=b""), late],
        other.key: [event("x", "T-2")],
    }


async def test_a_damaged_tombstone_is_put_to_rest_as_it_is_and_can_still_be_mended(
    store: SqliteStore, path: Path
) -> None:
    """A backup may have it whole: then nothing of what came since may be missing."""
    closed = ticket(phase="closed", last_event_at=at(-1))
    late = event("late", minutes=1)
    await keep(store, inbox=(event("e-1"),), tickets=(closed,))
    await _retire(store)
    whole = _damage(path, "X'00'")
    await keep(store, inbox=(late,), tickets=(closed,))
    assert await _retire(store) == 1
    assert await _retire(store) == 0
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT bodies FROM tombstones").fetchall() == [(b"\0",)]
        database.execute("UPDATE tombstones SET bodies = ?", (whole,))
        database.commit()
    assert await store.histories([closed.key]) == {closed.key: [event("e-1"), late]}


def _damage(path: Path, damage: str) -> bytes:
    """Put this in the place of the tombstone of T-1; what was there."""
    with closing(sqlite3.connect(path)) as database:
        where = "WHERE ticket_id = 'T-1'"
        (whole,) = database.execute(f"SELECT bodies FROM tombstones {where}").fetchone()
        if damage == GONE:
            database.execute(f"DELETE FROM tombstones {where}")
        else:
            database.execute(f"UPDATE tombstones SET bodies = {damage} {where}")
        database.commit()
    assert isinstance(whole, bytes)
    return whole


async def _retire(store: SqliteStore) -> int:
    async with store.begin() as transaction:
        retired = await transaction.retire(at(9), 10)
        await transaction.commit()
    return retired


def _real_history(number: int) -> tuple[port.InboxRow, ...]:
    rows = []
    for n in range(number):
        body = body_of("ticket.updated", at=at(n), client=f"c-{n}", summary="Überall «anders» 😀")
        row = event(json.loads(body)["id"], minutes=n)
        rows.append(row._replace(body=body, received_at=NOON))
    return tuple(sorted(rows, key=lambda row: row.id))
