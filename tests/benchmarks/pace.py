"""An upstream that publishes so many messages a second, whatever becomes of them."""

import asyncio
import time
from collections.abc import Iterable, Mapping

import aio_pika
from aio_pika.abc import AbstractExchange

from tests.support.upstream import Sending
from worker.broker import topology


async def sent(url: str, sendings: Iterable[Sending], per_second: float) -> Mapping[str, float]:
    """Publish all; when each left, in seconds since 1970, by message id.

    Nothing waits for a confirm but the end: what a slow broker held up would be counted as fast.
    """
    left: dict[str, float] = {}
    async with (
        await aio_pika.connect(url) as connection,
        connection.channel() as channel,
        asyncio.TaskGroup() as confirmed,
    ):
        tickets = await channel.get_exchange(topology.TICKETS, ensure=False)
        begun = time.perf_counter()
        for place, sending in enumerate(sendings):
            await asyncio.sleep(begun + place / per_second - time.perf_counter())
            left[str(sending.message_id)] = time.time()
            confirmed.create_task(_publish(tickets, sending))
    return left


async def _publish(tickets: AbstractExchange, sending: Sending) -> None:
    await tickets.publish(sending.message, sending.routing_key)
