"""Waiting for what a test expects of other processes and tasks."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Protocol

_POLL_EVERY = 0.05


class Running(Protocol):
    """What runs until it is cancelled."""

    def run(self) -> Coroutine[Any, Any, None]: ...


async def until(
    condition: Callable[[], bool | Awaitable[bool]], what: str, within: float = 10.0
) -> None:
    """Wait until the condition holds; fail with `what` if it does not in time (seconds)."""
    try:
        async with asyncio.timeout(within):
            while not await _holds(condition):  # noqa: ASYNC110 - other processes set no event
                await asyncio.sleep(_POLL_EVERY)
    except TimeoutError:
        raise AssertionError(f"not within {within} s: {what}") from None


@asynccontextmanager
async def running(*services: Running) -> AsyncIterator[None]:
    """Run these while the block lasts; the error of one that ends by itself is raised."""
    tasks = [asyncio.create_task(service.run()) for service in services]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
    for end in ends:
        if not isinstance(end, asyncio.CancelledError):
            raise AssertionError(f"a service ended by itself: {end!r}")


async def _holds(condition: Callable[[], bool | Awaitable[bool]]) -> bool:
    held = condition()
    return held if isinstance(held, bool) else await held
