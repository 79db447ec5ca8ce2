"""Dead letters put in their queue, as the worker and the broker do it."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import aio_pika
from aiormq.abc import AbstractChannel

from tests.support.operator import Operator
from tests.support.waiting import until
from worker.broker import letters, topology
from worker.broker.dead_letters import DeadLetters
from worker.broker.port import DeadLetter, Delivery

#: Deliveries of one message before the broker gives it up: one more than its limit.
_LIMIT = 21


def letter(id_: str, reason: str = "not_json", body: bytes | None = None) -> DeadLetter:
    """What the worker could not process."""
    delivery = Delivery(
        body=id_.encode() if body is None else body,
        routing_key="ticket.created",
        message_id=id_,
        content_type="application/json",
        headers={"traceparent": f"00-{id_}"},
        received_at=datetime(2026, 3, 2, tzinfo=UTC),
        token=None,
    )
    return DeadLetter(delivery=delivery, reason=reason, error="line 1")


async def bury(url: str, dead: Sequence[DeadLetter]) -> None:
    """Put these among the dead letters, in order."""
    async with await aio_pika.connect(url) as connection:
        channel = await _channel(connection.channel())
        await topology.declare(channel)
        made = [letters.publication(one) for one in dead]
        await asyncio.gather(
            *(
                channel.basic_publish(
                    one.body,
                    exchange=one.exchange,
                    routing_key=one.routing_key,
                    properties=one.properties,
                )
                for one in made
            )
        )


async def give_up(operator: Operator) -> None:
    """Have the broker itself give up what lies in the inbox: it was delivered too often."""
    before = await operator.waiting(topology.DEAD_LETTERS)
    for _ in range(_LIMIT):
        await until(lambda: _was_rejected(operator), "the message comes once more")

    async def is_there() -> bool:
        return await operator.waiting(topology.DEAD_LETTERS) == before + 1

    await until(is_there, "the broker has given it up")


async def seen(box: DeadLetters) -> list[str]:
    """The ids of all dead letters, in the order in which a look finds them."""
    ids: list[str] = []
    async with box.look() as look:
        while found := await look.next():
            ids += [one.id for one in found]
    return ids


async def _was_rejected(operator: Operator) -> bool:
    channel = await operator.channel()
    got = await channel.basic_get(topology.INBOX)
    if got.delivery_tag is None:
        return False
    await channel.basic_reject(got.delivery_tag, requeue=True)
    return True


async def _channel(opened: aio_pika.abc.AbstractChannel) -> AbstractChannel:
    await opened.initialize()
    return await opened.get_underlay_channel()
