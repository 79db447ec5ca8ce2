"""The way out: what is committed is published until the broker has confirmed it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from worker import errors
from worker.broker.port import Publisher
from worker.clock import Clock
from worker.observe.logs import Log, LogEvent
from worker.pipeline import rows
from worker.pipeline.accounts import Accounts
from worker.pipeline.patience import Patience
from worker.store.port import OutboxRow, Store, TurnTaken

#: How many events are in flight at once.
WINDOW = 200


@dataclass(slots=True)
class Relay:
    """Publishes the outbox in order. An event leaves it only after its confirm.

    Of several workers on one store one publishes at a time, window by window: so a ticket's events
    keep their order, and whoever is killed leaves its turn to the next at once.
    """

    store: Store
    publisher: Publisher
    clock: Clock
    accounts: Accounts
    log: Log
    pending: int = 0
    """about how many events wait, of which other workers add and publish some; `counted` corrects
    it"""
    _taken: set[str] = field(default_factory=set)
    """ids that the broker has, but that are in the outbox still"""
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _patience: Patience = field(default_factory=Patience)
    _idle: asyncio.Event = field(default_factory=asyncio.Event)
    _delayed: bool = False

    def added(self, count: int) -> None:
        """So many events were committed to the outbox."""
        self.pending += count
        self._idle.clear()
        self._changed.set()

    def counted(self, pending: int) -> None:
        """So many events were found in the outbox: more than known if an answer got lost."""
        self.pending = pending
        if pending:
            self._changed.set()

    async def run(self) -> None:
        while True:
            self._changed.clear()
            try:
                left = await self._publish_some()
            except TurnTaken:
                continue  # another worker publishes what is ours along with its own
            except (errors.BrokerUnavailable, errors.StoreUnavailable) as error:
                await self._wait_out(str(error))
            else:
                if not left:
                    await self._rest()

    async def emptied(self) -> None:
        """Return when all that was committed so far is published."""
        self.added(0)
        await self._idle.wait()

    async def _rest(self) -> None:
        if not self._changed.is_set():
            self._idle.set()
        await self._changed.wait()

    async def _publish_some(self) -> bool:
        """Publish one window; whether some of what was there is still to be published."""
        async with self.store.turn():
            waiting = await self.store.outbox(WINDOW)
            published = await self._publish_these(waiting) if waiting else 0
        # Where all of it fitted into the window there is no need to look again.
        return published < len(waiting) or len(waiting) == WINDOW

    async def _publish_these(self, waiting: Sequence[OutboxRow]) -> int:
        """How many the broker has taken."""
        # Another worker may have seen to some of them.
        self._taken &= {row.id for row in waiting}
        # While the store is away, nothing is published again and again.
        new = [rows.message(row) for row in waiting if row.id not in self._taken]
        if new:
            self._taken |= await self.publisher.publish(new)
        # Not all of them where the broker is slow: the rest has its turn with the next.
        if not self._taken:
            raise errors.BrokerUnavailable("the broker refused what was published")
        confirmed = [row for row in waiting if row.id in self._taken]
        await self._gone(confirmed)
        return len(confirmed)

    async def _gone(self, confirmed: Sequence[OutboxRow]) -> None:
        await self.store.confirmed([row.id for row in confirmed])
        self._taken.clear()
        self.pending = max(self.pending - len(confirmed), 0)
        self.accounts.published(confirmed, self.clock.now())
        self._patience.reset()
        self._delayed = False

    async def _wait_out(self, why: str) -> None:
        if not self._delayed:
            self.log.warning(LogEvent.PUBLISH_DELAYED, error=why)
        self._delayed = True
        await self.clock.sleep(self._patience.next_wait())
