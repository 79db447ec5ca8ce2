"""A database that is locked, full, failing, or away."""

import asyncio
import os
import signal
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

import asyncpg

from tests.faults import disk
from tests.faults.row import on_postgresql, on_sqlite, row
from tests.faults.scene import Ground, Scene
from tests.support.databases import ServerDatabase, SqliteFile
from tests.support.postgres_server import PrivateServer
from tests.support.waiting import until

#: Seconds until workers say that their database is away.
_SAID_WITHIN = 40.0
#: A broker that waits for acks this long (milliseconds) and looks this often.
_ACKED_WITHIN, _LOOKS_EVERY = 3000, 1000
_DISK = 32_000_000


def _on_own_disk(ground: Ground) -> bool:
    return on_sqlite(ground) and disk.may_mount()


def _can_inject(ground: Ground) -> bool:
    return on_sqlite(ground) and disk.may_trace()


# Of several workers one publishes anew what another could not remove from the outbox.
@row("F16", "somebody locks the database", burials=False)
async def locked(here: Scene) -> None:
    async with _locked(here):
        await _is_held(here)
        await asyncio.sleep(3)


@row("F7", "the broker takes back what was held too long", lasts=30)
async def consumer_timeout(here: Scene) -> None:
    """As after half an hour, but sooner."""
    await _set_timeout(here, _ACKED_WITHIN, _LOOKS_EVERY)
    try:
        # Channels read it when they are opened.
        await asyncio.to_thread(here.broker.close_connections, here.vhost)
        await here.is_busy()
        async with _locked(here), here.noticing("broker_link_lost", _SAID_WITHIN):
            pass
    finally:
        await _set_timeout(here, 1_800_000, 60_000)


@row("F17", "the disk is full", disk=_DISK, applies=_on_own_disk, copies=False, burials=False)
async def disk_full(here: Scene) -> None:
    with disk.filled(here.folder / "disk"):
        await _is_held(here)


@row("F18", "the disk fails to keep what is written", applies=_can_inject, lasts=20)
async def disk_failing(here: Scene) -> None:
    for call in ("fsync,fdatasync", "pwrite64"):
        async with disk.failing(here.worker.process_id, call):
            await _is_held(here)
        await here.is_busy()


@row("F19", "the database server is cut off and restarted", applies=on_postgresql)
async def server_restarted(here: Scene) -> None:
    await asyncio.to_thread(_server(here).restart)


@row("F19 sessions", "sessions are ended at random moments", applies=on_postgresql)
async def sessions_ended(here: Scene) -> None:
    for _ in range(10):
        _query(here, f"SELECT pg_terminate_backend(pid) {_OURS} ORDER BY random() LIMIT 3")
        await asyncio.sleep(here.random.uniform(0, 0.8))


@row("F20", "somebody locks tickets in another order", applies=on_postgresql, lasts=20)
async def crossed(here: Scene) -> None:
    connection = await asyncpg.connect(here.site.database.url)
    try:
        for _ in range(30):
            try:
                async with connection.transaction():
                    for order in ("DESC", "ASC"):
                        await connection.execute(
                            f"SELECT 1 FROM tickets ORDER BY ticket_id {order} LIMIT 50 FOR UPDATE"
                        )
                        await asyncio.sleep(0.1)
            except asyncpg.DeadlockDetectedError:
                continue
    finally:
        await connection.close()


@row("F20 silent", "the server's sessions stand still", applies=on_postgresql, lasts=40)
async def sessions_frozen(here: Scene) -> None:
    sessions = [int(one) for one in _query(here, f"SELECT pid {_OURS}").split()]
    for session in sessions:
        os.kill(session, signal.SIGSTOP)
    try:
        await _is_held(here)
    finally:
        for session in sessions:
            os.kill(session, signal.SIGCONT)


_OURS = "FROM pg_stat_activity WHERE application_name = 'respondby'"


async def _is_held(here: Scene) -> None:
    """The workers say so, and hold what they have: the broker is told of no failure."""

    async def says_so() -> bool:
        status, told = await here.worker.get("/readyz")
        return status == 503 and '"store"' in told

    await until(says_so, "not ready for its store's sake", _SAID_WITHIN)


@asynccontextmanager
async def _locked(here: Scene) -> AsyncIterator[None]:
    """As a backup or a person with a shell does it."""
    database = here.site.database
    if isinstance(database, SqliteFile):
        with closing(sqlite3.connect(database.path, isolation_level=None)) as other:
            other.execute("PRAGMA busy_timeout = 10000")
            other.execute("BEGIN EXCLUSIVE")
            yield
            other.execute("ROLLBACK")
        return
    connection = await asyncpg.connect(database.url)
    try:
        async with connection.transaction():
            await connection.execute("LOCK TABLE inbox, tickets, outbox IN ACCESS EXCLUSIVE MODE")
            yield
    finally:
        await connection.close()


async def _set_timeout(here: Scene, milliseconds: int, tick: int) -> None:
    await here.ctl(
        "eval",
        f"application:set_env(rabbit, consumer_timeout, {milliseconds}),"
        f" application:set_env(rabbit, channel_tick_interval, {tick}).",
    )


def _server(here: Scene) -> PrivateServer:
    assert here.ground.postgres is not None
    return here.ground.postgres


def _query(here: Scene, statement: str) -> str:
    database = here.site.database
    assert isinstance(database, ServerDatabase)
    return database.server.query(statement, database.name)
