"""A database that is locked, or a disk that is full: messages are held, and none is lost."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime

from tests.support import stream
from tests.support.site import Document, Site
from tests.support.trial import Trial
from tests.support.waiting import until

#: Bytes that the database may still grow until its disk is full.
_ROOM = 300_000


async def test_while_another_program_locks_the_database_messages_are_held(site: Site) -> None:
    trial = Trial(site, seed=6, count=600)
    site.worker.settings["BATCH_SIZE"] = "20"
    await site.worker.up()
    await trial.pour(slice(None, 300))
    await trial.is_known(100)

    with _locked(site):
        before = site.stored("inbox")
        # Only now, so that there is work left however fast the worker is.
        await trial.pour(slice(300, None))
        await _not_ready(site)
        assert site.stored("inbox") == before < len(trial.stream.events)

    await _ready_again(site)
    await trial.ends_as_replayed()
    await trial.nothing_is_left()
    assert await trial.dead_letters() == trial.each_once
    assert len(site.downstream.messages) == len(await site.events()), "something was told twice"


async def test_while_the_disk_is_full_messages_are_held(site: Site) -> None:
    trial = Trial(site, seed=8, count=600)
    await site.worker.up()
    site.worker.limit_files(_size(site) + _ROOM)

    await trial.pour()
    await _not_ready(site)
    known = site.stored("inbox")
    assert 0 < known < len(trial.stream.events)
    site.worker.limit_files(None)

    await _ready_again(site)
    await trial.ends_as_replayed()
    await trial.nothing_is_left()
    assert await trial.dead_letters() == trial.each_once
    assert len(site.downstream.messages) == len(await site.events()), "something was told twice"


async def test_a_worker_whose_database_is_locked_at_the_start_waits_for_it(site: Site) -> None:
    with _locked(site):
        site.worker.start()
        await until(lambda: bool(site.worker.log("store_unavailable")), "it says why it waits", 30)
        assert (await site.worker.get("/healthz"))[0] == 200
        assert (await site.worker.get("/readyz"))[0] == 503

    await until(site.worker.is_ready, "ready when the lock is gone", 30)
    assert await site.worker.stop() == 0


async def test_a_worker_that_waits_for_its_database_gives_back_what_it_holds_when_it_ends(
    site: Site,
) -> None:
    await site.worker.up()
    with _locked(site):
        await site.send(*(_ticket(number) for number in range(30)))
        await _not_ready(site)
        assert await site.worker.stop() == 0
        assert await site.waiting() == 30

    await site.worker.up()
    await until(lambda: site.stored("inbox") == 30, "all are known")
    assert await site.worker.stop() == 0
    assert {e["data"]["ticket_id"] for e in await site.events()} == {str(n) for n in range(30)}
    assert await site.dead_letters() == []


@contextmanager
def _locked(site: Site) -> Iterator[None]:
    """As a backup or a person with a shell does it."""
    with closing(sqlite3.connect(site.worker.database, isolation_level=None)) as other:
        other.execute("PRAGMA busy_timeout = 10000")
        other.execute("BEGIN EXCLUSIVE")
        try:
            yield
        finally:
            other.execute("ROLLBACK")


async def _not_ready(site: Site) -> None:
    async def says_so() -> bool:
        status, told = await site.worker.get("/readyz")
        return status == 503 and '"store"' in told

    await until(says_so, "not ready for its store's sake", 30)
    assert site.worker.log("store_unavailable")


async def _ready_again(site: Site) -> None:
    await until(site.worker.is_ready, "ready again", 30)
    assert site.worker.log("store_back")


def _ticket(number: int) -> Document:
    name = str(number)
    return stream.event("ticket.created", datetime.now(UTC), name, ticket_id=name, summary="")


def _size(site: Site) -> int:
    """Of the largest of the database's files."""
    database = site.worker.database
    return max(file.stat().st_size for file in database.parent.glob(f"{database.name}*"))
