"""Questions that a write transaction and a reader ask alike, and work on rows by their keys."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from worker.store import port, records, statements
from worker.store.records import Record
from worker.store.statements import KeyColumns
from worker.store.tables import IS_OPEN, IS_WAITING, inbox, tickets, tombstones

Query = sa.Select[*tuple[Any, ...]]
Key = tuple[str, str]

_EVENTS = sa.select(inbox).order_by(inbox.c.received_at, inbox.c.id)
_TOMBSTONES = sa.select(tombstones)


def found(connection: sa.Connection, query: Query) -> Sequence[port.TicketRow]:
    """The tickets that this question finds."""
    return [port.TicketRow(**row) for row in connection.execute(query).mappings()]


def of_keys(
    connection: sa.Connection, query: Query, columns: KeyColumns, keys: Collection[Key]
) -> Sequence[Record]:
    """The rows, as they are kept, whose (source, name) columns hold one of these keys."""
    dialect = connection.dialect.name
    text = statements.of_keys(dialect, query, columns)
    some: list[Record] = []
    for parameters in statements.among(dialect, keys):
        some += connection.exec_driver_sql(text, tuple(parameters.values())).fetchall()
    return some


def write(connection: sa.Connection, statement: str, rows: Iterable[Record]) -> int:
    """Write these with one of `statements`; how many were written."""
    given = [*rows]
    if not given:
        return 0
    parameters = statements.given(connection.dialect.name, given)
    return connection.exec_driver_sql(statement, parameters).rowcount


def change(
    connection: sa.Connection,
    statement: sa.Update | sa.Delete,
    columns: KeyColumns,
    keys: Collection[Key],
) -> None:
    """Do this to the rows whose (source, name) columns hold one of these keys."""
    dialect = connection.dialect.name
    theirs = statement.where(statements.are_among(dialect, columns))
    for parameters in statements.among(dialect, keys):
        connection.execute(theirs, parameters)


def histories(
    connection: sa.Connection, keys: Collection[port.TicketKey]
) -> Mapping[port.TicketKey, Sequence[port.InboxRow]]:
    by_ticket: dict[port.TicketKey, list[port.InboxRow]] = {}
    columns = inbox.c.source, inbox.c.ticket_id
    for row in map(records.event, of_keys(connection, _EVENTS, columns, keys)):
        by_ticket.setdefault(row.ticket_key, []).append(row)
    return {**by_ticket, **_completed(connection, by_ticket)}


def outbox(connection: sa.Connection, limit: int) -> Sequence[port.OutboxRow]:
    text = statements.first_of_outbox(connection.dialect.name, limit)
    return [*map(records.message, connection.exec_driver_sql(text).fetchall())]


def remove_from_outbox(connection: sa.Connection, ids: Collection[str]) -> None:
    """The broker has these. It is for the caller to commit."""
    dialect = connection.dialect.name
    gone = statements.confirmed(dialect, ids)
    connection.exec_driver_sql(statements.remove_from_outbox(dialect), gone)


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


def _completed(
    connection: sa.Connection, histories: Mapping[port.TicketKey, Sequence[port.InboxRow]]
) -> Mapping[port.TicketKey, Sequence[port.InboxRow]]:
    """Those of these histories that were retired once, with the bodies from their tombstones."""
    retired = [key for key, history in histories.items() if not all(row.body for row in history)]
    if not retired:
        return {}
    columns = tombstones.c.source, tombstones.c.ticket_id
    stones = map(records.tombstone, of_keys(connection, _TOMBSTONES, columns, retired))
    return {stone.key: stone.completed(histories[stone.key]) for stone in stones}
