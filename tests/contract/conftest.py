"""Every store that is shipped: what one promises, all keep."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from worker.store.memory import MemoryStore
from worker.store.port import Store
from worker.store.sqlite import SqliteStore

STORES: dict[str, Callable[[Path], Store]] = {
    "memory": lambda _: MemoryStore(),
    "sqlite": lambda folder: SqliteStore(folder / "respondby.db"),
}


@pytest.fixture(params=STORES)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """An empty store, open."""
    made = STORES[request.param](tmp_path)
    await made.open()
    yield made
    await made.close()
