"""A store with whims."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import datetime

from worker import errors
from worker.store import port
from worker.store.memory import MemoryStore


class FlakyStore(MemoryStore):
    """A store that can be away, or lose the answer to a commit that it has kept."""

    away = False
    away_for_input = False
    """whether those are refused who begin with tickets, as all input does and no timer"""
    hanging: asyncio.Event | None = None
    """until it is set, those who begin with tickets get no answer, and then are refused"""
    lose_next_answer = False

    async def next_wake(self) -> datetime | None:
        if self.away:
            raise errors.StoreUnavailable("the disk is full")
        return await super().next_wake()

    async def census(self) -> port.Census:
        if self.away:
            raise errors.StoreUnavailable("the disk is full")
        return await super().census()

    @asynccontextmanager
    async def begin(
        self, tickets: Collection[port.TicketKey] = ()
    ) -> AsyncIterator[port.Transaction]:
        if self.hanging is not None and tickets:
            await self.hanging.wait()
            raise errors.StoreUnavailable("no answer in time")
        if self.away or (self.away_for_input and tickets):
            raise errors.StoreUnavailable("the disk is full")
        async with super().begin(tickets) as transaction:
            yield transaction
        if self.lose_next_answer:
            self.lose_next_answer = False
            raise errors.StoreUnavailable("the answer got lost")
