"""Questions that a write transaction and a reader ask alike, and how rows are found by key."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from worker.store import port, statements
from worker.store.tables import IS_OPEN, IS_WAITING, inbox, tickets, tombstones
from worker.store.tombstone import Tombstone

Query = sa.Select[*tuple[Any, ...]]
KeyColumns = tuple[sa.Column[str], sa.Column[str]]


async def rows(
    connection: AsyncConnection, query: Query, parameters: Mapping[str, object] | None = None
) -> Sequence[sa.RowMapping]:
    return (await connection.execute(query, parameters)).mappings().all()


async def of_keys(
    connection: AsyncConnection,
    query: Query,
    columns: KeyColumns,
    keys: Collection[tuple[str, str]],
) -> Sequence[sa.RowMapping]:
    """The rows whose (source, name) columns hold one of these keys."""
    found: list[sa.RowMapping] = []
    for condition, parameters in _among(connection.dialect.name, columns, keys):
        found += await rows(connection, query.where(condition), parameters)
    return found


async def change(
    connection: AsyncConnection,
    statement: sa.Update | sa.Delete,
    columns: KeyColumns,
    keys: Collection[tuple[str, str]],
) -> None:
    """Do this to the rows whose (source, name) columns hold one of these keys."""
    for condition, parameters in _among(connection.dialect.name, columns, keys):
        await connection.execute(statement.where(condition), parameters)


async def histories(
    connection: AsyncConnection, keys: Collection[port.TicketKey]
) -> Mapping[port.TicketKey, Sequence[port.InboxRow]]:
    query = sa.select(inbox).order_by(inbox.c.received_at, inbox.c.id)
    by_ticket: dict[port.TicketKey, list[port.InboxRow]] = {}
    for found in await of_keys(connection, query, (inbox.c.source, inbox.c.ticket_id), keys):
        row = port.InboxRow(**found)
        by_ticket.setdefault(row.ticket_key, []).append(row)
    return {**by_ticket, **await _completed(connection, by_ticket)}


def open_after(after: port.TicketKey | None, limit: int) -> Query:
    key = tickets.c.source, tickets.c.ticket_id
    query = sa.select(tickets).where(IS_OPEN).order_by(*key).limit(limit)
    if after is not None:
        query = query.where(sa.tuple_(*key) > sa.tuple_(*map(sa.literal, after)))
    return query


def waiting(before: datetime, limit: int, after: port.TicketRow | None) -> Query:
    order = tickets.c.first_seen_at, tickets.c.source, tickets.c.ticket_id
    query = sa.select(tickets).where(IS_WAITING, order[0] < before).order_by(*order).limit(limit)
    if after is not None:
        place = (getattr(after, column.name) for column in order)
        query = query.where(
            sa.tuple_(*order) > sa.tuple_(*map(sa.literal, place, (c.type for c in order)))
        )
    return query


async def _completed(
    connection: AsyncConnection, histories: Mapping[port.TicketKey, Sequence[port.InboxRow]]
) -> Mapping[port.TicketKey, Sequence[port.InboxRow]]:
    """Those of these histories that were retired once, with the bodies from their tombstones."""
    retired = [key for key, history in histories.items() if not all(row.body for row in history)]
    if not retired:
        return {}
    columns = tombstones.c.source, tombstones.c.ticket_id
    found = await of_keys(connection, sa.select(tombstones), columns, retired)
    stones = (Tombstone(**row) for row in found)
    return {stone.key: stone.completed(histories[stone.key]) for stone in stones}


def _among(
    dialect: str, columns: KeyColumns, keys: Collection[tuple[str, str]]
) -> Iterator[tuple[sa.ColumnElement[bool], Mapping[str, object]]]:
    """Conditions, with their parameters, of which each finds some of these keys."""
    if dialect == "postgresql":
        pairs = {"first": [key[0] for key in keys], "second": [key[1] for key in keys]}
        yield statements.are_among(columns), pairs
        return
    source, name = columns
    # Source by source, of which there are few: SQLite would scan the table for pairs.
    for one, names in _by_source(keys):
        yield sa.and_(source == one, name.in_(names)), {}


def _by_source(keys: Iterable[tuple[str, str]]) -> Iterator[tuple[str, list[str]]]:
    for source, pairs in groupby(sorted(keys), key=itemgetter(0)):
        yield source, [name for _, name in pairs]
