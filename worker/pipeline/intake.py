"""The way in: receive, read, decide, commit, acknowledge."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from schemas.decoding import Rejected
from worker import errors
from worker.broker.port import DeadLetter, Delivery, Inbox
from worker.clock import Clock
from worker.observe.health import Health
from worker.observe.logs import Log, LogEvent
from worker.pipeline import desk, reading
from worker.pipeline.accounts import Accounts
from worker.pipeline.catch_up import CatchUp
from worker.pipeline.desk import Desk
from worker.pipeline.graveyard import Graveyard
from worker.pipeline.patience import Patience
from worker.pipeline.policies import Policies
from worker.pipeline.reading import Read
from worker.pipeline.relay import Relay
from worker.pipeline.repeatable import repeatable
from worker.pipeline.timers import Timers
from worker.store.port import Store

#: Seconds that a batch waits for more messages after one that was full. At a quiet rate it waits
#: for none: what comes while one is committed makes the next.
LINGER = 0.001
#: Of the outbox's limit: above it nothing more is taken until it has gone down so far, for to stop
#: and to start again costs the broker something.
_LOW_WATER = 0.9


@dataclass(slots=True)
class Limits:
    batch_size: int
    max_message_bytes: int
    outbox_limit: int


@dataclass(slots=True)
class Intake:
    """Takes batches from the inbox until it drains. Nothing is settled before it is committed."""

    inbox: Inbox
    store: Store
    policies: Policies
    source: str
    limits: Limits
    clock: Clock
    relay: Relay
    timers: Timers
    catch_up: CatchUp
    graveyard: Graveyard
    accounts: Accounts
    health: Health
    log: Log
    stopping: bool = False
    _holding: bool = False
    """whether the inbox is held because the store is away, whoever told of that first"""
    _patience: Patience = field(default_factory=Patience)

    async def run(self) -> None:
        linger = 0.0
        while batch := await self.inbox.receive(self.limits.batch_size, linger):
            linger = LINGER if len(batch) == self.limits.batch_size else 0.0
            read, dead = self._read(batch)
            with self.catch_up.reading():
                committed = await self._commit_when_possible(read)
            if committed is None:
                return  # draining: what is not committed goes back to the broker
            dead += committed
            await self._settle(batch, dead)
            await self._wait_for_outbox()

    def _read(self, batch: Sequence[Delivery]) -> tuple[list[Read], list[DeadLetter]]:
        read, dead = [], []
        for delivery in batch:
            try:
                read.append(reading.read(delivery, self.limits.max_message_bytes))
            except Rejected as rejected:
                dead.append(self._dead(delivery, rejected))
        return read, dead

    async def _commit_when_possible(self, batch: Sequence[Read]) -> list[DeadLetter] | None:
        """Commit; while the store is away, hold the messages and try again."""
        while True:
            try:
                dead = await self._commit(batch)
            except errors.StoreUnavailable as error:
                if self.stopping:
                    return None
                await self._hold(error)
            else:
                await self._let_go()
                return dead

    @repeatable
    async def _commit(self, batch: Sequence[Read]) -> list[DeadLetter]:
        """Decide on a batch and keep all that follows in one transaction."""
        if not batch:
            return []
        async with self.store.begin({read.ticket_key for read in batch}) as transaction:
            archive = await transaction.archive({(read.key, read.ticket_key) for read in batch})
            work = Desk(self.policies.current, self.source, self.clock.now(), archive)
            results, dead = self._decide(work, batch)
            changes = work.changes()
            await transaction.commit(changes)
        self.accounts.decided(results, work.decisions)
        self.relay.added(len(changes.outbox))
        self.timers.expect(row.wake_at for row in changes.tickets)
        return dead

    def _decide(
        self, work: Desk, batch: Sequence[Read]
    ) -> tuple[list[tuple[str, desk.Result]], list[DeadLetter]]:
        results: list[tuple[str, desk.Result]] = []
        dead = []
        for read in batch:
            try:
                results.append((read.event.type, work.take(read)))
            except Rejected as rejected:
                dead.append(self._dead(read.delivery, rejected))
            except Exception as error:
                self.log.error(LogEvent.UNDECIDABLE, type=read.event.type, exc_info=error)
                dead.append(
                    self._dead(read.delivery, Rejected("undecidable", type(error).__name__))
                )
        return results, dead

    def _dead(self, delivery: Delivery, rejected: Rejected) -> DeadLetter:
        return DeadLetter(delivery=delivery, reason=rejected.reason, error=rejected.error)

    async def _settle(self, batch: Sequence[Delivery], dead: Sequence[DeadLetter]) -> None:
        # Dead letters are settled after their own confirm, so that a publisher that is blocked
        # does not stall the input.
        if buried := {letter.delivery.token for letter in dead}:
            batch = [one for one in batch if one.token not in buried]
        await self.inbox.settle(batch)
        self.accounts.rejected(dead)
        self.graveyard.take(dead)

    async def _hold(self, error: errors.StoreUnavailable) -> None:
        if self.health.trouble("store", str(error)):
            self.log.warning(LogEvent.STORE_UNAVAILABLE, error=str(error))
        if not self._holding:
            self._holding = True
            await self.inbox.hold()
        await self.clock.sleep(self._patience.next_wait())

    async def _let_go(self) -> None:
        self._patience.reset()
        if self.health.well("store"):
            self.log.info(LogEvent.STORE_BACK)
        if self._holding:
            self._holding = False
            self.catch_up.begin_again()
            await self.inbox.release()

    async def _wait_for_outbox(self) -> None:
        """Above the limit nothing more is taken: what cannot leave must not pile up."""
        if self.relay.pending < self.limits.outbox_limit:
            return
        self.health.trouble("outbox", "more events wait to be published than OUTBOX_LIMIT")
        self.log.warning(LogEvent.OUTBOX_FULL, pending=self.relay.pending)
        await self.inbox.hold()
        while self.relay.pending > self.limits.outbox_limit * _LOW_WATER and not self.stopping:
            await self.clock.sleep(self._patience.next_wait())
        self._patience.reset()
        self.health.well("outbox")
        self.log.info(LogEvent.OUTBOX_DRAINED, pending=self.relay.pending)
        await self.inbox.release()
