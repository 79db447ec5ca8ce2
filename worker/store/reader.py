"""What can be asked of the database without taking part in the work."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from worker import errors
from worker.store import faults, port, queries
from worker.store.tables import IS_OPEN, IS_WAITING, WAKES, outbox, tickets

_PER_PHASE = (
    sa.select(tickets.c.level, tickets.c.phase, sa.func.count().label("number"))
    .where(IS_OPEN)
    .group_by(tickets.c.phase, tickets.c.level)
)
_WAITING = sa.select(sa.func.count()).select_from(tickets).where(IS_WAITING)
_PENDING = sa.select(sa.func.count()).select_from(outbox)
_NEXT_OUT = sa.select(outbox.c.created_at).order_by(outbox.c.position).limit(1)
# The first in the order of `tickets_open`: a minimum would have to look at every ticket.
_NEXT_DEADLINE = (
    sa.select(tickets.c.deadline)
    .where(
        IS_OPEN,
        WAKES,
        tickets.c.phase == "running",
        tickets.c.level == sa.bindparam("level"),
        tickets.c.deadline.is_not(None),
    )
    .order_by(tickets.c.deadline)
    .limit(1)
)
_OUTBOX = sa.select(*(column for column in outbox.c if column.name != "position"))


class SqlReader:
    """The port Reader, once `start` was given an engine."""

    def __init__(self, name: str) -> None:
        """`name`: how messages call the store; no secret may be in it."""
        self.name = name
        self._engine: AsyncEngine | None = None
        self._snapshots: AsyncEngine

    def start(self, engine: AsyncEngine, snapshots: AsyncEngine | None = None) -> None:
        """`snapshots`: whose transactions see one moment, where that engine's do not."""
        self._engine, self._snapshots = engine, snapshots or engine

    async def close(self) -> None:
        engine, self._engine = self._engine, None
        if engine is not None:
            await engine.dispose()

    async def next_wake(self) -> datetime | None:
        found: datetime | None = await self._one(
            sa.select(sa.func.min(tickets.c.wake_at)).where(WAKES)
        )
        return found

    async def outbox(self, limit: int) -> Sequence[port.OutboxRow]:
        query = _OUTBOX.order_by(outbox.c.position).limit(limit)
        return [port.OutboxRow(**row) for row in await self._all(query)]

    async def waiting(
        self, before: datetime, limit: int, after: port.TicketRow | None = None
    ) -> Sequence[port.TicketRow]:
        query = queries.waiting(before, limit, after)
        return [port.TicketRow(**row) for row in await self._all(query)]

    async def open_tickets(self, limit: int | None = None) -> Sequence[port.TicketRow]:
        deadline = tickets.c.deadline
        query = (
            sa.select(tickets)
            .where(IS_OPEN)
            .order_by(deadline.is_(None), deadline, tickets.c.source, tickets.c.ticket_id)
            .limit(limit)
        )
        return [port.TicketRow(**row) for row in await self._all(query)]

    async def open_after(
        self, after: port.TicketKey | None, limit: int
    ) -> Sequence[port.TicketRow]:
        return [port.TicketRow(**row) for row in await self._all(queries.open_after(after, limit))]

    async def histories(
        self, keys: Collection[port.TicketKey]
    ) -> Mapping[port.TicketKey, Sequence[port.InboxRow]]:
        with faults.translated(self.name):
            async with self._ready().connect() as connection:
                return await queries.histories(connection, keys)

    async def census(self) -> port.Census:
        self._ready()
        with faults.translated(self.name):
            async with self._snapshots.begin() as connection:
                return await _census(connection)

    async def _all(self, query: queries.Query) -> Sequence[sa.RowMapping]:
        with faults.translated(self.name):
            async with self._ready().connect() as connection:
                return await queries.rows(connection, query)

    async def _one(self, query: queries.Query) -> Any:
        with faults.translated(self.name):
            async with self._ready().connect() as connection:
                return await connection.scalar(query)

    def _ready(self) -> AsyncEngine:
        if self._engine is None:
            raise errors.StoreUnavailable(f"{self.name} is not open")
        return self._engine


async def _census(connection: AsyncConnection) -> port.Census:
    """All of one moment, for they are read in one transaction."""
    per_phase = (await connection.execute(_PER_PHASE)).all()
    return port.Census(
        tickets={(row.level, row.phase): row.number for row in per_phase},
        next_deadline=await _next_deadlines(
            connection, [row.level for row in per_phase if row.phase == "running"]
        ),
        waiting=await connection.scalar(_WAITING) or 0,
        outbox_pending=await connection.scalar(_PENDING) or 0,
        outbox_oldest=await connection.scalar(_NEXT_OUT),
    )


async def _next_deadlines(
    connection: AsyncConnection, levels: Collection[str]
) -> Mapping[str, datetime]:
    found = {level: await connection.scalar(_NEXT_DEADLINE, {"level": level}) for level in levels}
    return {level: deadline for level, deadline in found.items() if deadline is not None}
