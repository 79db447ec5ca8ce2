"""A write transaction over SQLAlchemy Core, the same for every database."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.ext.asyncio import AsyncConnection

from worker.store import port, statements
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
        found = await self._of(query, inbox.c.source, inbox.c.id, keys)
        return {(row["source"], row["id"]): row["digest"] for row in found}

    async def tickets(
        self, keys: Collection[port.TicketKey]
    ) -> Mapping[port.TicketKey, port.TicketRow]:
        query = sa.select(tickets)
        found = await self._of(query, tickets.c.source, tickets.c.ticket_id, keys)
        rows = (port.TicketRow(**row) for row in found)
        return {row.key: row for row in rows}

    async def histories(
        self, keys: Collection[port.TicketKey]
    ) -> Mapping[port.TicketKey, Sequence[port.InboxRow]]:
        query = sa.select(inbox).order_by(inbox.c.received_at, inbox.c.id)
        histories: dict[port.TicketKey, list[port.InboxRow]] = {}
        for found in await self._of(query, inbox.c.source, inbox.c.ticket_id, keys):
            row = port.InboxRow(**found)
            histories.setdefault(row.ticket_key, []).append(row)
        return histories

    async def due(self, now: datetime, limit: int) -> Sequence[port.TicketRow]:
        query = (
            sa.select(tickets)
            .where(WAKES, tickets.c.wake_at <= now)
            .order_by(tickets.c.wake_at, tickets.c.source, tickets.c.ticket_id)
            .limit(limit)
        )
        return [port.TicketRow(**row) for row in await self._rows(query)]

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

    async def _rows(self, query: sa.Select[*tuple[Any, ...]]) -> Sequence[sa.RowMapping]:
        return (await self._connection.execute(query)).mappings().all()

    async def _of(
        self,
        query: sa.Select[*tuple[Any, ...]],
        source: sa.ColumnElement[str],
        name: sa.ColumnElement[str],
        keys: Collection[tuple[str, str]],
    ) -> Sequence[sa.RowMapping]:
        """The rows with one of these (source, name) keys.

        Source by source, of which there are few: SQLite would scan the table for pairs.
        """
        found: list[sa.RowMapping] = []
        for one, names in _by_source(keys):
            found += await self._rows(query.where(source == one, name.in_(names)))
        return found


def _by_source(keys: Iterable[tuple[str, str]]) -> Iterator[tuple[str, list[str]]]:
    for source, pairs in groupby(sorted(keys), key=itemgetter(0)):
        yield source, [name for _, name in pairs]


def _values(rows: Sequence[Row]) -> Iterator[dict[str, object]]:
    names = [field.name for field in fields(rows[0])]
    for row in rows:
        yield {name: getattr(row, name) for name in names}
