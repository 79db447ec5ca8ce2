"""What can be asked of the database without taking part in the work."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TypeVar

import sqlalchemy as sa

from worker.store import port, queries
from worker.store.tables import IS_OPEN, IS_WAITING, WAKES, outbox, tickets
from worker.store.work import Work

T = TypeVar("T")

_PER_PHASE = (
    sa.select(tickets.c.level, tickets.c.phase, sa.func.count().label("number"))
    .where(IS_OPEN)
    .group_by(tickets.c.phase, tickets.c.level)
)
_WAITING = sa.select(sa.func.count()).select_from(tickets).where(IS_WAITING)
_PENDING = sa.select(sa.func.count()).select_from(outbox)
_NEXT_OUT = sa.select(outbox.c.created_at).order_by(outbox.c.position).limit(1)
# The first in the order of `tickets_open`: a minimum would have to look at every ticket. Whether it
# wakes is not asked: one that was put aside, damaged, is overdue all the same.
_NEXT_DEADLINE = (
    sa.select(tickets.c.deadline)
    .where(
        IS_OPEN,
        tickets.c.phase == "running",
        tickets.c.level == sa.bindparam("level"),
        tickets.c.deadline.is_not(None),
    )
    .order_by(tickets.c.deadline)
    .limit(1)
)
_NEXT_WAKE = sa.select(sa.func.min(tickets.c.wake_at)).where(WAKES)


class SqlReader(ABC):
    """The port Reader, but for what databases do in their own ways."""

    def __init__(self, name: str) -> None:
        """`name`: how messages call the store; no secret may be in it."""
        self.name = name

    @abstractmethod
    async def open(self) -> None: ...

    @abstractmethod
    async def close(self) -> None: ...

    @abstractmethod
    async def _ask(self, question: Work[T], *, of_one_moment: bool = False) -> T:
        """`of_one_moment`: where it is more than one question to the database."""

    async def next_wake(self) -> datetime | None:
        return await self._ask(_next_wake)

    async def outbox(self, limit: int) -> Sequence[port.OutboxRow]:
        return await self._ask(partial(queries.outbox, limit=limit))

    async def waiting(
        self, before: datetime, limit: int, after: port.TicketRow | None = None
    ) -> Sequence[port.TicketRow]:
        query = queries.waiting(before, limit, after)
        return await self._ask(partial(queries.found, query=query))

    async def open_tickets(self, limit: int | None = None) -> Sequence[port.TicketRow]:
        deadline = tickets.c.deadline
        query = (
            sa.select(tickets)
            .where(IS_OPEN)
            .order_by(deadline.is_(None), deadline, tickets.c.source, tickets.c.ticket_id)
            .limit(limit)
        )
        return await self._ask(partial(queries.found, query=query))

    async def open_after(
        self, after: port.TicketKey | None, limit: int
    ) -> Sequence[port.TicketRow]:
        query = queries.open_after(after, limit)
        return await self._ask(partial(queries.found, query=query))

    async def histories(
        self, keys: Collection[port.TicketKey]
    ) -> Mapping[port.TicketKey, Sequence[port.InboxRow]]:
        return await self._ask(partial(queries.histories, keys=keys), of_one_moment=True)

    async def census(self) -> port.Census:
        return await self._ask(_census, of_one_moment=True)


def _next_wake(connection: sa.Connection) -> datetime | None:
    found: datetime | None = connection.scalar(_NEXT_WAKE)
    return found


def _census(connection: sa.Connection) -> port.Census:
    per_phase = connection.execute(_PER_PHASE).all()
    return port.Census(
        tickets={(row.level, row.phase): row.number for row in per_phase},
        next_deadline=_next_deadlines(
            connection, [row.level for row in per_phase if row.phase == "running"]
        ),
        waiting=connection.scalar(_WAITING) or 0,
        outbox_pending=connection.scalar(_PENDING) or 0,
        outbox_oldest=connection.scalar(_NEXT_OUT),
    )


def _next_deadlines(connection: sa.Connection, levels: Collection[str]) -> Mapping[str, datetime]:
    found = {level: connection.scalar(_NEXT_DEADLINE, {"level": level}) for level in levels}
    return {level: deadline for level, deadline in found.items() if deadline is not None}
