"""Reads what respondby publishes, and tells what a person must know at once. It needs aio-pika, and
nothing of respondby:

    python examples/route_alerts.py
"""

import asyncio
import contextlib
import json
import os
import sqlite3
import sys
from collections.abc import Callable
from typing import Any

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage, AbstractQueue

BROKER = os.environ.get("RESPONDBY_BROKER_URL", "amqp://guest:guest@localhost:5672/")
#: A queue of your own: while this program is away, its events wait there. The login `router` of
#: deploy/README.md may have those that are called `router.…`.
QUEUE = "router.alerts"
#: An exchange and its queue, for what could not be handled. Look into it now and then.
ASIDE = "router.aside"
#: All types and levels: README.md. `#` is everything; `*` stands for one word.
KEYS = (
    "ticket.prioritized.*",  # of all levels: that it is critical no longer counts too
    "objective.breached.*",
    "objective.superseded.*",
    "escalation.requested.*",
)
#: Unless told otherwise, RabbitMQ 4 drops a message that was given back 20 times.
NEVER = 1_000_000_000
#: How often one event is tried, and seconds between two tries: a pager may be away for a moment.
TRIES, PAUSE = 3, 2.0

Event = dict[str, Any]
Data = dict[str, Any]


def prioritized(data: Data) -> None:
    if data["level"] == "critical":
        # The deadline is null while the ticket waits on the client.
        tell(data, f"respond by {data['deadline']}")


def breached(data: Data) -> None:
    contact = data.get("contact", "nobody named")  # an empty optional is absent
    tell(data, f"no response by {data['due_at']}, tell {contact}")


def superseded(data: Data) -> None:
    if data["alert_type"] == "objective.breached":  # the others were not told
        tell(data, f"not breached after all ({data['reason']})")


def escalated(data: Data) -> None:
    tell(data, f"somebody asks for more urgency, tell {data.get('contact', 'nobody named')}")


def tell(data: Data, what: str) -> None:
    """Call a pager here, or a chat."""
    print(f"{data['ticket_id']}: {what}", flush=True)


#: Each type that is told. Ignore the others, and fields that you do not know: there will be more.
HANDLERS: dict[str, Callable[[Data], None]] = {
    "ticket.prioritized": prioritized,
    "objective.breached": breached,
    "objective.superseded": superseded,
    "escalation.requested": escalated,
}


def opened(path: str) -> sqlite3.Connection:
    """What this program remembers: the events that it handled, and each ticket's last revision."""
    memory = sqlite3.connect(path)
    memory.execute("CREATE TABLE IF NOT EXISTS known (id TEXT PRIMARY KEY)")
    memory.execute(
        "CREATE TABLE IF NOT EXISTS revisions"
        " (source TEXT, ticket TEXT, revision INTEGER, PRIMARY KEY (source, ticket))"
    )
    return memory


def once(memory: sqlite3.Connection, event: Event) -> None:
    """Drop an event that was handled before: the same event always has the same id.

    Noted after the handling: a crash in between repeats one, where noting it first would lose one.
    """
    if memory.execute("SELECT 1 FROM known WHERE id = ?", [event["id"]]).fetchone():
        return
    handler = HANDLERS.get(event["type"])
    if handler and not is_outdated(memory, event):
        handler(event["data"])
    with memory:
        memory.execute("INSERT INTO known VALUES (?)", [event["id"]])
        if event["type"] == "ticket.prioritized":
            memory.execute(
                "INSERT INTO revisions VALUES (?, ?, ?) ON CONFLICT DO UPDATE"
                " SET revision = max(revision, excluded.revision)",
                [*ticket(event), event["data"]["revision"]],
            )


def is_outdated(memory: sqlite3.Connection, event: Event) -> bool:
    """Whether a later revision of the ticket came before: of these, the highest counts."""
    if event["type"] != "ticket.prioritized":
        return False
    last = memory.execute(
        "SELECT revision FROM revisions WHERE source = ? AND ticket = ?", ticket(event)
    ).fetchone()
    return last is not None and event["data"]["revision"] < last[0]


def ticket(event: Event) -> tuple[str, str]:
    """A ticket is known by both: two systems may use the same id."""
    return event["data"]["ticket_source"], event["data"]["ticket_id"]


async def handle(memory: sqlite3.Connection, message: AbstractIncomingMessage) -> None:
    """Acknowledged after the work. What fails again and again is set aside, lest it keep all others
    waiting. If this program ends meanwhile, the broker brings it again."""
    for left in reversed(range(TRIES)):
        try:
            once(memory, json.loads(message.body))
        except Exception as fault:  # noqa: BLE001 - whatever it is, the next one is to be told
            print(f"{message.message_id}: {fault!r}, {left} tries left", file=sys.stderr)
        else:
            await message.ack()
            return
        if left:
            await asyncio.sleep(PAUSE)
    await message.reject(requeue=False)  # to ASIDE


async def declared(channel: AbstractChannel) -> AbstractQueue:
    exchange = await channel.declare_exchange(ASIDE, aio_pika.ExchangeType.FANOUT, durable=True)
    kept = {"x-queue-type": "quorum", "x-delivery-limit": NEVER}
    aside = await channel.declare_queue(ASIDE, durable=True, arguments=kept)
    await aside.bind(exchange)
    dying = {
        "x-dead-letter-exchange": ASIDE,
        "x-dead-letter-strategy": "at-least-once",  # it leaves when the other queue has it
        "x-overflow": "reject-publish",  # without which there is no such strategy
    }
    queue = await channel.declare_queue(QUEUE, durable=True, arguments={**kept, **dying})
    for key in KEYS:
        await queue.bind("respondby", routing_key=key)
    return queue


async def route(memory: sqlite3.Connection) -> None:
    async with await aio_pika.connect(BROKER) as connection:
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=10)  # as many as may be in hand, unacknowledged
        queue = await declared(channel)
        async with queue.iterator() as messages:
            async for message in messages:
                await handle(memory, message)


def main() -> None:
    with (
        contextlib.closing(opened("known-events.db")) as memory,
        contextlib.suppress(KeyboardInterrupt),
    ):
        asyncio.run(route(memory))


if __name__ == "__main__":
    main()
