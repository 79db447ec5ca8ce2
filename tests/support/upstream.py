"""The program that publishes tickets: it sends again whatever was not confirmed."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import aio_pika
from aio_pika.abc import AbstractExchange

from worker import errors
from worker.broker import faults, topology
from worker.broker.connection import SelfClosing

#: Messages on their way at one time.
WINDOW = 50
#: Seconds between two tries to reach a broker that is away.
_RETRY_EVERY = 0.2


@dataclass(frozen=True, slots=True)
class Sending:
    """One message to the worker's inbox."""

    body: bytes
    routing_key: str = "ticket.created"
    message_id: str | None = None
    content_type: str | None = "application/cloudevents+json"
    content_encoding: str | None = None

    @property
    def message(self) -> aio_pika.Message:
        return aio_pika.Message(
            self.body,
            message_id=self.message_id,
            content_type=self.content_type,
            content_encoding=self.content_encoding,
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        )


Pace = Callable[[], Awaitable[None]]


async def pour(url: str, sendings: Sequence[Sending], pace: Pace | None = None) -> None:
    """Publish all, about in order. What a lost connection leaves in doubt is sent once more.

    `pace` is awaited before each window of them.
    """
    left = list(sendings)
    while left:
        try:
            with faults.translated():
                await _pour(url, left, pace)
        except errors.BrokerUnavailable:
            await asyncio.sleep(_RETRY_EVERY)


async def _pour(url: str, left: list[Sending], pace: Pace | None) -> None:
    """Publish window by window; what is confirmed leaves the list."""
    async with (
        await aio_pika.connect(url, connection_class=SelfClosing) as connection,
        connection.channel(on_return_raises=True) as channel,
    ):
        tickets = await channel.get_exchange(topology.TICKETS)
        while left:
            if pace:
                await pace()
            await _publish(tickets, left[:WINDOW])
            del left[:WINDOW]


async def _publish(tickets: AbstractExchange, window: Sequence[Sending]) -> None:
    confirms = [
        tickets.publish(sending.message, routing_key=sending.routing_key) for sending in window
    ]
    outcomes = await asyncio.gather(*confirms, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
