"""What the broker has brought and nobody has received yet, and whoever waits for it."""

import asyncio
from collections import deque
from datetime import datetime
from typing import NamedTuple

from worker.broker.port import Delivery
from worker.broker.sieve import Brought


class _Token(NamedTuple):
    generation: int
    tag: int


class Hand:
    """Deliveries in order, of one connection after the other; closed for good by a drain."""

    def __init__(self) -> None:
        self._arrived: deque[Delivery] = deque()
        self._arrival = asyncio.Event()
        self._wanted = 1
        self._generation = 0
        self._is_closed = False

    def __len__(self) -> int:
        return len(self._arrived)

    def renew(self) -> None:
        """A new connection begins; tags of those before it mean nothing any more."""
        self._generation += 1

    def take(self, message: Brought, received_at: datetime) -> None:
        """The broker brings this one."""
        token = _Token(self._generation, message.tag)
        self._arrived.append(_delivery(message, token, received_at))
        if len(self._arrived) >= self._wanted:
            self._arrival.set()

    def tag(self, delivery: Delivery) -> int | None:
        """The broker's tag of a delivery, if this connection brought it."""
        token = delivery.token
        if isinstance(token, _Token) and token.generation == self._generation:
            return token.tag
        return None

    async def out(self, at_most: int, linger: float) -> list[Delivery]:
        """Wait for one, then up to `linger` seconds for more; none when closed."""
        # A lost connection may empty the hand while we linger: then wait for it to come back.
        while not self._is_closed:
            if self._arrived:
                await self._linger(at_most, linger)
                if count := min(at_most, len(self._arrived)):
                    return [self._arrived.popleft() for _ in range(count)]
            else:
                await self._arrival_of(1)
        return []

    def empty(self) -> None:
        """The connection is lost: what is here comes again."""
        self._arrived.clear()

    def close(self) -> None:
        """Nothing is handed out any more; whoever waits is told."""
        self._is_closed = True
        self._arrived.clear()
        self._arrival.set()

    async def _linger(self, at_most: int, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                while len(self._arrived) < at_most and not self._is_closed:
                    await self._arrival_of(at_most)
        except TimeoutError:
            return

    async def _arrival_of(self, count: int) -> None:
        # Woken once for all of them, not for each.
        self._wanted = count
        self._arrival.clear()
        await self._arrival.wait()


def _delivery(message: Brought, token: object, received_at: datetime) -> Delivery:
    properties = message.properties
    return Delivery(
        body=message.body,
        routing_key=message.routing_key,
        message_id=properties.message_id,
        content_type=properties.content_type,
        content_encoding=properties.content_encoding,
        headers=properties.headers or {},
        redelivered=message.redelivered,
        received_at=received_at,
        token=token,
    )
