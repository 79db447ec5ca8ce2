"""One row, played from an empty database to the reckoning."""

import asyncio
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.faults import reckoning
from tests.faults.disk import mounted
from tests.faults.reckoning import Reckoning
from tests.faults.row import Row
from tests.faults.scene import PASSWORD, Ground, Scene
from tests.faults.vitals import Vitals
from tests.support import malformed, postgres_server, site, stream
from tests.support.databases import Database, ServerDatabase, SqliteFile
from tests.support.proxy import Proxy
from tests.support.trial import Trial
from tests.support.waiting import until

#: Stand in no log: what people wrote, and what lets one in.
_SECRETS = (stream.PRIVATE, malformed.WORDS, postgres_server.PASSWORD, "guest:guest", PASSWORD)
#: Bytes that a worker may hold, whatever happens.
_MEMORY = 400_000_000
#: Files that a process may have open beyond those at its start: connections to its database.
_SOME_FILES = 16


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What became of a row."""

    row: Row
    seed: int
    reckoning: Reckoning
    noticed: float | None
    """seconds until a worker said that something is wrong, where that is measured"""
    recovery: float
    """seconds from the end of the fault until events were worked off again"""
    seconds: float
    """for everything"""
    memory: int
    """bytes that a worker held at most"""
    complaints: tuple[str, ...]
    """what is not as promised"""


async def played(ground: Ground, row: Row, seed: int) -> Outcome:
    """Play one row."""
    began = time.monotonic()
    async with _staged(ground, row, seed) as here:
        vitals = Vitals(here.site.workers)
        watching = asyncio.create_task(vitals.run())
        complaints = []
        try:
            recovery = await _struck(here, row)
        except Exception as error:  # noqa: BLE001 - whatever ends a strike is told in its row
            complaints.append(_first_line(error))
            recovery = float("inf")
        here.is_over()
        await reckoning.settled(here.trial, row.settled_within)
        vitals.look()
        watching.cancel()
        complaints += await _stopped(here)
        found = await reckoning.reckoned(here.trial)
        complaints += found.complaints(copies=row.copies, burials=row.burials)
        complaints += [*_late(recovery, row), *_leaks(vitals)]
        complaints += [*_damage(here.site.database), *_told_secrets(here)]
        return Outcome(
            row=row,
            seed=seed,
            reckoning=found,
            noticed=here.noticed,
            recovery=recovery,
            seconds=time.monotonic() - began,
            memory=vitals.peak,
            complaints=tuple(complaints),
        )


@asynccontextmanager
async def _staged(ground: Ground, row: Row, seed: int) -> AsyncIterator[Scene]:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="respondby-faults-")))
        vhost = ground.broker.new_vhost()
        url = ground.broker.url(vhost)
        database = stack.enter_context(_database(ground, row, folder))
        workers = ground.workers if ground.postgres else 1
        built = await stack.enter_async_context(site.built(url, folder, database, workers))
        network = await stack.enter_async_context(Proxy(url)) if row.proxied else None
        for worker in built.workers:
            worker.broker_url = network.url if network else url
        trial = Trial(built, seed, row.count, row.soon_for, row.garbage())
        yield Scene(ground, vhost, built, trial, Random(seed), folder, row.lasts, network)


async def _struck(here: Scene, row: Row) -> float:
    """Seconds from the end of the fault until the workers were at it again."""
    if row.at_work:
        await here.up()
    pouring = asyncio.create_task(here.pour(), name="upstream")
    try:
        if row.at_work:
            await here.is_busy()
        await row.strike(here)
        over = time.monotonic()
        here.is_over()
        await here.is_busy()
        return time.monotonic() - over
    finally:
        here.is_over()
        async with asyncio.timeout(row.settled_within):
            await pouring


async def _stopped(here: Scene) -> list[str]:
    """Let all workers drain; what they should not have done."""
    running = [worker for worker in here.site.workers if worker.is_running]
    # One that was started a moment ago does not listen for signals yet.
    await until(lambda: all(worker.log("worker_starting") for worker in running), "all started")
    ended = len(here.site.workers) - len(running)
    statuses = await asyncio.gather(*(worker.stop() for worker in running))
    return [f"{ended} workers have ended"] * bool(ended) + [
        f"a worker ended with {status}" for status in statuses if status
    ]


@contextmanager
def _database(ground: Ground, row: Row, folder: Path) -> Iterator[Database]:
    """An empty one: on the server, on a small disk of its own, or in a plain file."""
    if ground.postgres:
        yield ServerDatabase(ground.postgres, ground.postgres.new_database())
    elif row.disk is None:
        yield SqliteFile(folder / "respondby.db")
    else:
        with mounted(folder / "disk", row.disk) as disk:
            yield SqliteFile(disk / "respondby.db")


def _late(recovery: float, row: Row) -> Iterator[str]:
    if row.back_within < recovery < float("inf"):
        yield f"back after {recovery:.1f} s instead of {row.back_within:g} s"


def _leaks(vitals: Vitals) -> Iterator[str]:
    if vitals.peak > _MEMORY:
        yield f"a worker held {vitals.peak / 1e6:.0f} MB"
    for first, last in vitals.files.values():
        if last > first + _SOME_FILES:
            yield f"{last} files are open instead of {first}"


def _damage(database: Database) -> Iterator[str]:
    if isinstance(database, SqliteFile):
        with closing(sqlite3.connect(database.path)) as file:
            (found,) = file.execute("PRAGMA integrity_check").fetchone()
        if found != "ok":
            yield f"the database is damaged: {found}"


def _told_secrets(here: Scene) -> Iterator[str]:
    for worker in here.site.workers:
        said = worker.log_file.read_text(errors="replace") if worker.log_file.exists() else ""
        yield from (f"a log says {secret}" for secret in _SECRETS if secret in said)


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:300]
