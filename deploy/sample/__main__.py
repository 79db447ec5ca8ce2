"""Plays the sample day into the broker at RESPONDBY_BROKER_URL, and shows what comes of it."""

import asyncio
import sys

from rich.console import Console

from deploy.sample import broker, stream, view


async def play() -> None:
    """Until killed; raises when the broker goes away."""
    screen = view.Screen(Console(highlight=False))
    async with await broker.connect() as connection:
        # Listening comes first, so that nothing is missed.
        queue = await view.listen(await connection.channel())
        upstream = await stream.open_channel(connection)
        async with asyncio.TaskGroup() as group:
            group.create_task(view.show(queue, screen), name="view")
            group.create_task(stream.publish_day(upstream, screen), name="stream")


try:
    asyncio.run(play())
except* broker.ERRORS as lost:
    sys.exit(f"sample: lost the broker: {lost.exceptions[0]}")
sys.exit("sample: the broker closed the connection")
