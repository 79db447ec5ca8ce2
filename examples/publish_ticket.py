"""Publishes a ticket, as the program does that knows of tickets. It needs aio-pika, and nothing of
respondby:

    python examples/publish_ticket.py "The shop is down"
"""

import asyncio
import json
import os
import sys
import uuid
from datetime import UTC, datetime
from typing import Any

import aio_pika
from aio_pika.exceptions import PublishError

BROKER = os.environ.get("RESPONDBY_BROKER_URL", "amqp://guest:guest@localhost:5672/")


def ticket_created(ticket_id: str, summary: str) -> dict[str, Any]:
    """A CloudEvent. Store it before you publish it: whoever must send it again, after a crash or a
    lost connection, sends the same `id` and the same body, and respondby drops the repetition."""
    return {
        "specversion": "1.0",
        "type": "ticket.created",
        "source": "/example/psa",  # your system; its tickets and events are known by it and an id
        "id": str(uuid.uuid4()),
        "time": datetime.now(UTC).isoformat(),  # with an offset, or it is refused
        "data": {
            "ticket_id": ticket_id,
            "summary": summary,
            # State what you know for certain; the rest is read from the summary.
            "facts": {"request": "fault", "stage": "production", "system_critical": True},
        },
    }


async def publish(event: dict[str, Any]) -> None:
    message = aio_pika.Message(
        json.dumps(event).encode(),
        content_type="application/cloudevents+json",
        message_id=event["id"],
        type=event["type"],
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,  # it outlives a restart of the broker
    )
    async with await aio_pika.connect(BROKER) as connection:
        # Confirms: `publish` returns when the broker has the message safe, and raises if not.
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        tickets = await channel.get_exchange("tickets")
        # Mandatory: what no queue takes comes back, so that a mistyped key is not lost in silence.
        await tickets.publish(message, routing_key=event["type"], mandatory=True)


def main(summary: str) -> None:
    event = ticket_created(f"T-{uuid.uuid4().hex[:6]}", summary)
    try:
        asyncio.run(publish(event))
    except PublishError:
        sys.exit(f"no queue takes {event['type']}: is the key mistyped?")
    print(event["data"]["ticket_id"])


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "The shop is down")
