"""Reads all that comes out downstream, and notes when it came."""

import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aio_pika
from aio_pika.abc import AbstractIncomingMessage

from tests.benchmarks.terms import DOWNSTREAM


@dataclass(frozen=True)
class Watcher:
    """What came, in the order in which it came."""

    _arrived: list[tuple[float, str, bytes]] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self._arrived)

    def events(self, kind: str) -> Iterator[tuple[float, dict[str, Any]]]:
        """Those whose routing key begins so, each with its arrival in seconds since 1970."""
        for at, key, body in self._arrived:
            if key.startswith(kind):
                yield at, json.loads(body)

    async def note(self, message: AbstractIncomingMessage) -> None:
        self._arrived.append((time.time(), message.routing_key or "", message.body))


@asynccontextmanager
async def watching(url: str) -> AsyncIterator[Watcher]:
    """While the block lasts, on a connection of its own."""
    watcher = Watcher()
    async with await aio_pika.connect(url) as connection, connection.channel() as channel:
        await channel.set_qos(prefetch_count=1000)
        queue = await channel.get_queue(DOWNSTREAM, ensure=False)
        await queue.consume(watcher.note, no_ack=True)
        yield watcher
