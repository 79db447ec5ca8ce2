"""After an outage: alerts wait until the responses that still lie in the queue were read."""

from dataclasses import dataclass
from datetime import datetime

from worker.broker.port import Inbox
from worker.clock import Clock
from worker.observe.logs import Log, LogEvent
from worker.pipeline.links import Links
from worker.pipeline.waiting import first_of


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

    async def over(self) -> None:
        """Return when alerts whose time has come may be decided."""
        if self._may_alert():
            return
        self.log.info(LogEvent.ALERTS_CATCHING_UP)
        while not self._may_alert():
            await self._wait_for_more()
        self.log.info(LogEvent.ALERTS_LIVE, inbox_caught_up=self._caught_up)

    def begin_again(self) -> None:
        """Nothing could be decided until now: what is unread gets its time from now on."""
        self._since = None

    async def _wait_for_more(self) -> None:
        changed = self.links.changed()
        if not self.links.is_up("publish"):
            # Nothing that was decided now could leave; what is unread may still change it.
            await changed.wait()
        else:
            longest = self.clock.sleep(self.at_most - self._waited())
            await first_of(changed.wait(), self.inbox.caught_up.wait(), longest)

    @property
    def _caught_up(self) -> bool:
        return self.links.is_up("consume") and self.inbox.caught_up.is_set()

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
