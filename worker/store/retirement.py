"""Tickets whose life is over: how they become tombstones, and how those are forgotten."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from functools import partial

import sqlalchemy as sa

from worker.store import port, queries, records, statements, tombstone
from worker.store.tables import IS_AT_REST, IS_FINISHED, inbox, tickets, tombstones
from worker.store.tombstone import Tombstone
from worker.store.work import Run

_EMPTIED = sa.update(inbox).values(body=b"")
_RETIRED = sa.update(tickets).values(phase="retired")

History = Sequence[port.InboxRow]


async def retire(run: Run, before: datetime, limit: int) -> int:
    """See `port.Transaction.retire`."""
    keys, whole = await run(partial(_over, before=before, limit=limit))
    if keys:
        # Others get their turn while much text is pressed.
        stones = await asyncio.to_thread(tombstone.pressed, whole)
        await run(partial(_bury, keys=keys, stones=stones))
    return len(keys)


def forget(connection: sa.Connection, before: datetime, limit: int) -> int:
    """See `port.Transaction.forget`."""
    keys = _held(connection, IS_AT_REST, before, limit)
    if keys:
        for table in (inbox, tombstones, tickets):
            columns = table.c.source, table.c.ticket_id
            queries.change(connection, sa.delete(table), columns, keys)
    return len(keys)


def _over(
    connection: sa.Connection, before: datetime, limit: int
) -> tuple[list[port.TicketKey], list[History]]:
    """Finished tickets, and the histories of those of them of which nothing is damaged."""
    keys = _held(connection, IS_FINISHED, before, limit)
    histories = queries.histories(connection, keys) if keys else {}
    return keys, [history for history in histories.values() if all(row.body for row in history)]


def _bury(
    connection: sa.Connection, keys: list[port.TicketKey], stones: Sequence[Tombstone]
) -> None:
    if stones:
        statement = statements.put_tombstone(connection.dialect.name)
        queries.write(connection, statement, map(records.of_tombstone, stones))
        pressed = [stone.key for stone in stones]
        queries.change(connection, _EMPTIED, (inbox.c.source, inbox.c.ticket_id), pressed)
    queries.change(connection, _RETIRED, (tickets.c.source, tickets.c.ticket_id), keys)


def _held(
    connection: sa.Connection, condition: sa.TextClause, before: datetime, limit: int
) -> list[port.TicketKey]:
    """Tickets that nobody else decides on; from now on nobody does."""
    query = (
        sa.select(tickets.c.source, tickets.c.ticket_id)
        .where(condition, tickets.c.last_event_at < before)
        .order_by(tickets.c.last_event_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [(source, name) for source, name in connection.execute(query)]
