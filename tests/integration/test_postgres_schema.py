"""The tables in PostgreSQL: how they come about, who may make them, and how they are asked."""

import asyncio
import re
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from tests.support.postgres_fixtures import reader_at, store_at
from tests.support.postgres_server import USER, PrivateServer
from tests.support.rows import SOURCE, at, event, keep, message, ticket
from worker import errors
from worker.store import migrations, tables
from worker.store.postgres import PostgresStore


async def test_a_database_that_was_migrated_from_the_first_version_equals_a_fresh_one(
    postgres: PrivateServer,
) -> None:
    migrated, fresh = postgres.new_database(), postgres.new_database()
    async with _engine(postgres, migrated).begin() as connection:
        for version in ("0001", "head"):
            await connection.run_sync(migrations.upgrade, version)
        assert await connection.run_sync(_compared) == []
    async with _engine(postgres, fresh).begin() as connection:
        await connection.run_sync(tables.metadata.create_all)
    assert _schema(postgres, migrated) == _schema(postgres, fresh) != ""


async def test_workers_that_start_at_once_make_the_tables_once(postgres: PrivateServer) -> None:
    url = postgres.url(postgres.new_database())
    workers = [store_at(url) for _ in range(4)]
    await asyncio.gather(*(worker.open() for worker in workers))
    await keep(workers[0], outbox=(message("a"),))
    assert len(await workers[3].outbox(9)) == 1
    for worker in workers:
        await worker.close()


async def test_a_worker_that_may_not_make_tables_works_on_those_that_are_there(
    postgres: PrivateServer, database: str
) -> None:
    postgres.query("CREATE ROLE lowly LOGIN PASSWORD 'lowly'")
    postgres.query("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO lowly")
    grant = """
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO lowly;
        GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO lowly
    """
    postgres.query(grant, database)
    store = store_at(re.sub(r"//.*@", "//lowly:lowly@", postgres.url(database)))
    await store.open()
    await keep(store, inbox=(event("e-1"),), tickets=(ticket(),), outbox=(message("a"),))
    async with store.turn():
        await store.confirmed(["a"])
    await store.close()


async def test_a_worker_that_may_not_make_the_tables_waits_for_somebody_who_may(
    postgres: PrivateServer,
) -> None:
    postgres.query("CREATE ROLE idler LOGIN PASSWORD 'idler'")
    url = re.sub(r"//.*@", "//idler:idler@", postgres.url(postgres.new_database()))
    with pytest.raises(errors.StoreUnavailable, match="permission denied for schema public"):
        await store_at(url).open()


async def test_tables_of_a_newer_version_are_refused(
    postgres: PrivateServer, database: str
) -> None:
    postgres.query("UPDATE alembic_version SET version_num = '9999'", database)
    url = postgres.url(database)
    for opening in (store_at(url).open, reader_at(url).open):
        with pytest.raises(errors.StoreForeign):
            await opening()


async def test_a_reader_makes_nothing_where_there_is_nothing(postgres: PrivateServer) -> None:
    empty = postgres.new_database()
    with pytest.raises(errors.StoreForeign):
        await reader_at(postgres.url(empty)).open()
    made = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
    assert postgres.query(made, empty).strip() == "0"


async def test_a_reader_sees_what_running_workers_committed(
    postgres: PrivateServer, database: str, postgres_store: PostgresStore
) -> None:
    await keep(postgres_store, tickets=(ticket(),))
    reader = reader_at(postgres.url(database))
    await reader.open()
    assert [row.ticket_id for row in await reader.open_tickets()] == ["T-1"]
    await reader.close()


async def test_limits_and_durability_are_ours_whatever_the_server_s_defaults(
    postgres: PrivateServer, database: str
) -> None:
    wanted = {
        "synchronous_commit": "on",
        "default_transaction_isolation": "read committed",
        "statement_timeout": "20s",
        "lock_timeout": "5s",
        "idle_in_transaction_session_timeout": "20s",
        "application_name": "respondby",
    }
    postgres.query(f"ALTER DATABASE {database} SET synchronous_commit = off")
    postgres.query(f"ALTER ROLE {USER} SET default_transaction_isolation = 'repeatable read'")
    store = store_at(f"{postgres.url(database)}?statement_timeout=0")
    await store.open()
    async with store._ready().connect() as connection:
        found = {
            name: (await connection.exec_driver_sql(f"SHOW {name}")).scalar() for name in wanted
        }
    await store.close()
    postgres.query(f"ALTER ROLE {USER} RESET ALL")
    assert found == wanted


async def test_keys_are_ordered_byte_by_byte_as_everywhere(postgres_store: PostgresStore) -> None:
    names = ["T-10", "T-9", "Z", "a", "z", "Ä", "ä", "\U0001f600"]
    assert names == sorted(names)
    await keep(postgres_store, tickets=tuple(ticket(name) for name in reversed(names)))
    assert [row.ticket_id for row in await postgres_store.open_tickets()] == names


async def test_no_question_of_the_hot_path_reads_a_whole_table(
    postgres_store: PostgresStore,
) -> None:
    asked: list[tuple[str, Any]] = []

    def note(_: object, __: object, statement: str, parameters: Any, *___: object) -> None:
        asked.append((statement, parameters))

    engine = postgres_store._ready().sync_engine
    sa.event.listen(engine, "before_cursor_execute", note)
    await _ask_everything(postgres_store)
    sa.event.remove(engine, "before_cursor_execute", note)

    questions = [one for one in asked if not re.search("INSERT|pg_advisory", one[0])]
    assert len(questions) == 8
    async with postgres_store._ready().connect() as connection:
        # On empty tables a scan is the cheapest, where it is not forbidden.
        await connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        for statement, parameters in questions:
            rows = await connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
            plan = "\n".join(rows.scalars())
            assert "Seq Scan" not in plan, (statement, plan)
            # What belongs to the tickets of a batch is little, and may be sorted.
            assert "Sort" not in plan or "unnest" in statement, (statement, plan)


async def _ask_everything(store: PostgresStore) -> None:
    key = (SOURCE, "T-1")
    await keep(store, inbox=(event("e-1"),), tickets=(ticket(),), outbox=(message("a"),))
    async with store.begin([key]) as transaction:
        await transaction.archive([((SOURCE, "e-2"), key)])
        await transaction.due(at(0), 10)
    await store.next_wake()
    async with store.turn():
        await store.outbox(10)
        await store.confirmed(["a"])
    await store.waiting(at(0), 10)


def _engine(postgres: PrivateServer, database: str) -> AsyncEngine:
    return create_async_engine(
        postgres.url(database).replace("://", "+asyncpg://"), poolclass=sa.NullPool
    )


def _compared(connection: sa.Connection) -> list[Any]:
    found: list[Any] = compare_metadata(MigrationContext.configure(connection), tables.metadata)
    return found


def _schema(postgres: PrivateServer, database: str) -> str:
    """All that pg_dump says of the tables, but for Alembic's and for its own random marks."""
    dump = postgres.dump(database, "--schema-only", "--exclude-table=alembic_version")
    return re.sub(r"^\\(un)?restrict .*$", "", dump, flags=re.M)
