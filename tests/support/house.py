"""The whole flow of the worker on ports in memory, with a clock that is moved by hand."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from schemas import times
from tests.support.clock import ManualClock, settle
from worker import bootstrap
from worker.broker.memory import MemoryInbox, MemoryPublisher
from worker.broker.port import Delivery
from worker.observe.health import Health
from worker.pipeline.worker import Worker
from worker.settings import Settings
from worker.store.memory import MemoryStore
from worker.store.port import Store

SOURCE = "/psa"
CRITICAL = {"request": "fault", "stage": "production", "system_critical": True}


class Notes:
    """A log that remembers."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, object]]] = []

    def note(self, event: str, **fields: object) -> None:
        self.lines.append((str(event), fields))

    info = warning = error = note

    @property
    def events(self) -> list[str]:
        return [event for event, _ in self.lines]


class Depths:
    dead_letter_messages = 0.0
    unrouted_messages = 0.0
    inbox_messages = 0.0
    inbox_consumers = 1.0


class House:
    """A worker whose outside is in memory. What is kept in `store` survives `working`."""

    def __init__(self, store: Store | None = None, **settings: Any) -> None:
        self.settings = Settings(**settings)
        self.store = store or MemoryStore()
        self.clock = ManualClock()
        self.policy = bootstrap.policy(self.settings)
        self.log = Notes()
        self.open_for_business()

    def open_for_business(self) -> None:
        """A new process: new connections, nothing remembered but the store."""
        self.inbox = MemoryInbox(self.clock)
        self.publisher = MemoryPublisher()
        self.health = Health()
        self.metrics = bootstrap.metrics(self.policy)
        self.watching = bootstrap.Watching(self.metrics, self.health, self.log)
        self.links = self.watching.links
        for link in ("consume", "publish"):
            self.links.connected(link, up=True)

        outside = bootstrap.Outside(self.store, self.inbox, self.publisher, Depths(), self.clock)
        self.worker: Worker = bootstrap.assembled(
            self.settings, self.policy, outside, self.watching, self.links
        )

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """The worker runs while the block lasts, and is drained at its end."""
        stop = asyncio.Event()
        task = asyncio.create_task(self.worker.run(stop), name="worker")
        try:
            await settle()
            yield
        finally:
            stop.set()
            while not task.done():
                await self.clock.advance(1)
        await task

    async def send(
        self, type_: str, ticket: str = "T-1", *, id_: str | None = None, **data: Any
    ) -> Delivery:
        """Deliver an event that happens now, and let the worker decide on it."""
        delivery = self.inbox.deliver(
            event(type_, ticket, at=self.clock.now(), id_=id_, **data), routing_key=type_
        )
        await self.until(lambda: delivery not in self.inbox.in_hand and not self._undone(delivery))
        return delivery

    def leave_unfinished(self) -> None:
        """Messages that can be read but not finished, so that the inbox never is caught up."""
        for _ in range(9):
            self.inbox.deliver(b"{}")
        self.publisher.unburied.add("not_cloudevents")

    def _undone(self, delivery: Delivery) -> bool:
        return delivery not in self.inbox.settled and not self.inbox.held

    async def until(self, condition: Callable[[], bool]) -> None:
        """Let the flow go on, without time passing on the clock; fail if it comes to rest."""
        for _ in range(2_000):
            await settle()
            if condition():
                await settle()
                return
            # A batch lingers for some real milliseconds.
            await asyncio.sleep(0.002)
        raise AssertionError("what was waited for did not come about")

    def published(self, type_: str = "") -> list[dict[str, Any]]:
        """What the broker has, of this type, as data."""
        events = (json.loads(message.body) for message in self.publisher.published)
        return [event for event in events if event["type"].startswith(type_)]

    def value(self, name: str, /, **labels: str) -> float:
        """A metric's value; 0 if it was never touched."""
        return self.metrics.registry.get_sample_value(name, labels) or 0


def event(
    type_: str, ticket: str = "T-1", *, at: datetime, id_: str | None = None, **data: Any
) -> bytes:
    """An inbound event; its id is made of type, ticket and time unless it is given."""
    if type_ == "ticket.created":
        data = {"summary": "No backup since Friday", "facts": CRITICAL, **data}
    return json.dumps(
        {
            "specversion": "1.0",
            "id": id_ or f"{type_}-{ticket}-{times.text(at)}",
            "source": SOURCE,
            "type": type_,
            "time": times.text(at),
            "data": {"ticket_id": ticket, **data},
        }
    ).encode()


def ago(clock: ManualClock, minutes: float) -> str:
    """So many minutes before the clock's time, as an event writes it."""
    return times.text(clock.now() - timedelta(minutes=minutes))
