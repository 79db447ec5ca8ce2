"""What holds of the SQLite file in particular."""

import asyncio
import sqlite3
import stat
from collections.abc import AsyncIterator, Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from tests.support.rows import at, event, keep, message, ticket
from worker import errors
from worker.store import migrations, port, tables
from worker.store.sqlite import SqliteReader, SqliteStore
from worker.store.threads import Threads
from worker.store.transaction import SqlTransaction


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "respondby.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqliteStore]:
    opened = SqliteStore(path)
    await opened.open()
    yield opened
    await opened.close()


async def test_a_second_worker_on_the_same_file_is_refused_with_a_clear_message(
    store: SqliteStore, path: Path
) -> None:
    second = SqliteStore(path)
    with pytest.raises(errors.StoreBusy, match=r"another worker already uses .*respondby\.db"):
        await second.open()
    await keep(store, outbox=(message("still-works"),))


async def test_the_lock_is_free_again_once_the_first_worker_has_closed(path: Path) -> None:
    for _ in range(2):
        store = SqliteStore(path)
        await store.open()
        await store.close()


async def test_a_transaction_that_has_begun_is_kept_before_the_store_closes(path: Path) -> None:
    store = SqliteStore(path)
    await store.open()
    async with store.begin() as transaction:
        await transaction.due(at(0), 1)
        closing = asyncio.create_task(store.close())
        # Time enough to close, did it not wait.
        assert await asyncio.wait({closing}, timeout=0.2) == (set(), {closing})
        await transaction.commit(port.Changes(outbox=[message("in time")]))
    await closing
    with pytest.raises(errors.StoreUnavailable, match="not open"):
        await keep(store, outbox=(message("too late"),))
    await store.open()
    assert [row.id for row in await store.outbox(10)] == ["in time"]
    await store.close()


async def test_every_commit_is_on_disk_before_it_counts(store: SqliteStore) -> None:
    async with store.begin() as transaction:
        assert isinstance(transaction, SqlTransaction)
        pragmas = [
            await transaction._run(partial(sa.Connection.scalar, statement=sa.text(question)))
            for question in ("PRAGMA journal_mode", "PRAGMA synchronous")
        ]
        assert pragmas == ["wal", 2]  # FULL


async def test_the_file_is_for_its_owner_only(store: SqliteStore, path: Path) -> None:
    await keep(store, outbox=(message("a"),))
    for file in path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name


async def test_a_file_locked_by_somebody_else_is_unavailable_and_then_is_not(
    store: SqliteStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(errors.StoreUnavailable, match="locked"):
        await keep(store, outbox=(message("a"),))
    other.execute("ROLLBACK")
    other.close()
    await keep(store, outbox=(message("b"),))
    assert [row.id for row in await store.outbox(9)] == ["b"]


async def test_what_is_read_does_not_wait_for_a_writer(store: SqliteStore) -> None:
    await keep(store, outbox=(message("a"),))
    async with store.begin() as transaction:
        assert await transaction.retire(at(0), 10) == 0
        assert [row.id for row in await store.outbox(9)] == ["a"]
        assert (await store.census()).outbox_pending == 1


async def test_a_reader_looks_into_the_file_of_a_running_worker(
    store: SqliteStore, path: Path
) -> None:
    await keep(store, tickets=(ticket(),))
    reader = SqliteReader(path)
    await reader.open()
    assert [row.ticket_id for row in await reader.open_tickets()] == ["T-1"]
    await reader.close()


async def test_a_reader_makes_no_file_where_there_is_none(path: Path) -> None:
    with pytest.raises(errors.StoreMissing, match="there is no database"):
        await SqliteReader(path).open()
    assert not path.exists()


async def test_a_missing_folder_is_told_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(errors.StoreMissing, match=r"there is no folder .*/nowhere"):
        await SqliteStore(tmp_path / "nowhere" / "respondby.db").open()


async def test_a_folder_in_place_of_the_file_is_told_and_not_waited_for(tmp_path: Path) -> None:
    with pytest.raises(errors.StoreMissing, match="Is a directory"):
        await SqliteStore(tmp_path).open()


async def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(path: Path) -> None:
    path.write_text("these are somebody's notes, not a database\n" * 100)
    with pytest.raises(errors.StoreForeign):
        await SqliteStore(path).open()
    assert path.read_text().startswith("these are somebody's notes")


async def test_a_file_of_a_newer_version_is_refused(path: Path) -> None:
    store = SqliteStore(path)
    await store.open()
    await store.close()
    with sqlite3.connect(path) as newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
    newer.close()
    with pytest.raises(errors.StoreForeign):
        await store.open()
    with pytest.raises(errors.StoreForeign):
        await SqliteReader(path).open()


async def test_a_refused_file_is_not_left_locked(path: Path) -> None:
    path.write_text("notes " * 1000)
    store = SqliteStore(path)
    with pytest.raises(errors.StoreForeign):
        await store.open()
    path.unlink()
    await store.open()
    await store.close()


def test_what_the_migrations_make_is_what_the_tables_say() -> None:
    migrated, fresh = sa.create_engine("sqlite://"), sa.create_engine("sqlite://")
    with migrated.begin() as connection:
        for version in ("0001", "head"):
            migrations.upgrade(connection, version)
        assert compare_metadata(MigrationContext.configure(connection), tables.metadata) == []
        made = _schema(connection)
    with fresh.begin() as connection:
        tables.metadata.create_all(connection)
        assert _schema(connection) == {k: v for k, v in made.items() if "alembic" not in k}
    migrated.dispose()
    fresh.dispose()


def _schema(connection: sa.Connection) -> dict[str, str]:
    found = connection.execute(sa.text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
    return {name: " ".join(made.split()) for name, made in found}


async def test_no_question_of_the_hot_path_reads_a_whole_table(store: SqliteStore) -> None:
    asked: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        asked.append(statement)

    engines = [store._writer.engine, store._ready().engine]
    for engine in engines:
        sa.event.listen(engine, "before_cursor_execute", note)
    await keep(store, inbox=(event("e-1"),), tickets=(ticket(),), outbox=(message("a"),))
    async with store.begin() as transaction:
        await transaction.archive([(("/psa", "e-2"), ("/psa", "T-1"))])
        await transaction.due(ticket().last_event_at, 10)
    await store.confirmed(["a"])
    await store.next_wake()
    await store.outbox(10)
    await store.waiting(ticket().last_event_at, 10)
    for engine in engines:
        sa.event.remove(engine, "before_cursor_execute", note)

    selects = [statement for statement in asked if not statement.startswith(("BEGIN", "INSERT"))]
    assert len(selects) == 8
    for statement in selects:
        plan = await _plan(store, statement)
        assert "SCAN tickets\n" not in plan + "\n", (statement, plan)
        assert "SCAN inbox" not in plan, (statement, plan)
        assert "TEMP B-TREE" not in plan or "inbox" in statement, (statement, plan)


async def test_a_batch_goes_to_the_database_twice_and_with_as_many_statements_as_one_event(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each time that it goes there another thread has to be waited for."""
    asked: list[str] = []
    went: list[object] = []
    do = Threads.do

    def note(_: object, __: object, statement: str, *___: object) -> None:
        asked.append(statement)

    def go(threads: Threads, work: Callable[[], Any]) -> Coroutine[Any, Any, Any]:
        went.append(work)
        return do(threads, work)

    await _keep_batch(store, 1, "0")  # which finds that the outbox is empty
    monkeypatch.setattr(Threads, "do", go)
    sa.event.listen(store._writer.engine, "before_cursor_execute", note)
    await _keep_batch(store, 1, "a")
    once = [*asked]
    await _keep_batch(store, 99, "b")
    assert asked == [*once, *once]
    assert len(went) == 4


async def _keep_batch(store: SqliteStore, count: int, name: str) -> None:
    """So many events that begin a ticket and publish something each."""
    names = [f"{name}-{number}" for number in range(count)]
    rows = [ticket(each) for each in names]
    async with store.begin([row.key for row in rows]) as transaction:
        await transaction.archive([(row.key, row.key) for row in rows])
        events, messages = [event(each, each) for each in names], [message(each) for each in names]
        await transaction.commit(port.Changes(inbox=events, tickets=rows, outbox=messages))


async def _plan(store: SqliteStore, statement: str) -> str:
    nothing = tuple(None for _ in range(statement.count("?")))
    with store._ready().engine.connect() as connection:
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", nothing)
        return "\n".join(row["detail"] for row in rows.mappings())
