"""Time as the second source of events: a deadline that passes is decided like any event."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from worker import errors
from worker.clock import Clock
from worker.observe.logs import Log, LogEvent
from worker.pipeline import rows
from worker.pipeline.accounts import Accounts
from worker.pipeline.catch_up import CatchUp
from worker.pipeline.patience import Patience
from worker.pipeline.relay import Relay
from worker.pipeline.waiting import first_of
from worker.store.port import Changes, Store, TicketRow
from worker.ticket import decide
from worker.ticket.announce import Announcer
from worker.ticket.decide import Decision

#: How many tickets are woken in one transaction: new input gets its turn in between.
AT_ONCE = 100
#: Seconds after which the clock is read again at the latest: it may have been set.
LONGEST_SLEEP = 10.0
#: Seconds until what is due, and held by another worker, is looked at again: it may be killed.
HELD_ELSEWHERE = 0.2


@dataclass(slots=True)
class Timers:
    """Sleeps until the next wake-up in the store, and fires what is due, oldest first.

    Of several workers on one store each fires what no other one holds.
    """

    store: Store
    source: str
    clock: Clock
    catch_up: CatchUp
    relay: Relay
    accounts: Accounts
    log: Log
    _next: datetime | None = None
    _sooner: asyncio.Event = field(default_factory=asyncio.Event)
    _patience: Patience = field(default_factory=Patience)

    def expect(self, instants: Iterable[datetime | None]) -> None:
        """A wake-up was committed for each of these; wake earlier than planned if one is."""
        first = min((instant for instant in instants if instant), default=None)
        if first is not None and (self._next is None or first < self._next):
            self._sooner.set()

    async def run(self) -> None:
        while True:
            try:
                await self._sleep()
                await self.catch_up.over()
                # Asked before: a sleep that ended a little early is no sign of another worker.
                overdue = self._is_overdue()
                if not await self._fire() and overdue:
                    await self.clock.sleep(HELD_ELSEWHERE)
                self._patience.reset()
            except errors.StoreUnavailable:
                self.catch_up.begin_again()
                await self.clock.sleep(self._patience.next_wait())

    async def _sleep(self) -> None:
        self._sooner.clear()
        # Whatever is committed while the store is asked counts as sooner.
        self._next = None
        self._next = await self.store.next_wake()
        seconds = LONGEST_SLEEP
        if self._next is not None:
            seconds = min((self._next - self.clock.now()).total_seconds(), LONGEST_SLEEP)
        if seconds > 0:
            await first_of(self.clock.sleep(seconds), self._sooner.wait())

    def _is_overdue(self) -> bool:
        return self._next is not None and self._next <= self.clock.now()

    async def _fire(self) -> bool:
        """Whether there was anything to decide on."""
        now = self.clock.now()
        async with self.store.begin() as transaction:
            due = await transaction.due(now, AT_ONCE)
            if not due:
                return False
            decided, put_aside = self._decided(due, now)
            await transaction.commit(_changes(decided, put_aside, now))
        self.accounts.decided([], [decision for _, decision in decided])
        self.relay.added(sum(len(decision.outbound) for _, decision in decided))
        return True

    def _decided(
        self, due: Sequence[TicketRow], now: datetime
    ) -> tuple[list[tuple[TicketRow, Decision]], list[TicketRow]]:
        """What follows for each, and those that cannot be read: they sleep, for others are due."""
        decided, put_aside = [], []
        for row in due:
            try:
                ledger = rows.ledger(row)
            except rows.TicketDamaged as error:
                self.log.error(LogEvent.TICKET_DAMAGED, error=str(error), due_at=row.wake_at)
                put_aside.append(row._replace(wake_at=None))
            else:
                announcer = Announcer(self.source, row.key)
                decided.append((row, decide.on_time(announcer, ledger, row.phase, now)))
        return decided, put_aside


def _changes(
    decided: list[tuple[TicketRow, Decision]], put_aside: list[TicketRow], now: datetime
) -> Changes:
    tickets = [rows.again(row, decision) for row, decision in decided]
    outbox = [out for _, decision in decided for out in rows.due(decision, now)]
    return Changes(tickets=[*tickets, *put_aside], outbox=outbox)
