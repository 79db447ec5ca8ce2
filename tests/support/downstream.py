"""The program behind the worker: it gets every outbound event, and drops ids that it knows."""

import json
from typing import Any

import aio_pika
from aio_pika.abc import AbstractIncomingMessage

from tests.support.operator import Operator
from worker.broker import topology
from worker.broker.connection import SelfClosing

Document = dict[str, Any]


class Downstream:
    """A queue that is bound to all that the worker publishes. It connects anew for each look, so
    that a broker which is restarted in between does not matter."""

    QUEUE = "downstream"

    def __init__(self, url: str) -> None:
        self._url = url
        self.queues = [self.QUEUE]
        """where it looks"""
        self.messages: list[AbstractIncomingMessage] = []
        """all that came, copies included"""
        self._bodies: dict[str, bytes] = {}
        self._events: list[Document] = []

    async def bind(self, routing_key: str = "#") -> None:
        """Be there before the worker is, with a queue that is empty."""
        async with Operator(self._url) as operator:
            await topology.declare(await operator.channel())
            await operator.delete_queue(self.QUEUE)
            await operator.bind(self.QUEUE, routing_key)

    async def waiting(self) -> int:
        """How many messages were not looked at yet."""
        async with Operator(self._url) as operator:
            return await operator.waiting(self.QUEUE)

    async def look(self) -> list[Document]:
        """All events so far, each once, in the order in which they came first.

        Fails if the copies of an event are not the same to the byte.
        """
        arrived = [m for queue in self.queues for m in await taken(self._url, queue)]
        for message in arrived:
            id_ = str(message.message_id)
            if self._bodies.setdefault(id_, message.body) is message.body:
                self._events.append(json.loads(message.body))
            assert self._bodies[id_] == message.body, f"two events are called {id_}"
        self.messages += arrived
        return self._events


async def taken(url: str, queue: str) -> list[AbstractIncomingMessage]:
    """All messages that lie in a queue; they leave it."""
    async with (
        await aio_pika.connect(url, connection_class=SelfClosing) as connection,
        connection.channel() as channel,
    ):
        source = await channel.get_queue(queue)
        count = source.declaration_result.message_count or 0
        messages: list[AbstractIncomingMessage] = []
        if count:
            async with source.iterator() as arriving:
                async for message in arriving:
                    messages.append(message)
                    if len(messages) == count:
                        break
            await messages[-1].ack(multiple=True)
        return messages
