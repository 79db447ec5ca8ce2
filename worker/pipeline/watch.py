"""What the gauges show, read from the store and the broker now and then."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from worker import errors
from worker.clock import Clock
from worker.observe.health import Health
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

#: Apart from the intake: a full disk can be read, and what waits to be written waits all the same.
_USER = "watch"


class Depths(Protocol):
    """What the broker says of the queues; not a number as long as nobody has looked."""

    dead_letter_messages: float
    unrouted_messages: float
    inbox_messages: float
    inbox_consumers: float


@dataclass(slots=True)
class Watch:
    """Looks now and then, and tells of a store that is away though there is nothing to do."""

    store: Store
    depths: Depths
    metrics: Metrics
    accounts: Accounts
    relay: Relay
    clock: Clock
    health: Health
    log: Log
    _mentioned: TicketRow | None = None
    """the last one; whatever waits longer was mentioned before it"""

    async def run(self) -> None:
        while True:
            self._look_at_queues()
            try:
                await self._look_at_store()
            except errors.StoreUnavailable as error:
                self._miss(error)
            else:
                self._find()
            await self.clock.sleep(EVERY)

    def _look_at_queues(self) -> None:
        self.metrics.dead_letter_messages.set(self.depths.dead_letter_messages)
        self.metrics.unrouted_messages.set(self.depths.unrouted_messages)
        self.metrics.inbox_messages.set(self.depths.inbox_messages)
        self.metrics.inbox_consumers.set(self.depths.inbox_consumers)

    async def _look_at_store(self) -> None:
        now = self.clock.now()
        census = await self.store.census()
        self.relay.counted(census.outbox_pending)
        self.accounts.census(census, now)
        if census.waiting:
            await self._mention_waiting()

    def _miss(self, error: errors.StoreUnavailable) -> None:
        self.accounts.no_census()
        if self.health.trouble("store", str(error), user=_USER):
            self.log.warning(LogEvent.STORE_UNAVAILABLE, error=str(error))

    def _find(self) -> None:
        if self.health.well("store", user=_USER):
            self.log.info(LogEvent.STORE_BACK)

    async def _mention_waiting(self) -> None:
        long_ago = self.clock.now() - LONG_WAIT
        for row in await self.store.waiting(long_ago, MENTIONED_AT_ONCE, after=self._mentioned):
            self.log.warning(LogEvent.TICKET_WAITING, source=row.source, ticket_id=row.ticket_id)
            self._mentioned = row
