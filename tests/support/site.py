"""Everything around the workers: what is before them and behind them, broker and database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aio_pika.abc import AbstractIncomingMessage

from tests.support import stream, upstream
from tests.support.databases import Database, SqliteFile
from tests.support.downstream import Downstream, taken
from tests.support.operator import Operator
from tests.support.upstream import Pace, Sending
from tests.support.worker_process import WorkerProcess
from worker.broker import topology

Document = dict[str, Any]


@dataclass
class Site:
    """Workers that are not started yet, on an empty virtual host with somebody downstream."""

    url: str
    workers: list[WorkerProcess]
    downstream: Downstream
    database: Database
    buried: list[AbstractIncomingMessage] = field(default_factory=list)
    """the dead letters that were looked at"""

    @property
    def worker(self) -> WorkerProcess:
        """The only one, or the first of several."""
        return self.workers[0]

    async def send(self, *events: Document) -> None:
        """Publish these events."""
        await upstream.pour(self.url, [stream.sending(event) for event in events])

    async def pour(self, *sendings: Sending, pace: Pace | None = None) -> None:
        """Publish these messages."""
        await upstream.pour(self.url, sendings, pace)

    async def events(self, type_: str | None = None) -> list[Document]:
        """What came out so far, each event once; all, or those of one type."""
        return [e for e in await self.downstream.look() if type_ in (None, e["type"])]

    async def dead_letters(self) -> list[AbstractIncomingMessage]:
        """All dead letters so far."""
        self.buried += await taken(self.url, topology.DEAD_LETTERS)
        return self.buried

    async def waiting(self, queue: str = topology.INBOX) -> int:
        """Messages in a queue that nobody holds."""
        async with Operator(self.url) as operator:
            return await operator.waiting(queue)

    def stored(self, table: str) -> int:
        """The rows of a table that the workers have committed; 0 before it is there."""
        return self.database.count(table)


@asynccontextmanager
async def built(
    url: str, folder: Path, database: Database | None = None, workers: int = 1
) -> AsyncIterator[Site]:
    """A site on this virtual host; its workers have the policy of the streams.

    Without a `database` there is one in a file in the worker's folder.
    """
    policy = folder / "policy.yaml"
    policy.write_text(stream.policy_text())
    database = database or SqliteFile(folder / "respondby.db")
    settings = {"POLICY": str(policy), "DATABASE_URL": database.url}
    team = [WorkerProcess(_room(folder, number), url, {**settings}) for number in range(workers)]
    site = Site(url, team, Downstream(url), database)
    await site.downstream.bind()
    try:
        yield site
    finally:
        for worker in team:
            worker.end()


def _room(folder: Path, number: int) -> Path:
    """A folder of its own for each worker; the first one needs none."""
    room = folder / f"worker-{number}" if number else folder
    room.mkdir(exist_ok=True)
    return room
