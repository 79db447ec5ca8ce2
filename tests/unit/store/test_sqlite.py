"""What holds of the SQLite file in particular."""

import sqlite3
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from tests.support.rows import event, keep, message, ticket
from worker import errors
from worker.store import migrations, port, tables
from worker.store.sqlite import SqliteReader, SqliteStore


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


async def test_every_commit_is_on_disk_before_it_counts(store: SqliteStore) -> None:
    async with store.begin() as transaction:
        connection = transaction._connection  # type: ignore[attr-defined]
        assert await connection.scalar(sa.text("PRAGMA journal_mode")) == "wal"
        assert await connection.scalar(sa.text("PRAGMA synchronous")) == 2  # FULL


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
        await transaction.save(port.Changes(outbox=[message("b")]))
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

    engines = [store._writer.sync_engine, store._ready().sync_engine]
    for engine in engines:
        sa.event.listen(engine, "before_cursor_execute", note)
    await keep(store, inbox=(event("e-1"),), tickets=(ticket(),), outbox=(message("a"),))
    async with store.begin() as transaction:
        await transaction.known([("/psa", "e-1")])
        await transaction.tickets([("/psa", "T-1")])
        await transaction.histories([("/psa", "T-1")])
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


async def _plan(store: SqliteStore, statement: str) -> str:
    async with store._ready().connect() as connection:
        nothing = tuple(None for _ in range(statement.count("?")))
        rows = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", nothing)
        return "\n".join(row["detail"] for row in rows.mappings())
