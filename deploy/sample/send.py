"""Publishes one's own events, JSON objects one after another, to RESPONDBY_BROKER_URL."""

import asyncio
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from aio_pika.exceptions import PublishError

from deploy.sample import broker, stream


def parse(text: str) -> list[dict[str, Any]]:
    """The events, complete; raises ValueError with the number of the one that is none."""
    events: list[dict[str, Any]] = []
    while text := text.lstrip():
        try:
            event, end = json.JSONDecoder().raw_decode(text)
        except ValueError as error:
            raise ValueError(f"event {len(events) + 1} is not JSON: {error}") from error
        if not isinstance(event, dict) or not isinstance(event.get("type"), str):
            raise ValueError(f'event {len(events) + 1} is not an object with a "type"')
        events.append(stream.complete(event))
        text = text[end:]
    if not events:
        raise ValueError("nothing to send")
    return events


async def send(events: Iterable[dict[str, Any]]) -> None:
    """All of them, in order."""
    async with await broker.connect() as connection:
        channel = await stream.open_channel(connection)
        tickets = await channel.get_exchange(stream.EXCHANGE)
        for event in events:
            try:
                await stream.publish(tickets, event)
            except PublishError as error:
                raise ValueError(f"no queue takes the type {event['type']}: mistyped?") from error
            print(f"sent {event['type']}, id {event['id']}")  # noqa: T201


def main(name: str) -> None:
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text("utf-8")
        asyncio.run(send(parse(text)))
    except OSError as error:
        sys.exit(f"deploy/send: {name}: {error.strerror}")
    except ValueError as error:
        sys.exit(f"deploy/send: {error}")
    except broker.ERRORS as error:
        sys.exit(f"deploy/send: the broker: {error}")


if __name__ == "__main__":
    main(sys.argv[1])
