"""Reads what respondby publishes, and tells what a person must know at once. It needs aio-pika, and
nothing of respondby:

    python examples/route_alerts.py
"""

import asyncio
import contextlib
import json
import os
import sqlite3
from typing import Any

import aio_pika

BROKER = os.environ.get("RESPONDBY_BROKER_URL", "amqp://guest:guest@localhost:5672/")
#: A queue of your own: while this program is away, its events wait there. The login `router` of
#: deploy/README.md may have those that are called `router.…`.
QUEUE = "router.alerts"
#: Unless told otherwise, RabbitMQ 4 drops a message that was given back 20 times.
NEVER = 1_000_000_000
#: All types and levels: README.md. `#` is everything; `*` stands for one word.
KEYS = ("ticket.prioritized.critical", "objective.breached.*", "objective.superseded.*")


def handle(event: dict[str, Any]) -> None:
    """Call a pager here, or a chat. Ignore fields and types that you do not know."""
    data = event["data"]
    if event["type"] == "objective.breached":
        contact = data.get("contact", "nobody named")  # an empty optional is absent
        print(f"{data['ticket_id']}: no response by {data['due_at']}, tell {contact}", flush=True)
    elif event["type"] == "objective.superseded":
        if data["alert_type"] == "objective.breached":  # the others were not told
            print(f"{data['ticket_id']}: not breached after all ({data['reason']})", flush=True)
    else:
        # The deadline is null while the ticket waits on the client.
        print(f"{data['ticket_id']}: respond by {data['deadline']}", flush=True)


async def route(known: sqlite3.Connection) -> None:
    async with await aio_pika.connect(BROKER) as connection:
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=10)  # as many as may be in hand, unacknowledged
        queue = await channel.declare_queue(
            QUEUE,
            durable=True,
            arguments={"x-queue-type": "quorum", "x-delivery-limit": NEVER},
        )
        for key in KEYS:
            await queue.bind("respondby", routing_key=key)
        async with queue.iterator() as messages:
            async for message in messages:
                # Acknowledged at the end of the block, so after the handling. If that fails, the
                # message goes back to the queue, this program ends, and its next start tries again.
                async with message.process(requeue=True):
                    once(known, json.loads(message.body))


def once(known: sqlite3.Connection, event: dict[str, Any]) -> None:
    """Drop an event that was handled before: the same event always has the same id.

    Noted after the handling: a crash in between repeats one, where noting it first would lose one.
    """
    if known.execute("SELECT 1 FROM known WHERE id = ?", [event["id"]]).fetchone():
        return
    handle(event)
    with known:
        known.execute("INSERT INTO known VALUES (?)", [event["id"]])


def main() -> None:
    with contextlib.closing(sqlite3.connect("known-events.db")) as known:
        known.execute("CREATE TABLE IF NOT EXISTS known (id TEXT PRIMARY KEY)")
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(route(known))


if __name__ == "__main__":
    main()
