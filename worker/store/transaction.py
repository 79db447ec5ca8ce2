"""A write transaction over SQLAlchemy Core, the same for every database."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.ext.asyncio import AsyncConnection

from worker.store import port, queries, statements
from worker.store.tables import WAKES, inbox, tickets

Row = port.InboxRow | port.TicketRow | port.OutboxRow


class SqlTransaction:
    """The port Transaction, on a connection on which one has begun."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._dialect = connection.dialect.name
        self._failed = False

    async def known(self, keys: Collection[port.EventKey]) -> Mapping[port.EventKey, bytes]:
        query = sa.select(inbox.c.source, inbox.c.id, inbox.c.digest)
        columns = inbox.c.source, inbox.c.id
        found = await queries.of_keys(self._connection, query, columns, keys)
        return {(row["source"], row["id"]): row["digest"] for row in found}

    async def tickets(
        self, keys: Collection[port.TicketKey]
    ) -> Mapping[port.TicketKey, port.TicketRow]:
        columns = tickets.c.source, tickets.c.ticket_id
        found = await queries.of_keys(self._connection, sa.select(tickets), columns, keys)
        rows = (port.TicketRow(**row) for row in found)
        return {row.key: row for row in rows}

    async def histories(
        self, keys: Collection[port.TicketKey]
    ) -> Mapping[port.TicketKey, Sequence[port.InboxRow]]:
        return await queries.histories(self._connection, keys)

    async def due(self, now: datetime, limit: int) -> Sequence[port.TicketRow]:
        query = (
            sa.select(tickets)
            .where(WAKES, tickets.c.wake_at <= now)
            .order_by(tickets.c.wake_at, tickets.c.source, tickets.c.ticket_id)
            .limit(limit)
        )
        return [port.TicketRow(**row) for row in await queries.rows(self._connection, query)]

    async def open_after(
        self, after: port.TicketKey | None, limit: int
    ) -> Sequence[port.TicketRow]:
        return await queries.open_after(self._connection, after, limit)

    async def save(self, changes: port.Changes) -> None:
        try:
            await self._write(statements.add_to_inbox(), changes.inbox)
        except exc.IntegrityError as error:
            self._failed = True
            raise port.EventAlreadyKnown from error
        await self._write(statements.put_ticket(self._dialect), changes.tickets)
        await self._write(statements.add_to_outbox(self._dialect), changes.outbox)

    async def commit(self) -> None:
        if self._failed:
            raise port.TransactionFailed
        await self._connection.commit()

    async def _write(self, statement: sa.Executable, rows: Sequence[Row]) -> None:
        if rows:
            await self._connection.execute(statement, [*_values(rows)])


def _values(rows: Sequence[Row]) -> Iterator[dict[str, object]]:
    names = [field.name for field in fields(rows[0])]
    for row in rows:
        yield {name: getattr(row, name) for name in names}
