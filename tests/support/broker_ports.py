"""The worker's links on a real broker, made for tests: quick to look, quick to give up."""

import asyncio

from tests.support.waiting import until
from worker.broker.address import Address, Locate
from worker.broker.consumer import AmqpInbox, Limits
from worker.broker.memory import MemoryObserver
from worker.broker.port import Delivery, Inbox, Message
from worker.broker.publisher import AmqpPublisher
from worker.clock import SystemClock


def inbox(
    url: str, observer: MemoryObserver | None = None, *, declare: bool = True, **limits: float
) -> AmqpInbox:
    """An inbox whose watchdog looks five times a second."""
    prefetch = int(limits.pop("prefetch", 50))
    given = Limits(prefetch=prefetch, **{"look_every": 0.2, **limits})
    return AmqpInbox(_at(url), observer or MemoryObserver(), SystemClock(), given, declare=declare)


def publisher(url: str, observer: MemoryObserver | None = None, within: float = 5) -> AmqpPublisher:
    """A publisher that waits for its confirms `within` seconds."""
    return AmqpPublisher(
        _at(url), observer or MemoryObserver(), SystemClock(), confirm_within=within
    )


def message(number: int = 1, level: str = "high", body: bytes | None = None) -> Message:
    """An outbound event; its id is its number."""
    return Message(
        id=f"event-{number}",
        type="ticket.prioritized",
        routing_key=f"ticket.prioritized.{level}",
        body=body if body is not None else f'{{"number":{number}}}'.encode(),
        priority=6,
    )


async def up(observer: MemoryObserver, *links: str) -> None:
    """Wait until these links are up."""
    await until(lambda: all(observer.up.get(link) for link in links), f"{links} up", 30)


async def receive_all(port: Inbox, count: int) -> list[Delivery]:
    """Exactly so many deliveries, in as many batches as it takes."""
    received: list[Delivery] = []
    async with asyncio.timeout(20):
        while len(received) < count:
            received += await port.receive(count - len(received), 0.05)
    return received


def _at(url: str) -> Locate:
    return lambda: Address.from_url(url)
