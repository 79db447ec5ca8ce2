"""Publishes the sample day as an upstream program does: CloudEvents, mandatory and confirmed."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import aio_pika
from aio_pika.abc import AbstractChannel

from deploy.sample.day import DAY, Step
from deploy.sample.view import Screen

EXCHANGE = "tickets"
SOURCE = "/sample/psa"


async def publish_day(channel: AbstractChannel, screen: Screen) -> None:
    """Every step at its time; raises if the broker does not take one or no queue is bound."""
    tickets = await channel.get_exchange(EXCHANGE)
    start, run = datetime.now(UTC), uuid4().hex[:4]
    for step in DAY:
        now = datetime.now(UTC)
        await asyncio.sleep(step.at - (now - start).total_seconds())
        event = event_of(step, run, start)
        screen.sent(event, step)
        for _ in range(2 if step.flaw == "twice" else 1):
            await tickets.publish(message(event, step), routing_key=step.type, mandatory=True)
    screen.note("that was the day; what is still open is alerted when its time comes")


def event_of(step: Step, run: str, start: datetime) -> dict[str, Any]:
    """The step as a CloudEvent; ticket and event ids are new in every run."""
    data = {"ticket_id": f"{step.ticket}-{run}", **step.data}
    if step.called is not None:
        data["notified_at"] = (start - step.called).isoformat()
    return {
        "specversion": "1.0",
        "id": str(uuid4()),
        "source": SOURCE,
        "type": step.type,
        "time": datetime.now(UTC).isoformat(),
        "subject": data["ticket_id"],
        "datacontenttype": "application/json",
        "data": data,
    }


def message(event: dict[str, Any], step: Step) -> aio_pika.Message:
    body = json.dumps(event).encode()
    return aio_pika.Message(
        body[: len(body) // 2] if step.flaw == "broken" else body,
        content_type="application/cloudevents+json",
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        message_id=event["id"],
        type=step.type,
    )
