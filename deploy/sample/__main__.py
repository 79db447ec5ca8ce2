"""Plays the sample day into the broker at RESPONDBY_BROKER_URL, and shows what comes of it."""

import asyncio
import os
import ssl

import aio_pika
from rich.console import Console

from deploy.sample.stream import publish_day
from deploy.sample.view import Screen, listen, show


async def play() -> None:
    """Until killed, or until the broker goes away."""
    url, authority = os.environ["RESPONDBY_BROKER_URL"], os.environ.get("RESPONDBY_TLS_CA")
    context = ssl.create_default_context(cafile=authority) if authority else None
    screen = Screen(Console(highlight=False))
    async with await aio_pika.connect(url, ssl_context=context) as connection:
        # Listening comes first, so that nothing is missed.
        queue = await listen(await connection.channel())
        upstream = await connection.channel(publisher_confirms=True, on_return_raises=True)
        async with asyncio.TaskGroup() as group:
            group.create_task(show(queue, screen), name="view")
            group.create_task(publish_day(upstream, screen), name="stream")
    raise SystemExit("the broker closed the connection")


asyncio.run(play())
