"""The store in one SQLite file: write-ahead log, every commit on disk, one worker at a time."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from worker import errors
from worker.store import faults, lock, migrations, port, statements
from worker.store.reader import SqlReader
from worker.store.transaction import SqlTransaction

#: Seconds to wait for another process that writes (a backup, a person with a shell).
BUSY_WITHIN = 2.0

#: Waiting does not mend these.
_NEVER = (IsADirectoryError, NotADirectoryError, PermissionError)

_Prepare = Callable[[sa.Connection], None]


class SqliteReader(SqlReader):
    """Looks into a worker's file while the worker runs, or when it does not."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"the database {path}")
        self._path = path

    async def open(self) -> None:
        """Raises StoreMissing or StoreForeign when there is nothing to read."""
        if not self._path.is_file():
            raise errors.StoreMissing(f"there is no database {self._path}")
        await self._start(_engine(self._path, "BEGIN"), migrations.require_current)

    async def _start(self, engine: AsyncEngine, prepare: _Prepare) -> None:
        try:
            with faults.translated(self.name):
                async with engine.begin() as connection:
                    await connection.run_sync(prepare)
        except BaseException:
            await engine.dispose()
            raise
        self.start(engine)


class SqliteStore(SqliteReader):
    """The port Store."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._writing = asyncio.Lock()
        self._held: AsyncExitStack | None = None
        self._writer: AsyncEngine

    async def open(self) -> None:
        """Raises StoreMissing when the folder is not there, StoreForeign for another's file."""
        if not self._path.parent.is_dir():
            raise errors.StoreMissing(f"there is no folder {self._path.parent} for the database")
        async with AsyncExitStack() as opened:
            opened.enter_context(lock.held(self._path))
            _create(self._path)
            self._writer = _engine(self._path, "BEGIN IMMEDIATE")
            opened.push_async_callback(self._writer.dispose)
            await self._migrate()
            await self._start(_engine(self._path, "BEGIN"), migrations.require_current)
            self._held = opened.pop_all()

    async def close(self) -> None:
        await super().close()
        held, self._held = self._held, None
        if held is not None:
            await held.aclose()

    @asynccontextmanager
    async def begin(
        self,
        tickets: Collection[port.TicketKey] = (),  # noqa: ARG002 - who writes holds them all
    ) -> AsyncIterator[port.Transaction]:
        self._ready()
        async with self._writing:
            with faults.translated(self.name):
                async with self._writer.connect() as connection:
                    await connection.begin()
                    # Leaving gives the connection back, which rolls back what is not committed.
                    yield SqlTransaction(connection)

    async def confirmed(self, ids: Collection[str]) -> None:
        self._ready()
        if not ids:
            return
        async with self._writing:
            with faults.translated(self.name):
                async with self._writer.begin() as connection:
                    gone = statements.confirmed("sqlite", ids)
                    await connection.execute(statements.remove_from_outbox("sqlite"), gone)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """One worker a file, so it is always its turn."""
        yield

    async def _migrate(self) -> None:
        with faults.translated(self.name):
            async with self._writer.begin() as connection:
                await connection.run_sync(migrations.upgrade)


def _create(path: Path) -> None:
    # SQLite would make it readable for all; its other files take after this one.
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except _NEVER as error:
        raise errors.StoreMissing(f"cannot open {path}: {error.strerror}") from error
    except OSError as error:
        raise errors.StoreUnavailable(f"cannot open {path}: {error.strerror}") from error


def _engine(path: Path, begin: str) -> AsyncEngine:
    """Connections that begin their transactions with this statement."""
    engine = create_async_engine(
        sa.URL.create("sqlite+aiosqlite", database=str(path)),
        connect_args={"timeout": BUSY_WITHIN},
        # What goes in is the text of tickets, which must not get into a log.
        hide_parameters=True,
    )

    def configure(connection: Any, _: object) -> None:
        # The driver would begin transactions by itself, and only before some statements.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        # Less than FULL may lose the last commits when the power fails, though acknowledged.
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.close()

    event.listen(engine.sync_engine, "connect", configure)
    event.listen(engine.sync_engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine
