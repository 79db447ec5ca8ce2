"""Pytest's fixtures around a real PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from tests.support.postgres_server import PrivateServer
from worker.store import port
from worker.store import postgres as postgresql
from worker.store.postgres import PostgresReader, PostgresStore
from worker.store.server_clock import ServerClock
from worker.store.transaction import SqlTransaction


def store_at(url: str) -> PostgresStore:
    """A worker's store, not open yet."""
    return PostgresStore(lambda: url, ServerClock())


async def save(transaction: port.Transaction, changes: port.Changes) -> None:
    """Go with these as far as a commit goes before it is one."""
    assert isinstance(transaction, SqlTransaction)
    with transaction._step():
        await transaction._run(partial(postgresql.save, changes=changes))


def reader_at(url: str) -> PostgresReader:
    """What a person's command looks through, not open yet."""
    return PostgresReader(lambda: url)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PrivateServer]:
    """A server that a test may restart; one for the session."""
    server = PrivateServer()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def _migrated(postgres: PrivateServer) -> str:
    """A database to copy: that is faster than to make its tables each time."""
    name = postgres.new_database()

    async def migrate() -> None:
        store = store_at(postgres.url(name))
        await store.open()
        await store.close()

    # In a thread, since the test that asks first may have a loop that runs.
    with ThreadPoolExecutor(1) as other:
        other.submit(asyncio.run, migrate()).result()
    return name


@pytest.fixture
def database(postgres: PrivateServer, _migrated: str) -> Iterator[str]:
    """An empty database with its tables; its name."""
    name = postgres.new_database(_migrated)
    yield name
    postgres.query(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def postgres_store(postgres: PrivateServer, database: str) -> AsyncIterator[PostgresStore]:
    """An empty store, open."""
    store = store_at(postgres.url(database))
    await store.open()
    yield store
    await store.close()


@pytest.fixture
async def colleague(postgres: PrivateServer, database: str) -> AsyncIterator[PostgresStore]:
    """Another worker's store on the database of `postgres_store`."""
    store = store_at(postgres.url(database))
    await store.open()
    yield store
    await store.close()
