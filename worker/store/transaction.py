"""A write transaction over SQLAlchemy Core, the same for every database."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from worker.store import port, queries, retirement, statements
from worker.store.tables import WAKES, inbox, tickets

# The rows of tickets are read FOR UPDATE, in the order of their keys: whoever decides on one holds
# it, and no two can wait for each other. SQLite has no such clause and leaves it out; its writers
# take turns.
_TICKETS = (
    sa.select(tickets).order_by(tickets.c.source, tickets.c.ticket_id).with_for_update(of=tickets)
)
_DUE = (
    sa.select(tickets)
    .where(WAKES)
    .order_by(tickets.c.wake_at, tickets.c.source, tickets.c.ticket_id)
    .with_for_update(skip_locked=True)
)


class SqlTransaction:
    """The port Transaction, on a connection on which one has begun."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._dialect = connection.dialect.name
        self._failed = False

    async def known(self, keys: Collection[port.EventKey]) -> Mapping[port.EventKey, bytes]:
        query = sa.select(inbox.c.source, inbox.c.id, inbox.c.digest)
        with self._step():
            found = await queries.of_keys(
                self._connection, query, (inbox.c.source, inbox.c.id), keys
            )
        return {(row["source"], row["id"]): row["digest"] for row in found}

    async def tickets(
        self, keys: Collection[port.TicketKey]
    ) -> Mapping[port.TicketKey, port.TicketRow]:
        columns = tickets.c.source, tickets.c.ticket_id
        with self._step():
            found = await queries.of_keys(self._connection, _TICKETS, columns, keys)
        rows = (port.TicketRow(**row) for row in found)
        return {row.key: row for row in rows}

    async def histories(
        self, keys: Collection[port.TicketKey]
    ) -> Mapping[port.TicketKey, Sequence[port.InboxRow]]:
        with self._step():
            return await queries.histories(self._connection, keys)

    async def due(self, now: datetime, limit: int) -> Sequence[port.TicketRow]:
        query = _DUE.where(tickets.c.wake_at <= now).limit(limit)
        with self._step():
            return [port.TicketRow(**row) for row in await queries.rows(self._connection, query)]

    async def open_after(
        self, after: port.TicketKey | None, limit: int
    ) -> Sequence[port.TicketRow]:
        query = queries.open_after(after, limit).with_for_update()
        with self._step():
            return [port.TicketRow(**row) for row in await queries.rows(self._connection, query)]

    async def save(self, changes: port.Changes) -> None:
        dialect = self._dialect
        with self._step():
            added = await self._write(statements.add_to_inbox(dialect), changes.inbox)
            if added < len(changes.inbox):
                raise port.EventAlreadyKnown
            await self._write(statements.put_ticket(dialect), changes.tickets)
            await self._write(statements.add_to_outbox(dialect), changes.outbox)

    async def retire(self, before: datetime, limit: int) -> int:
        with self._step():
            return await retirement.retire(self._connection, before, limit)

    async def forget(self, before: datetime, limit: int) -> int:
        with self._step():
            return await retirement.forget(self._connection, before, limit)

    async def commit(self) -> None:
        if self._failed:
            raise port.TransactionFailed
        await self._connection.commit()

    async def _write(self, statement: sa.Executable, rows: Sequence[statements.Row]) -> int:
        """How many rows were written."""
        if not rows:
            return 0
        given = statements.given(self._dialect, rows)
        return (await self._connection.execute(statement, given)).rowcount

    @contextmanager
    def _step(self) -> Iterator[None]:
        # PostgreSQL would answer a COMMIT after a failed step with a silent rollback.
        try:
            yield
        except BaseException:
            self._failed = True
            raise
