"""The store in PostgreSQL: as many workers at once as there are connections for.

A ticket is held through a lock on its key, since one that is new has no row to lock, and through
the lock on its row, which the timers take. Everybody takes the keys first and then the rows, each
in order, and the timers wait for none; so workers do not block each other for ever. Transactions
are READ COMMITTED: what is read after the locks were had is what their last holders committed.
"""

import hashlib
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from functools import partial
from typing import TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg
import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from worker import errors
from worker.store import faults, migrations, port, queries, records, statements
from worker.store.reader import SqlReader
from worker.store.server_clock import ServerClock
from worker.store.tables import WAKES, tickets
from worker.store.transaction import SqlTransaction
from worker.store.work import Run, Work

T = TypeVar("T")

#: One each for intake, timers, the turn to publish, what is read meanwhile, and some to spare.
CONNECTIONS = 8
#: Seconds until a connection must be there, and a statement's answer.
CONNECT_WITHIN, ANSWER_WITHIN = 10.0, 25.0
#: Seconds that a publisher may have the turn: all its confirms may take 30.
TURN_WITHIN = 35

_SESSION = {
    "application_name": "respondby",
    # A commit is on the disk before the message is acknowledged.
    "synchronous_commit": "on",
    "default_transaction_isolation": "read committed",
    "statement_timeout": "20s",
    "lock_timeout": "5s",
    # A worker that is frozen holds its tickets no longer.
    "idle_in_transaction_session_timeout": "20s",
}
_MIGRATION = {**_SESSION, "statement_timeout": "0"}

# Advisory locks: the pairs are ours, the single numbers are tickets.
_PUBLISHING, _MIGRATING = (0x7E59, 1), (0x7E59, 2)

# In the order of the array.
_HOLD = "SELECT pg_advisory_xact_lock(locks) FROM unnest($1::BIGINT[]) AS given(locks)"
_TAKE_TURN = (
    f"SELECT set_config('idle_in_transaction_session_timeout', '{TURN_WITHIN}s', true), "
    "pg_advisory_xact_lock({}, {})".format(*_PUBLISHING)
)
_MIGRATE_ALONE = sa.select(sa.func.pg_advisory_xact_lock(*_MIGRATING))
_NEXT_WAKE = sa.select(
    sa.func.min(tickets.c.wake_at).label("wake_at"), sa.func.clock_timestamp().label("now")
).where(WAKES)

Locate = Callable[[], str]
"""Where the database is, as a URL of libpq's kind; what it leaves open, the PG… variables say.

Asked for each connection, since its password may have been renewed."""


class PostgresReader(SqlReader):
    """Looks into the database while workers run, or when none does."""

    def __init__(self, locate: Locate) -> None:
        super().__init__(_name(locate()))
        self._locate = locate
        self._engine: AsyncEngine | None = None
        self._plain: AsyncEngine
        self._snapshots: AsyncEngine

    async def open(self) -> None:
        """Raises StoreMissing or StoreForeign when there is nothing to read."""
        async with AsyncExitStack() as opened:
            engine = self._engine_for(_SESSION, ANSWER_WITHIN)
            opened.push_async_callback(engine.dispose)
            with faults.translated(self.name):
                async with engine.connect() as connection:
                    await connection.run_sync(migrations.require_current)
            opened.pop_all()
        self._engine = engine
        # A question of one statement needs no transaction, which would be two ways more.
        self._plain = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._snapshots = engine.execution_options(isolation_level="REPEATABLE READ")

    async def close(self) -> None:
        engine, self._engine = self._engine, None
        if engine is not None:
            await engine.dispose()

    async def _ask(self, question: Work[T], *, of_one_moment: bool = False) -> T:
        self._ready()
        with faults.translated(self.name):
            engine = self._snapshots if of_one_moment else self._plain
            async with engine.connect() as connection:
                return await connection.run_sync(question)

    def _ready(self) -> AsyncEngine:
        if self._engine is None:
            raise errors.StoreUnavailable(f"{self.name} is not open")
        return self._engine

    def _engine_for(self, session: Mapping[str, str], answer_within: float | None) -> AsyncEngine:
        engine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=lambda: _connect(self.name, self._locate, session, answer_within),
            pool_size=CONNECTIONS,
            max_overflow=0,
            pool_timeout=CONNECT_WITHIN,
            # What goes in is the text of tickets, which must not get into a log.
            hide_parameters=True,
        )
        faults.give_up_servers(engine.sync_engine, self.name)
        return engine


class PostgresStore(PostgresReader):
    """The port Store."""

    def __init__(self, locate: Locate, clock: ServerClock) -> None:
        """`clock`: is set to the server's."""
        super().__init__(locate)
        self._clock = clock

    async def open(self) -> None:
        """Raises StoreMissing when there is no such database, StoreForeign for another's."""
        await self._migrate()
        async with AsyncExitStack() as opened:
            await super().open()
            opened.push_async_callback(self.close)
            await self.next_wake()  # from here on all goes by the server's clock
            opened.pop_all()

    @asynccontextmanager
    async def begin(
        self, tickets: Collection[port.TicketKey] = ()
    ) -> AsyncIterator[port.Transaction]:
        engine = self._ready()
        with faults.translated(self.name):
            async with engine.connect() as connection:
                if tickets:
                    locks = sorted({_lock_of(key) for key in tickets})
                    await connection.exec_driver_sql(_HOLD, (locks,))
                # Leaving gives the connection back, which rolls back what is not committed.
                yield SqlTransaction(connection.run_sync, _commit)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Held by a transaction, so that it ends with this worker's connection at the latest."""
        engine = self._ready()
        with faults.translated(self.name):
            async with engine.connect() as connection:
                await _take_turn(connection)
                yield

    async def confirmed(self, ids: Collection[str]) -> None:
        self._ready()
        if ids:
            await self._ask(partial(_remove, ids=ids))

    async def next_wake(self) -> datetime | None:
        wake_at, now = await self._ask(_wake_and_now)
        self._clock.set(now)
        return wake_at

    async def _migrate(self) -> None:
        engine = self._engine_for(_MIGRATION, None)
        try:
            with faults.translated(self.name):
                async with engine.begin() as connection:
                    await connection.execute(_MIGRATE_ALONE)
                    await connection.run_sync(migrations.upgrade)
        finally:
            await engine.dispose()


async def _commit(run: Run, changes: port.Changes) -> None:
    await run(partial(_save_and_commit, changes=changes))


def _remove(connection: sa.Connection, ids: Collection[str]) -> None:
    queries.remove_from_outbox(connection, ids)
    connection.commit()


def _save_and_commit(connection: sa.Connection, changes: port.Changes) -> None:
    save(connection, changes)
    connection.commit()


def save(connection: sa.Connection, changes: port.Changes) -> None:
    """What comes before the commit. Raises EventAlreadyKnown."""
    if not any(changes):
        return
    events = map(records.of_event, changes.inbox)
    tickets = map(records.of_ticket, changes.tickets)
    messages = map(records.of_message, changes.outbox)
    given = statements.kept(events, tickets, messages)
    added = connection.exec_driver_sql(statements.keep(), given).scalar_one()
    if added < len(changes.inbox):
        raise port.EventAlreadyKnown


def _wake_and_now(connection: sa.Connection) -> tuple[datetime | None, datetime]:
    wake_at, now = connection.execute(_NEXT_WAKE).one()
    return wake_at, now


async def _take_turn(connection: AsyncConnection) -> None:
    try:
        await connection.exec_driver_sql(_TAKE_TURN)
    except exc.DBAPIError as error:
        if faults.tells_of_lock(error):
            raise port.TurnTaken from error
        raise


async def _connect(
    name: str, locate: Locate, session: Mapping[str, str], answer_within: float | None
) -> asyncpg.Connection:
    try:
        connection = await asyncpg.connect(
            locate(),
            timeout=CONNECT_WITHIN,
            command_timeout=answer_within,
            server_settings=dict(session),
        )
    except errors.BadSetting as error:  # the file of a secret, while it is renewed
        raise errors.StoreUnavailable(f"{name} cannot be reached: {error}") from error
    except asyncpg.InvalidCatalogNameError as error:
        raise errors.StoreMissing(f"{name} does not exist") from error
    except asyncpg.exceptions.ClientConfigurationError as error:
        raise errors.BadSetting(f"RESPONDBY_DATABASE_URL: {error}") from error
    except (OSError, OverflowError) as error:  # a timeout, or a port that is none
        why = str(error) or f"no answer within {CONNECT_WITHIN:g} s"
        raise errors.StoreUnavailable(f"{name} cannot be reached: {why}") from error
    encoding = connection.get_settings().server_encoding
    if encoding != "UTF8":
        await connection.close()
        raise errors.StoreForeign(f"{name} cannot hold every text: its encoding is {encoding}")
    return connection


def _lock_of(key: port.TicketKey) -> int:
    """The number of a ticket's lock; two tickets that share one wait for each other in vain."""
    digest = hashlib.blake2b("\0".join(key).encode(), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)


def _name(url: str) -> str:
    """How messages call the database: nothing of the user's part is in it."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2] or parse_qs(parts.query).get("host", ["this host"])[0]
    return f"the database {unquote(parts.path).lstrip('/')} on {host}".replace("  ", " ")
