"""The links to the broker, as the rest of the flow sees them: up or down, and what they say."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field

from worker.broker.events import Event
from worker.observe.health import Health
from worker.observe.logs import Log
from worker.observe.metrics import Metrics

NAMES = ("consume", "publish")


@dataclass(slots=True)
class Links:
    """The broker's observer: passes on to health, metrics and log."""

    health: Health
    metrics: Metrics
    log: Log
    losses: Counter[str] = field(default_factory=Counter)
    """how often each link went down"""
    _up: set[str] = field(default_factory=set)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        for name in NAMES:
            self.health.trouble(f"broker {name}", "not connected yet")

    def is_up(self, link: str) -> bool:
        return link in self._up

    def changed(self) -> asyncio.Event:
        """An event that is set at the next change."""
        return self._changed

    def connected(self, link: str, up: bool) -> None:
        if up == self.is_up(link):
            return
        if up:
            self._up.add(link)
            self.health.well(f"broker {link}")
        else:
            self._up.discard(link)
            self.losses[link] += 1
            self.health.trouble(f"broker {link}", "not connected")
        self.metrics.broker_connected.set(len(self._up) == len(NAMES))
        self._changed.set()
        self._changed = asyncio.Event()

    def event(self, name: str, /, **fields: object) -> None:
        say = self.log.info if name == Event.LINK_UP else self.log.warning
        say(name, **fields)
