"""A plain AMQP client for tests: puts messages in, looks at what came out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self

import aio_pika
from aio_pika.abc import AbstractConnection, AbstractIncomingMessage, HeadersType
from aiormq.abc import AbstractChannel

from worker.broker import topology


class Operator:
    """Publishes with confirms and `mandatory`; every request has a channel of its own."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: AbstractConnection

    async def __aenter__(self) -> Self:
        self._connection = await aio_pika.connect(self._url)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._connection.close()

    async def send(
        self,
        body: bytes,
        *,
        routing_key: str = "ticket.created",
        exchange: str = topology.TICKETS,
        message_id: str | None = None,
        content_type: str | None = "application/cloudevents+json",
        headers: HeadersType | None = None,
    ) -> None:
        """Publish one message; raises if no queue takes it."""
        async with self._connection.channel(on_return_raises=True) as channel:
            target = await channel.get_exchange(exchange, ensure=False)
            message = aio_pika.Message(
                body,
                message_id=message_id,
                content_type=content_type,
                headers=headers,
                delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            )
            await target.publish(message, routing_key=routing_key)

    async def send_many(self, bodies: list[bytes]) -> None:
        """Publish these to the worker's inbox, in order."""
        for body in bodies:
            await self.send(body)

    async def take(self, queue: str) -> AbstractIncomingMessage | None:
        """The next message of a queue, acknowledged; None if it is empty."""
        async with self._connection.channel() as channel:
            source = await channel.get_queue(queue, ensure=False)
            return await source.get(no_ack=True, fail=False)

    async def take_all(self, queue: str) -> list[AbstractIncomingMessage]:
        """All messages of a queue, acknowledged."""
        taken = []
        async with self._connection.channel() as channel:
            source = await channel.get_queue(queue, ensure=False)
            while (message := await source.get(no_ack=True, fail=False)) is not None:
                taken.append(message)
        return taken

    async def waiting(self, queue: str) -> int:
        """Messages in a queue that nobody holds."""
        async with self._connection.channel() as channel:
            declared = await channel.declare_queue(queue, passive=True)
            return declared.declaration_result.message_count or 0

    async def consumers(self, queue: str) -> int:
        """Consumers on a queue."""
        async with self._connection.channel() as channel:
            declared = await channel.declare_queue(queue, passive=True)
            return declared.declaration_result.consumer_count or 0

    @asynccontextmanager
    async def hoarding(self, queue: str) -> AsyncIterator[str]:
        """Consume a queue as another worker does: one message in hand, and never done with it.

        Gives the consumer's tag.
        """
        async with self._connection.channel() as channel:
            await channel.set_qos(prefetch_count=1)
            source = await channel.get_queue(queue, ensure=False)
            yield await source.consume(_keep)

    async def bind(self, queue: str, routing_key: str) -> None:
        """Declare a downstream queue and bind it to the worker's exchange."""
        async with self._connection.channel() as channel:
            declared = await channel.declare_queue(queue, durable=True)
            await declared.bind(topology.OUT, routing_key)

    async def delete_queue(self, queue: str) -> None:
        """Delete a queue with all that is in it."""
        async with self._connection.channel() as channel:
            await channel.queue_delete(queue)

    async def delete_topology(self) -> None:
        """Delete all that the worker declares."""
        async with self._connection.channel() as channel:
            for item in topology.OBJECTS:
                if isinstance(item, topology.Queue):
                    await channel.queue_delete(item.name)
                else:
                    await channel.exchange_delete(item.name)

    async def channel(self) -> AbstractChannel:
        """A bare channel, for what has no name here. It is closed with the operator."""
        channel = self._connection.channel(publisher_confirms=False)
        await channel.initialize()
        return await channel.get_underlay_channel()


async def _keep(_: AbstractIncomingMessage) -> None:
    """Take it, and neither acknowledge nor refuse it."""
