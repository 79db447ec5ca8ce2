"""A write transaction over SQLAlchemy: the same for every database, but for how it commits."""

from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial

import sqlalchemy as sa

from worker.store import port, queries, records, retirement
from worker.store.tables import WAKES, inbox, tickets
from worker.store.work import Run

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
_KNOWN = sa.select(inbox.c.source, inbox.c.id, inbox.c.digest)


Commit = Callable[[Run, port.Changes], Awaitable[None]]
"""Keeps these as one piece of work, and commits it. Raises EventAlreadyKnown."""


class SqlTransaction:
    """The port Transaction: each step is one piece of work."""

    def __init__(self, run: Run, commit: Commit) -> None:
        self._run = run
        self._commit = commit
        self._failed = False

    async def archive(
        self, events: Collection[tuple[port.EventKey, port.TicketKey]]
    ) -> port.Archive:
        with self._step():
            return await self._run(partial(_archive, events=events))

    async def histories(
        self, keys: Collection[port.TicketKey]
    ) -> Mapping[port.TicketKey, Sequence[port.InboxRow]]:
        with self._step():
            return await self._run(partial(queries.histories, keys=keys))

    async def due(self, now: datetime, limit: int) -> Sequence[port.TicketRow]:
        query = _DUE.where(tickets.c.wake_at <= now).limit(limit)
        with self._step():
            return await self._run(partial(queries.found, query=query))

    async def open_after(
        self, after: port.TicketKey | None, limit: int
    ) -> Sequence[port.TicketRow]:
        query = queries.open_after(after, limit).with_for_update()
        with self._step():
            return await self._run(partial(queries.found, query=query))

    async def retire(self, before: datetime, limit: int) -> int:
        with self._step():
            return await retirement.retire(self._run, before, limit)

    async def forget(self, before: datetime, limit: int) -> int:
        with self._step():
            return await self._run(partial(retirement.forget, before=before, limit=limit))

    async def commit(self, changes: port.Changes = port.NOTHING) -> None:
        if self._failed:
            raise port.TransactionFailed
        with self._step():
            await self._commit(self._run, changes)

    @contextmanager
    def _step(self) -> Iterator[None]:
        # PostgreSQL would answer a COMMIT after a failed step with a silent rollback.
        try:
            yield
        except BaseException:
            self._failed = True
            raise


def _archive(
    connection: sa.Connection, events: Collection[tuple[port.EventKey, port.TicketKey]]
) -> port.Archive:
    keys = {event for event, _ in events}
    marks = queries.of_keys(connection, _KNOWN, (inbox.c.source, inbox.c.id), keys)
    known = {(source, id_): digest for source, id_, digest in marks}
    new = {ticket for event, ticket in events if event not in known}
    if not new:
        return port.Archive(known, {}, {})
    held = queries.of_keys(connection, _TICKETS, (tickets.c.source, tickets.c.ticket_id), new)
    rows = {row.key: row for row in map(records.ticket, held)}
    return port.Archive(known, rows, queries.histories(connection, rows) if rows else {})
