"""Every store that is shipped: what one promises, all keep."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.support.postgres_fixtures import store_at
from tests.support.postgres_server import PrivateServer
from worker.store.memory import MemoryStore
from worker.store.port import Store
from worker.store.sqlite import SqliteStore


def _memory(_: pytest.FixtureRequest) -> Store:
    return MemoryStore()


def _sqlite(request: pytest.FixtureRequest) -> Store:
    folder: Path = request.getfixturevalue("tmp_path")
    return SqliteStore(folder / "respondby.db")


def _postgres(request: pytest.FixtureRequest) -> Store:
    server: PrivateServer = request.getfixturevalue("postgres")
    return store_at(server.url(request.getfixturevalue("database")))


_Make = Callable[[pytest.FixtureRequest], Store]

FOR_ONE_WORKER: dict[str, _Make] = {"memory": _memory, "sqlite": _sqlite}
STORES = {**FOR_ONE_WORKER, "postgres": _postgres}


@pytest.fixture(params=STORES)
async def store(request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    """An empty store, open."""
    async with _opened(STORES[request.param](request)) as made:
        yield made


@pytest.fixture(params=FOR_ONE_WORKER)
async def lone_store(request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    """An empty store, open, that only one worker can have."""
    async with _opened(FOR_ONE_WORKER[request.param](request)) as made:
        yield made


@asynccontextmanager
async def _opened(made: Store) -> AsyncIterator[Store]:
    await made.open()
    yield made
    await made.close()
