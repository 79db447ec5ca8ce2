"""A clock that is moved by hand."""

import asyncio
import heapq
import itertools
from datetime import UTC, datetime, timedelta

#: Rounds of the event loop in which tasks that can go on have gone on.
_ROUNDS = 30


class ManualClock:
    """Stands still until `advance`; sleepers wake in the order of their times."""

    def __init__(self, now: datetime = datetime(2026, 3, 9, 15, tzinfo=UTC)) -> None:
        self._now = now
        self._numbers = itertools.count()
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return self._now

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        awake: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        wake_at = self._now + timedelta(seconds=seconds)
        heapq.heappush(self._sleepers, (wake_at, next(self._numbers), awake))
        await awake

    async def leap(self, seconds: float) -> None:
        """A machine that was suspended: so much later, all who sleep wake at once."""
        self._now += timedelta(seconds=seconds)
        await self.advance(0)

    def set_back(self, seconds: float) -> None:
        """What an operator, or a time server, may do. Sleepers do not notice."""
        by = timedelta(seconds=seconds)
        self._now -= by
        self._sleepers = [(at - by, number, awake) for at, number, awake in self._sleepers]

    async def advance(self, seconds: float) -> None:
        """Let so much time pass; whoever wakes acts at its own instant."""
        end = self._now + timedelta(seconds=seconds)
        await settle()
        while self._sleepers and self._sleepers[0][0] <= end:
            wake_at, _, awake = heapq.heappop(self._sleepers)
            self._now = max(self._now, wake_at)
            if not awake.done():
                awake.set_result(None)
                await settle()
        self._now = end
        await settle()


async def settle() -> None:
    """Let every task go on until it waits for something that is not there yet."""
    for _ in range(_ROUNDS):
        await asyncio.sleep(0)
