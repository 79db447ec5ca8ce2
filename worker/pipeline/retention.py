"""Growth is bounded: finished tickets become tombstones, and those are forgotten in their time."""

import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from worker import errors
from worker.clock import Clock
from worker.observe.logs import Log, LogEvent
from worker.pipeline.repeatable import repeatable
from worker.store.port import Store, Transaction

#: How long a tombstone can be revived; for so long a ticket waits for its `created`, too.
TOMBSTONE = timedelta(days=400)
#: How often it is looked for what is over, at least; a short retention is looked after sooner.
EVERY = timedelta(minutes=10)
#: How many tickets are seen to in one transaction, and the seconds that are others' after it.
AT_ONCE, PAUSE = 50, 0.5

Step = Callable[[Transaction], Awaitable[int]]


@dataclass(slots=True)
class Retention:
    """Sees to tickets long after their last event. Of several workers any may do any part of it."""

    store: Store
    keep: timedelta
    """how long a finished ticket stays what it is"""
    clock: Clock
    log: Log

    async def run(self) -> None:
        while True:
            # First the sleep: after a start what is unread has precedence.
            await self.clock.sleep(min(self.keep, EVERY).total_seconds())
            # The intake says when the store is away, and waits for it.
            with contextlib.suppress(errors.StoreUnavailable):
                await self._see_to_all()

    async def _see_to_all(self) -> None:
        over = self.clock.now() - self.keep
        # In this order nothing is retired and forgotten at once, whatever the clock says.
        forgotten = await self._all(lambda them: them.forget(over - TOMBSTONE, AT_ONCE))
        retired = await self._all(lambda them: them.retire(over, AT_ONCE))
        if forgotten or retired:
            self.log.info(LogEvent.TICKETS_RETIRED, retired=retired, forgotten=forgotten)

    async def _all(self, step: Step) -> int:
        done = some = await self._some(step)
        while some == AT_ONCE:
            await self.clock.sleep(PAUSE)
            some = await self._some(step)
            done += some
        return done

    @repeatable
    async def _some(self, step: Step) -> int:
        async with self.store.begin() as transaction:
            done = await step(transaction)
            await transaction.commit()
        return done
