"""The queues at both ends of a contender, as an upstream fills them and a watcher counts them."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from itertools import islice

import aio_pika
from aio_pika.abc import AbstractConnection
from aiormq.abc import AbstractChannel

from tests.benchmarks.terms import DOWNSTREAM
from tests.support.broker import Broker
from tests.support.upstream import Sending
from tests.support.waiting import until
from worker.broker import topology

#: Bound to all that is published; of the same kind as the inbox.
_DOWNSTREAM = topology.Queue(name=DOWNSTREAM, source=topology.OUT, routing_key="#")
#: Messages on their way at one time.
_WINDOW = 500
#: Seconds for the broker to have all that it was sent.
_FILLED_WITHIN = 30.0


class Queues:
    """The topology of the contract on a virtual host of its own, and a queue downstream."""

    def __init__(self, url: str, connection: AbstractConnection, side: AbstractChannel) -> None:
        self.url = url
        self._connection = connection
        self._side = side

    async def fill(self, sendings: Iterable[Sending]) -> int:
        """Put these into the empty inbox, and return when they are there; how many."""
        count, left = 0, iter(sendings)
        async with self._connection.channel() as channel:
            tickets = await channel.get_exchange(topology.TICKETS, ensure=False)
            # Confirmed: a quorum queue that is busy may lose what nobody asks about.
            while window := [*islice(left, _WINDOW)]:
                await asyncio.gather(*(tickets.publish(s.message, s.routing_key) for s in window))
                count += len(window)
        await until(lambda: self._holds(topology.INBOX, count), "the inbox is full", _FILLED_WITHIN)
        return count

    async def waiting(self, queue: str) -> int:
        """Messages in a queue that nobody holds."""
        declared = await self._side.queue_declare(queue, passive=True)
        return declared.message_count or 0

    async def has_consumer(self, count: int = 1) -> bool:
        """Whether so many consume the inbox."""
        declared = await self._side.queue_declare(topology.INBOX, passive=True)
        return (declared.consumer_count or 0) >= count

    async def remove(self) -> None:
        """What is in the queues must not burden the broker any more."""
        for item in (*topology.OBJECTS, _DOWNSTREAM):
            if isinstance(item, topology.Queue):
                await self._side.queue_delete(item.name)

    async def _holds(self, queue: str, count: int) -> bool:
        return await self.waiting(queue) >= count


@asynccontextmanager
async def made(broker: Broker) -> AsyncIterator[Queues]:
    url = broker.url(broker.new_vhost())
    async with await aio_pika.connect(url) as connection:
        channel = connection.channel(publisher_confirms=False)
        await channel.initialize()
        side = await channel.get_underlay_channel()
        await topology.declare(side)
        await _DOWNSTREAM.declare(side, passive=False)
        queues = Queues(url, connection, side)
        try:
            yield queues
        finally:
            await queues.remove()
