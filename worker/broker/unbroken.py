"""Requests that are not broken off: half-way through, the driver would close their channel."""

import asyncio
from collections.abc import Coroutine
from typing import Any


async def done(work: Coroutine[Any, Any, None]) -> None:
    """Do it whole, and only then heed a cancellation, whatever came of the work by then."""
    task = asyncio.create_task(work, name="to be done whole")
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.gather(task, return_exceptions=True)
        raise
