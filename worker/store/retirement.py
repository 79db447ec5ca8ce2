"""Tickets whose life is over: how they become tombstones, and how those are forgotten."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from worker.store import port, queries, statements, tombstone
from worker.store.tables import IS_AT_REST, IS_FINISHED, inbox, tickets, tombstones

_EMPTIED = sa.update(inbox).values(body=b"")
_RETIRED = sa.update(tickets).values(phase="retired")


async def retire(connection: AsyncConnection, before: datetime, limit: int) -> int:
    """See `port.Transaction.retire`."""
    keys = await _held(connection, IS_FINISHED, before, limit)
    if keys:
        await _press(connection, keys)
        await queries.change(connection, _RETIRED, (tickets.c.source, tickets.c.ticket_id), keys)
    return len(keys)


async def forget(connection: AsyncConnection, before: datetime, limit: int) -> int:
    """See `port.Transaction.forget`."""
    keys = await _held(connection, IS_AT_REST, before, limit)
    if keys:
        for table in (inbox, tombstones, tickets):
            columns = table.c.source, table.c.ticket_id
            await queries.change(connection, sa.delete(table), columns, keys)
    return len(keys)


async def _press(connection: AsyncConnection, keys: Sequence[port.TicketKey]) -> None:
    """Put the bodies of these tickets' events into tombstones, where none of them is damaged."""
    histories = await queries.histories(connection, keys)
    whole = [history for history in histories.values() if all(row.body for row in history)]
    if not whole:
        return
    # Others get their turn while much text is pressed.
    stones = await asyncio.to_thread(tombstone.pressed, whole)
    dialect = connection.dialect.name
    given = statements.given(dialect, stones)
    await connection.execute(statements.put_tombstone(dialect), given)
    pressed = [stone.key for stone in stones]
    await queries.change(connection, _EMPTIED, (inbox.c.source, inbox.c.ticket_id), pressed)


async def _held(
    connection: AsyncConnection, condition: sa.TextClause, before: datetime, limit: int
) -> list[port.TicketKey]:
    """Tickets that nobody else decides on; from now on nobody does."""
    query = (
        sa.select(tickets.c.source, tickets.c.ticket_id)
        .where(condition, tickets.c.last_event_at < before)
        .order_by(tickets.c.last_event_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [(row["source"], row["ticket_id"]) for row in await queries.rows(connection, query)]
