"""Everything around one worker: the program before it, the program behind it, and its broker."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aio_pika.abc import AbstractIncomingMessage

from tests.support import stream, upstream
from tests.support.downstream import Downstream, taken
from tests.support.operator import Operator
from tests.support.upstream import Sending
from tests.support.worker_process import WorkerProcess
from worker.broker import topology

Document = dict[str, Any]


@dataclass
class Site:
    """A worker that is not started yet, on an empty virtual host with somebody downstream."""

    url: str
    worker: WorkerProcess
    downstream: Downstream
    buried: list[AbstractIncomingMessage] = field(default_factory=list)
    """the dead letters that were looked at"""

    async def send(self, *events: Document) -> None:
        """Publish these events."""
        await upstream.pour(self.url, [stream.sending(event) for event in events])

    async def pour(self, *sendings: Sending) -> None:
        """Publish these messages."""
        await upstream.pour(self.url, sendings)

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
        """The rows of a table that the worker has committed; 0 before it has made its tables."""
        if not self.worker.database.exists():
            return 0
        with closing(sqlite3.connect(f"file:{self.worker.database}?mode=ro", uri=True)) as database:
            if not database.execute(
                "SELECT 1 FROM sqlite_master WHERE name = ?", (table,)
            ).fetchone():
                return 0
            count: int = database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            return count


@asynccontextmanager
async def built(url: str, folder: Path) -> AsyncIterator[Site]:
    """A site on this virtual host; the worker has the policy of the streams."""
    policy = folder / "policy.yaml"
    policy.write_text(stream.policy_text())
    site = Site(url, WorkerProcess(folder, url, {"POLICY": str(policy)}), Downstream(url))
    await site.downstream.bind()
    try:
        yield site
    finally:
        site.worker.end()
