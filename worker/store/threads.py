"""SQLite's connections, which block who asks them: each piece of work is done in a thread."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import sqlalchemy as sa

from worker.store.work import Work

T = TypeVar("T")


class Threads:
    """An engine, and so many threads that work on its connections."""

    def __init__(self, engine: sa.Engine, count: int) -> None:
        self.engine = engine
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="sqlite")

    async def do(self, work: Callable[[], T]) -> T:
        """What has begun goes on to its end, though nobody waits for it any more."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    async def answer(self, question: Work[T]) -> T:
        """What this says of one moment."""
        return await self.do(partial(_answered, self.engine, question))

    async def end(self) -> None:
        """Wait for what has begun, and close all connections."""
        await asyncio.to_thread(self._pool.shutdown)
        await asyncio.to_thread(self.engine.dispose)


class Session:
    """One transaction in a single thread: what is done there later is done after it."""

    def __init__(self, thread: Threads) -> None:
        self._thread = thread
        self._connection: sa.Connection | None = None
        self._is_open = False

    async def run(self, work: Work[T]) -> T:
        self._is_open = True  # for all that this side knows, should it not hear the answer
        answer, self._is_open = await self._thread.do(partial(self._done, work))
        return answer

    async def end(self) -> None:
        """Roll back what is not committed."""
        if self._is_open:
            await asyncio.shield(self._thread.do(self._give_back))

    def _done(self, work: Work[T]) -> tuple[T, bool]:
        """In the thread: the answer, and whether the transaction is open still."""
        if self._connection is None:
            self._connection = self._thread.engine.connect()
        answer = work(self._connection)
        is_open = self._connection.in_transaction()
        if not is_open:
            self._give_back()
        return answer, is_open

    def _give_back(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _answered(engine: sa.Engine, question: Work[T]) -> T:
    with engine.connect() as connection:
        return question(connection)
