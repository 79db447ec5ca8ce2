"""The least that a program on aio-pika can do: take messages and publish them again, in batches.

    python -m tests.benchmarks.echo_aio_pika URL

It decides nothing and keeps nothing, so nothing on aio-pika that loses no message is faster.
"""

import asyncio
import sys

import aio_pika
import uvloop
from aio_pika.abc import AbstractIncomingMessage

from tests.benchmarks.terms import BATCH, KEY, PREFETCH
from worker.broker import topology

Arrived = asyncio.Queue[AbstractIncomingMessage]


async def main(url: str) -> None:
    # One connection for each direction, as the broker's makers advise.
    consuming, publishing = await aio_pika.connect(url), await aio_pika.connect(url)
    taking, giving = await consuming.channel(), await publishing.channel()
    await taking.set_qos(prefetch_count=PREFETCH)
    inbox = await taking.get_queue(topology.INBOX, ensure=False)
    out = await giving.get_exchange(topology.OUT, ensure=False)
    arrived = Arrived()
    await inbox.consume(arrived.put)
    while True:
        batch = await _batch(arrived)
        await asyncio.gather(*(out.publish(_copy(message), KEY) for message in batch))
        await batch[-1].ack(multiple=True)


async def _batch(arrived: Arrived) -> list[AbstractIncomingMessage]:
    batch = [await arrived.get()]
    while len(batch) < BATCH and not arrived.empty():
        batch.append(arrived.get_nowait())
    return batch


def _copy(message: AbstractIncomingMessage) -> aio_pika.Message:
    return aio_pika.Message(
        message.body,
        message_id=message.message_id,
        content_type=message.content_type,
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
    )


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
