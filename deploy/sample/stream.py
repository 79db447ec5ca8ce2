"""Publishes events as an upstream program does: CloudEvents, mandatory and confirmed."""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractExchange

from deploy.sample.day import DAY, Step
from deploy.sample.view import Screen

EXCHANGE = "tickets"
SOURCE = "/sample/psa"


async def open_channel(connection: AbstractConnection) -> AbstractChannel:
    """One that raises if the broker does not take a message, or knows no queue for it."""
    return await connection.channel(publisher_confirms=True, on_return_raises=True)


async def publish_day(channel: AbstractChannel, screen: Screen) -> None:
    """Every step at its time."""
    tickets = await channel.get_exchange(EXCHANGE)
    start, run = datetime.now(UTC), uuid4().hex[:4]
    for step in DAY:
        now = datetime.now(UTC)
        await asyncio.sleep(step.at - (now - start).total_seconds())
        event = event_of(step, run, start)
        screen.sent(event, step)
        for _ in range(2 if step.flaw == "twice" else 1):
            await publish(tickets, event, cut_off=step.flaw == "broken")
    screen.note("that was the day; what is still open is alerted when its time comes")


async def publish(
    tickets: AbstractExchange, event: Mapping[str, Any], *, cut_off: bool = False
) -> None:
    """Return when the broker has it."""
    whole = message(event, cut_off=cut_off)
    await tickets.publish(whole, routing_key=event["type"], mandatory=True)


def event_of(step: Step, run: str, start: datetime) -> dict[str, Any]:
    """The step as a CloudEvent; ticket and event ids are new in every run."""
    data = {"ticket_id": f"{step.ticket}-{run}", **step.data}
    if step.called is not None:
        data["notified_at"] = (start - step.called).isoformat()
    return complete({"type": step.type, "data": data})


def complete(event: Mapping[str, Any]) -> dict[str, Any]:
    """The event with the parts of its envelope that it lacks: new, of this source, and now."""
    return {
        "specversion": "1.0",
        "id": str(uuid4()),
        "source": SOURCE,
        "time": datetime.now(UTC).isoformat(),
        "datacontenttype": "application/json",
        **event,
    }


def message(event: Mapping[str, Any], *, cut_off: bool = False) -> aio_pika.Message:
    body = json.dumps(event).encode()
    return aio_pika.Message(
        body[: len(body) // 2] if cut_off else body,
        content_type="application/cloudevents+json",
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        message_id=event["id"],
        type=event["type"],
    )
