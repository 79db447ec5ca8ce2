"""Questions that a write transaction and a reader ask alike."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from worker.store import port
from worker.store.tables import IS_OPEN, inbox, tickets

Query = sa.Select[*tuple[Any, ...]]


async def rows(connection: AsyncConnection, query: Query) -> Sequence[sa.RowMapping]:
    return (await connection.execute(query)).mappings().all()


async def of_keys(
    connection: AsyncConnection,
    query: Query,
    columns: tuple[sa.ColumnElement[str], sa.ColumnElement[str]],
    keys: Collection[tuple[str, str]],
) -> Sequence[sa.RowMapping]:
    """The rows whose (source, name) columns hold one of these keys.

    Source by source, of which there are few: SQLite would scan the table for pairs.
    """
    source, name = columns
    found: list[sa.RowMapping] = []
    for one, names in _by_source(keys):
        found += await rows(connection, query.where(source == one, name.in_(names)))
    return found


async def histories(
    connection: AsyncConnection, keys: Collection[port.TicketKey]
) -> Mapping[port.TicketKey, Sequence[port.InboxRow]]:
    query = sa.select(inbox).order_by(inbox.c.received_at, inbox.c.id)
    by_ticket: dict[port.TicketKey, list[port.InboxRow]] = {}
    for found in await of_keys(connection, query, (inbox.c.source, inbox.c.ticket_id), keys):
        row = port.InboxRow(**found)
        by_ticket.setdefault(row.ticket_key, []).append(row)
    return by_ticket


async def open_after(
    connection: AsyncConnection, after: port.TicketKey | None, limit: int
) -> Sequence[port.TicketRow]:
    key = tickets.c.source, tickets.c.ticket_id
    query = sa.select(tickets).where(IS_OPEN).order_by(*key).limit(limit)
    if after is not None:
        query = query.where(sa.tuple_(*key) > sa.tuple_(*map(sa.literal, after)))
    return [port.TicketRow(**row) for row in await rows(connection, query)]


def _by_source(keys: Iterable[tuple[str, str]]) -> Iterator[tuple[str, list[str]]]:
    for source, pairs in groupby(sorted(keys), key=itemgetter(0)):
        yield source, [name for _, name in pairs]
