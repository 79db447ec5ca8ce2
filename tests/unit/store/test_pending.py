"""The outbox of a SQLite file as its worker knows it, against the file itself."""

import asyncio
import contextlib
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.rows import event, keep, message
from worker.store import pending, port
from worker.store.sqlite import SqliteStore

MANY = pending.MOST + 1

_IDS = st.lists(st.sampled_from("abcdefgh"), max_size=3)
_STEPS = st.lists(
    st.tuples(st.sampled_from(["keep", "confirm", "both", "fail", "cancel", "reopen"]), _IDS),
    max_size=12,
)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    opened = SqliteStore(tmp_path / "respondby.db")
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
def file(store: SqliteStore, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """The file that `store` has made."""
    with contextlib.closing(sqlite3.connect(tmp_path / "respondby.db")) as opened:
        opened.isolation_level = None
        yield opened


async def ids(store: port.Store, limit: int = 2 * MANY) -> list[str]:
    return [row.id for row in await store.outbox(limit)]


def in_file(file: sqlite3.Connection) -> list[str]:
    return [id_ for (id_,) in file.execute("SELECT id FROM outbox ORDER BY position")]


async def test_what_is_confirmed_during_a_transaction_leaves_with_its_commit(
    store: SqliteStore, file: sqlite3.Connection
) -> None:
    await keep(store, outbox=(message("a"), message("b")))
    async with store.begin() as transaction:
        confirming = asyncio.create_task(store.confirmed(["a"]))
        await asyncio.sleep(0)
        await transaction.commit(port.Changes(outbox=[message("c")]))
        assert in_file(file) == ["b", "c"]
        assert not confirming.done()
    await confirming
    assert await ids(store) == ["b", "c"]


async def test_what_is_confirmed_during_a_transaction_that_fails_leaves_all_the_same(
    store: SqliteStore, file: sqlite3.Connection
) -> None:
    await keep(store, inbox=(event("known"),), outbox=(message("a"), message("b")))
    async with store.begin() as transaction:
        confirming = asyncio.create_task(store.confirmed(["a"]))
        await asyncio.sleep(0)
        with pytest.raises(port.EventAlreadyKnown):
            await transaction.commit(port.Changes(inbox=[event("known")]))
    await confirming
    assert in_file(file) == await ids(store) == ["b"]


async def test_what_a_person_puts_into_the_file_is_published_once_it_was_counted(
    store: SqliteStore, file: sqlite3.Connection
) -> None:
    await keep(store, outbox=(message("a"),))
    await store.confirmed(["a"])
    assert await ids(store) == []
    file.execute(
        "INSERT INTO outbox (id, type, routing_key, priority, body, created_at, since) "
        "VALUES ('b', 'ticket.prioritized', 'ticket.prioritized.low', 0, x'7b7d', 1, 1)"
    )
    assert (await store.census()).outbox_pending == 1
    assert await ids(store) == ["b"]


async def test_what_is_confirmed_has_left_the_file_when_that_is_told(
    store: SqliteStore, file: sqlite3.Connection
) -> None:
    await keep(store, outbox=(message("a"), message("b")))
    await store.confirmed(["b"])
    assert in_file(file) == ["a"]


async def test_what_is_known_is_not_read_again(
    store: SqliteStore, file: sqlite3.Connection
) -> None:
    await keep(store, outbox=(message("a"),))
    file.execute("UPDATE outbox SET id = 'only in the file'")
    assert await ids(store) == ["a"]


@pytest.mark.parametrize("number", [MANY - 1, MANY])
async def test_many_rows_leave_in_their_order_though_not_all_are_kept_in_memory(
    store: SqliteStore, number: int
) -> None:
    names = [f"{n:05}" for n in range(number)]
    await keep(store, outbox=tuple(map(message, names)))
    assert (store._pending.first(1) is None) == (number > pending.MOST)
    await keep(store, outbox=(message("last"),))
    left = [*names, "last"]
    while left:
        some = await ids(store, 200)
        assert some == left[:200]
        await store.confirmed(some)
        left = left[200:]
    await keep(store, outbox=(message("new"),))
    assert await ids(store) == ["new"]


@settings(max_examples=30, deadline=None)
@given(_STEPS)
def test_whatever_happens_it_says_what_the_file_says(steps: list[tuple[str, list[str]]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_compare(Path(folder, "db"), steps))


async def _compare(path: Path, steps: list[tuple[str, list[str]]]) -> None:
    store = SqliteStore(path)
    await store.open()
    await keep(store, inbox=(event("known"),))
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as file:
        for step, names in steps:
            await _do(store, step, names)
            assert await ids(store) == in_file(file), step
    await store.close()


async def _do(store: SqliteStore, step: str, names: list[str]) -> None:
    rows = tuple(map(message, names))
    if step == "confirm":
        await store.confirmed(names)
    elif step == "both":
        await asyncio.gather(keep(store, outbox=rows), store.confirmed(names[::2]))
    elif step == "fail":
        with pytest.raises(port.EventAlreadyKnown):
            await keep(store, inbox=(event("known"),), outbox=rows)
    elif step == "cancel":
        keeping = asyncio.create_task(keep(store, outbox=rows))
        await asyncio.sleep(0)
        keeping.cancel()
        await asyncio.wait([keeping])
    else:
        if step == "reopen":
            await store.close()
            await store.open()
        await keep(store, outbox=rows)
