"""After an outage: alerts wait until the responses that still lie in the queue were read."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from worker.broker.port import Inbox
from worker.clock import Clock
from worker.observe.logs import Log, LogEvent
from worker.pipeline.links import Links
from worker.pipeline.waiting import first_of

#: Seconds after which what is read and not committed counts as unread: its connection may be dead,
#: which the store says only much later, while that of the alerts is not.
_STUCK_AFTER = 1.0


@dataclass(slots=True)
class CatchUp:
    """Alerts ask it whether they may be decided.

    They wait until the inbox was seen empty, or what it held at connect has been worked off, but
    no longer than `at_most` seconds from the moment at which they could be published.
    """

    inbox: Inbox
    links: Links
    at_most: float
    clock: Clock
    log: Log
    _since: datetime | None = None
    """from when on alerts could have left, but for what was unread"""
    _losses: int = 0
    """how often the publish link had gone down by then"""
    _reading_since: datetime | None = None
    _idle: asyncio.Event = field(default_factory=asyncio.Event)
    """nothing that was received is uncommitted"""
    _again: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._idle.set()

    async def over(self) -> None:
        """Return when alerts whose time has come may be decided."""
        if self._may_alert():
            return
        self.log.info(LogEvent.ALERTS_CATCHING_UP)
        while not self._may_alert():
            await self._wait_for_more()
        self.log.info(LogEvent.ALERTS_LIVE, inbox_caught_up=self._caught_up)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """While the block lasts, something that was received is not committed yet."""
        self._reading_since = self.clock.now()
        self._idle.clear()
        try:
            yield
        finally:
            self._reading_since = None
            self._idle.set()

    def begin_again(self) -> None:
        """Nothing could be decided for a while: what is unread gets its time from now on.

        A store that fails but once, while what was received is soon committed, makes no alert late.
        """
        if self._is_stuck():
            self._since = None
            self._again.set()

    async def _wait_for_more(self) -> None:
        changed = self.links.changed()
        if not self.links.is_up("publish"):
            # Nothing that was decided now could leave; what is unread may still change it.
            await changed.wait()
        else:
            self._again.clear()
            longest = self.clock.sleep(self.at_most - self._waited())
            await first_of(changed.wait(), self._all_read(), self._again.wait(), longest)

    async def _all_read(self) -> None:
        await self._idle.wait()
        await self.inbox.caught_up.wait()

    @property
    def _caught_up(self) -> bool:
        is_read = self.inbox.caught_up.is_set() and not self._is_stuck()
        return is_read and self.links.is_up("consume")

    def _is_stuck(self) -> bool:
        since, now = self._reading_since, self.clock.now()
        return since is not None and (now - since).total_seconds() > _STUCK_AFTER

    def _may_alert(self) -> bool:
        if self._caught_up:
            self._since = None
            return True
        if not self.links.is_up("publish"):
            return False
        # A consume link that comes and goes does not start the wait anew.
        if self._since is None or self._losses != self.links.losses["publish"]:
            self._since, self._losses = self.clock.now(), self.links.losses["publish"]
        return self._waited() >= self.at_most

    def _waited(self) -> float:
        return (self.clock.now() - self._since).total_seconds() if self._since else 0
