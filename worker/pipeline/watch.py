"""What the gauges show, read from the store and the broker now and then."""

import contextlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from worker import errors
from worker.clock import Clock
from worker.observe.logs import Log, LogEvent
from worker.observe.metrics import Metrics
from worker.pipeline.accounts import Accounts
from worker.pipeline.relay import Relay
from worker.store.port import Store, TicketRow

#: Seconds between two readings.
EVERY = 2.0
#: A ticket whose `created` has not come by then is mentioned, once.
LONG_WAIT = timedelta(hours=24)
#: How many waiting tickets are mentioned after one reading, at most.
MENTIONED_AT_ONCE = 100


class Depths(Protocol):
    """What the broker says of the queues; not a number as long as nobody has looked."""

    dead_letter_messages: float
    unrouted_messages: float
    inbox_messages: float
    inbox_consumers: float


@dataclass(slots=True)
class Watch:
    store: Store
    depths: Depths
    metrics: Metrics
    accounts: Accounts
    relay: Relay
    clock: Clock
    log: Log
    _mentioned: TicketRow | None = None
    """the last one; whatever waits longer was mentioned before it"""

    async def run(self) -> None:
        while True:
            # The intake says when the store is away, and waits for it.
            with contextlib.suppress(errors.StoreUnavailable):
                await self._look()
            await self.clock.sleep(EVERY)

    async def _look(self) -> None:
        now = self.clock.now()
        census = await self.store.census()
        self.relay.counted(census.outbox_pending)
        self.accounts.census(census, now)
        self.metrics.dead_letter_messages.set(self.depths.dead_letter_messages)
        self.metrics.unrouted_messages.set(self.depths.unrouted_messages)
        self.metrics.inbox_messages.set(self.depths.inbox_messages)
        self.metrics.inbox_consumers.set(self.depths.inbox_consumers)
        if census.waiting:
            await self._mention_waiting()

    async def _mention_waiting(self) -> None:
        long_ago = self.clock.now() - LONG_WAIT
        for row in await self.store.waiting(long_ago, MENTIONED_AT_ONCE, after=self._mentioned):
            self.log.warning(LogEvent.TICKET_WAITING, source=row.source, ticket_id=row.ticket_id)
            self._mentioned = row
