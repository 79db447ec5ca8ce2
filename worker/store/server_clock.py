"""The clock of the database server: the one clock of all workers on it."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class ServerClock:
    """The port Clock. The store sets it whenever it hears the server's time.

    In between it goes on with the monotonic clock, so that nobody fires early who sets the clock
    of this machine. It is behind the server's by the time that its answer took, never before it.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._heard: tuple[datetime, float] | None = None

    def set(self, now: datetime) -> None:
        """The server's clock says so now."""
        self._heard = now.astimezone(UTC), self._monotonic()

    def now(self) -> datetime:
        """The present instant; by this machine's clock until the server was heard first."""
        if self._heard is None:
            return datetime.now(UTC)
        told, at = self._heard
        return told + timedelta(seconds=self._monotonic() - at)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
