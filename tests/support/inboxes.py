"""The shipped inboxes, each with the broker's side of it, for tests that hold for both."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from tests.support import broker_ports
from tests.support.clock import settle
from tests.support.operator import Operator
from tests.support.proxy import Proxy
from tests.support.waiting import until
from worker.broker import topology
from worker.broker.events import Event
from worker.broker.memory import MemoryInbox, MemoryObserver
from worker.broker.port import Inbox


class Bench(Protocol):
    """An inbox, and what its broker does and knows."""

    @property
    def inbox(self) -> Inbox: ...

    async def send(self, *bodies: bytes) -> None:
        """Messages come to the broker."""
        ...

    async def connected(self) -> None:
        """Return when the inbox is connected."""
        ...

    async def lose_connection(self) -> None:
        """The connection breaks; returns when the inbox is connected again."""
        ...

    async def brought(self) -> None:
        """Return when the inbox was brought all that the broker has."""
        ...

    async def held(self) -> None:
        """Return when a hold has reached the broker."""
        ...

    async def unsettled(self) -> list[bytes]:
        """What the broker still has, in order. Ask when the inbox no longer runs."""
        ...

    def stale(self) -> int:
        """How many settled messages were of a connection that is gone."""
        ...


class MemoryBench:
    def __init__(self) -> None:
        self.inbox = MemoryInbox()

    async def send(self, *bodies: bytes) -> None:
        for body in bodies:
            self.inbox.deliver(body)

    async def connected(self) -> None:
        # It is as soon as it runs.
        await asyncio.sleep(0)

    async def lose_connection(self) -> None:
        self.inbox.reconnect()

    async def brought(self) -> None:
        # It is at once.
        await asyncio.sleep(0)

    async def held(self) -> None:
        assert self.inbox.held

    async def unsettled(self) -> list[bytes]:
        return [delivery.body for delivery in self.inbox.unsettled]

    def stale(self) -> int:
        return self.inbox.stale


class AmqpBench:
    def __init__(self, proxy: Proxy, operator: Operator) -> None:
        self._observer = MemoryObserver()
        self._proxy = proxy
        self._operator = operator
        self.inbox = broker_ports.inbox(proxy.url, self._observer)

    async def send(self, *bodies: bytes) -> None:
        await self._operator.send_many(list(bodies))

    async def connected(self) -> None:
        await broker_ports.up(self._observer, "consume")

    async def lose_connection(self) -> None:
        await self.connected()
        ups = len(self._observer.of(Event.LINK_UP))
        # What was acknowledged has left us, and gets to the broker.
        await settle()
        self._proxy.cut()
        await until(lambda: len(self._observer.of(Event.LINK_UP)) > ups, "connected again")

    async def brought(self) -> None:
        async def nothing_waits() -> bool:
            return await self._operator.waiting(topology.INBOX) == 0

        await until(nothing_waits, "all is brought")

    async def held(self) -> None:
        async def nobody_consumes() -> bool:
            return await self._operator.consumers(topology.INBOX) == 0

        await until(nobody_consumes, "the hold has reached the broker")

    async def unsettled(self) -> list[bytes]:
        return [message.body for message in await self._operator.take_all(topology.INBOX)]

    def stale(self) -> int:
        counts = [told["count"] for told in self._observer.of(Event.STALE_SETTLED)]
        return sum(count for count in counts if isinstance(count, int))


@asynccontextmanager
async def amqp_bench(url: str) -> AsyncIterator[AmqpBench]:
    """On the broker at this URL, whose topology is declared."""
    async with Operator(url) as operator, Proxy(url) as proxy:
        await topology.declare(await operator.channel())
        yield AmqpBench(proxy, operator)
