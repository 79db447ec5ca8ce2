"""Where a fault strikes: workers under a stream of events that goes on until it is over."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.support import broker_node, upstream
from tests.support.broker import Broker
from tests.support.postgres_server import PrivateServer
from tests.support.proxy import Proxy
from tests.support.site import Site
from tests.support.trial import Trial
from tests.support.waiting import until
from tests.support.worker_process import WorkerProcess
from worker.broker import topology
from worker.pipeline.waiting import first_of

#: Of the workers' own login, where a row gives them one.
PASSWORD = "copper-kettle"
#: Which parts of the stream come before the fault and after it.
_BEFORE, _AFTER = 0.1, 0.3
#: Seconds for the workers to do what they should with all that is in their inbox.
_WORKED_OFF_WITHIN = 30.0


@dataclass(frozen=True, slots=True)
class Ground:
    """What the rows share: a broker of our own, and a database server if that is asked for."""

    broker: Broker
    postgres: PrivateServer | None = None
    workers: int = 1

    @property
    def has_node(self) -> bool:
        """Whether the broker's process is ours to kill."""
        return isinstance(self.broker.machine, broker_node.PrivateNode)


@dataclass(slots=True)
class Scene:
    """One row's workers, before they are started, and what a strike needs."""

    ground: Ground
    vhost: str
    site: Site
    trial: Trial
    random: Random
    folder: Path
    lasts: float
    """seconds over which the stream is spread out while the fault lasts"""
    network: Proxy | None = None
    """between the workers and their broker, if the row wants one there"""
    noticed: float | None = None
    """seconds until a worker said that something is wrong, where the strike waited for that"""
    _over: asyncio.Event = field(default_factory=asyncio.Event)
    _silence: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def proxy(self) -> Proxy:
        assert self.network is not None, "this row has no proxy"
        return self.network

    @property
    def worker(self) -> WorkerProcess:
        return self.site.worker

    @property
    def broker(self) -> Broker:
        return self.ground.broker

    async def ctl(self, *arguments: str) -> None:
        """Tell the broker, as an operator does."""
        await asyncio.to_thread(self.broker.rabbitmqctl, *arguments)

    async def up(self) -> None:
        """Start all workers and wait until they are able to work."""
        await asyncio.gather(*(worker.up() for worker in self.site.workers))

    async def pour(self) -> None:
        """A part at once, the next little by little, and the rest when the fault is over."""
        count = len(self.trial.sendings)
        before, after = int(count * _BEFORE), int(count * (1 - _AFTER))
        await self.trial.pour(slice(before))
        await self.trial.pour(slice(before, after), self._pace)
        await self._over.wait()
        await self.trial.pour(slice(after, None))

    def is_over(self) -> None:
        """The fault is; now all that is left may come at once."""
        self._over.set()

    async def is_busy(self) -> None:
        """Wait until events are worked off, as they come in, or none is left that is new."""
        before, most = self.site.stored("inbox"), len(self.trial.stream.events) - 1
        await until(lambda: self.site.stored("inbox") > min(before, most), "they work", 60)

    @asynccontextmanager
    async def silence(self) -> AsyncIterator[None]:
        """While the block lasts nothing comes in, and what had come is worked off."""
        async with self._silence:
            await until(self._is_worked_off, "the inbox is worked off", _WORKED_OFF_WITHIN)
            yield

    @asynccontextmanager
    async def noticing(self, event: str, within: float) -> AsyncIterator[None]:
        """After the block, wait until one of the workers says this once more."""

        def said() -> int:
            return sum(len(worker.log(event)) for worker in self.site.workers)

        before, since = said(), time.monotonic()
        yield
        await until(lambda: said() > before, f"a worker says {event}", within)
        self.noticed = time.monotonic() - since

    async def _pace(self) -> None:
        windows = len(self.trial.sendings) * (1 - _BEFORE - _AFTER) / upstream.WINDOW
        await first_of(self._over.wait(), asyncio.sleep(self.lasts / windows))
        async with self._silence:
            return

    async def _is_worked_off(self) -> bool:
        queues = await asyncio.to_thread(self.broker.queues, self.vhost)
        inbox = queues[topology.INBOX]
        return not inbox["messages_ready"] + inbox["messages_unacknowledged"]
