"""The store in one SQLite file: write-ahead log, every commit on disk, one worker at a time."""

import asyncio
import os
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event

from worker import errors
from worker.store import faults, lock, migrations, port
from worker.store.pending import Pending
from worker.store.reader import SqlReader
from worker.store.threads import Session, Threads
from worker.store.transaction import SqlTransaction
from worker.store.work import Work

T = TypeVar("T")

#: Seconds to wait for another process that writes (a backup, a person with a shell).
BUSY_WITHIN = 2.0
#: How many may read at once: the outbox is not to wait for a census.
READERS = 3

#: Waiting does not mend these.
_NEVER = (IsADirectoryError, NotADirectoryError, PermissionError)


class SqliteReader(SqlReader):
    """Looks into a worker's file while the worker runs, or when it does not."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"the database {path}")
        self._path = path
        self._readers: Threads | None = None

    async def open(self) -> None:
        """Raises StoreMissing or StoreForeign when there is nothing to read."""
        if not self._path.is_file():
            raise errors.StoreMissing(f"there is no database {self._path}")
        readers = Threads(_engine(self._path, "BEGIN"), READERS)
        try:
            with faults.translated(self.name):
                await readers.answer(migrations.require_current)
        except BaseException:
            await readers.end()
            raise
        self._readers = readers

    async def close(self) -> None:
        readers, self._readers = self._readers, None
        if readers is not None:
            await readers.end()

    async def _ask(self, question: Work[T], *, of_one_moment: bool = False) -> T:  # noqa: ARG002
        readers = self._ready()
        with faults.translated(self.name):
            return await readers.answer(question)

    def _ready(self) -> Threads:
        if self._readers is None:
            raise errors.StoreUnavailable(f"{self.name} is not open")
        return self._readers


class SqliteStore(SqliteReader):
    """The port Store."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._writing = asyncio.Lock()
        self._held: AsyncExitStack | None = None
        self._pending = Pending()
        self._writer: Threads

    async def open(self) -> None:
        """Raises StoreMissing when the folder is not there, StoreForeign for another's file."""
        if not self._path.parent.is_dir():
            raise errors.StoreMissing(f"there is no folder {self._path.parent} for the database")
        async with AsyncExitStack() as opened:
            opened.enter_context(lock.held(self._path))
            _create(self._path)
            self._writer = Threads(_engine(self._path, "BEGIN IMMEDIATE"), 1)
            opened.push_async_callback(self._writer.end)
            async with self._session() as session:
                await session.run(_migrate)
            await super().open()
            self._pending = Pending()
            self._held = opened.pop_all()

    async def close(self) -> None:
        async with self._writing:  # a transaction that has begun comes to its end first
            await super().close()
            held, self._held = self._held, None
            if held is not None:
                await held.aclose()

    @asynccontextmanager
    async def begin(
        self,
        tickets: Collection[port.TicketKey] = (),  # noqa: ARG002 - who writes holds them all
    ) -> AsyncIterator[port.Transaction]:
        async with self._session() as session:
            self._ready()
            yield SqlTransaction(session.run, self._pending.commit)

    async def outbox(self, limit: int) -> Sequence[port.OutboxRow]:
        self._ready()
        known = self._pending.first(limit)
        return known if known is not None else await super().outbox(limit)

    async def census(self) -> port.Census:
        census = await super().census()
        self._pending.compare(census.outbox_pending)
        return census

    async def confirmed(self, ids: Collection[str]) -> None:
        self._pending.leaving.update(ids)
        async with self._session() as session:
            self._ready()
            if self._pending.leaving:  # else they left with what was committed meanwhile
                await self._pending.commit(session.run)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """One worker a file, so it is always its turn."""
        yield

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[Session]:
        async with self._writing:
            with faults.translated(self.name):
                session = Session(self._writer)
                try:
                    yield session
                finally:
                    await session.end()


def _migrate(connection: sa.Connection) -> None:
    migrations.upgrade(connection)
    connection.commit()


def _create(path: Path) -> None:
    # SQLite would make it readable for all; its other files take after this one.
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except _NEVER as error:
        raise errors.StoreMissing(f"cannot open {path}: {error.strerror}") from error
    except OSError as error:
        raise errors.StoreUnavailable(f"cannot open {path}: {error.strerror}") from error


def _engine(path: Path, begin: str) -> sa.Engine:
    """Connections that begin their transactions with this statement."""
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(path)),
        connect_args={"timeout": BUSY_WITHIN, "check_same_thread": False},
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

    event.listen(engine, "connect", configure)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine
