"""What the gauges show, read from the store and the broker now and then."""

import contextlib
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from worker import errors
from worker.clock import Clock
from worker.observe.logs import Log, LogEvent
from worker.observe.metrics import Metrics
from worker.pipeline.accounts import Accounts
from worker.pipeline.relay import Relay
from worker.store.port import Store, TicketKey

#: Seconds between two readings.
EVERY = 2.0
#: A ticket whose `created` has not come by then is mentioned, once.
LONG_WAIT = timedelta(hours=24)
#: How many waiting tickets are mentioned at a time.
_MENTIONED_AT_ONCE = 100


class Depths(Protocol):
    """How many messages lie in the queues that people look after."""

    dead_letter_messages: int
    unrouted_messages: int


@dataclass(slots=True)
class Watch:
    store: Store
    depths: Depths
    metrics: Metrics
    accounts: Accounts
    relay: Relay
    clock: Clock
    log: Log
    _mentioned: set[TicketKey] = field(default_factory=set)

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
        if census.waiting:
            await self._mention_waiting()

    async def _mention_waiting(self) -> None:
        long_ago = self.clock.now() - LONG_WAIT
        waiting = await self.store.waiting(long_ago, _MENTIONED_AT_ONCE)
        keys = {row.key for row in waiting}
        for source, ticket_id in sorted(keys - self._mentioned):
            self.log.warning(LogEvent.TICKET_WAITING, source=source, ticket_id=ticket_id)
        self._mentioned = keys
