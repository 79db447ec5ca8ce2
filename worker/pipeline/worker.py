"""The worker: all its tasks, by name, from start to drain."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from worker import errors
from worker.broker.port import Inbox, Publisher
from worker.clock import Clock
from worker.observe.health import Health
from worker.observe.logs import Log, LogEvent
from worker.pipeline.application import Application
from worker.pipeline.graveyard import Graveyard
from worker.pipeline.intake import Intake
from worker.pipeline.patience import Patience
from worker.pipeline.policies import Policies
from worker.pipeline.relay import Relay
from worker.pipeline.retention import Retention
from worker.pipeline.timers import Timers
from worker.pipeline.waiting import first_of
from worker.pipeline.watch import Watch
from worker.store.port import Store

#: Seconds that a drain may take for what is in hand, and for what is still to be published.
DRAIN_WITHIN, FLUSH_WITHIN = 20.0, 5.0

Job = Callable[[], Awaitable[None]]


class TaskEnded(errors.RespondbyError):
    """A task that should run for ever has ended."""


@dataclass(slots=True)
class Worker:
    """Consumes, decides, publishes and alerts until it is told to stop."""

    store: Store
    inbox: Inbox
    publisher: Publisher
    intake: Intake
    policies: Policies
    application: Application
    graveyard: Graveyard
    relay: Relay
    timers: Timers
    retention: Retention
    watch: Watch
    clock: Clock
    health: Health
    log: Log

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; then finish or give back what was taken.

        Raises TopologyMismatch, StoreBusy, StoreMissing or StoreForeign if it cannot begin.
        """
        if not await self._open_store(stop):
            return
        try:
            await self._work(stop)
        except ExceptionGroup as group:
            raise _cause(group) from None
        finally:
            await self.store.close()
        self.log.info(LogEvent.STOPPED)

    async def _open_store(self, stop: asyncio.Event) -> bool:
        patience = Patience()
        while not stop.is_set():
            try:
                await self.store.open()
            except errors.StoreUnavailable as error:
                if self.health.trouble("store", str(error)):
                    self.log.warning(LogEvent.STORE_UNAVAILABLE, error=str(error))
                await first_of(self.clock.sleep(patience.next_wait()), stop.wait())
            else:
                self.health.well("store")
                return True
        return False

    async def _work(self, stop: asyncio.Event) -> None:
        endless: dict[str, Job] = {
            "consume link": self.inbox.run,
            "publish link": self.publisher.run,
            "graveyard": self.graveyard.run,
            "relay": self.relay.run,
            "timers": self.timers.run,
            "retention": self.retention.run,
            "policies": self.policies.run,
            "watch": self.watch.run,
        }
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(_for_ever(name, job), name=name) for name, job in endless.items()
            ]
            intake = group.create_task(self.intake.run(), name="intake")
            stopping = asyncio.ensure_future(stop.wait())
            try:
                await asyncio.wait((stopping, intake), return_when=asyncio.FIRST_COMPLETED)
            finally:
                stopping.cancel()
            await self._drain(intake)
            for task in tasks:
                task.cancel()

    async def _drain(self, intake: asyncio.Task[None]) -> None:
        """What was taken is finished, or given back by closing the connection."""
        self.log.info(LogEvent.DRAINING)
        self.health.trouble("worker", "draining")
        self.intake.stopping = True
        await self.inbox.drain()
        await first_of(self._finish(intake), self.clock.sleep(DRAIN_WITHIN))
        # What does not leave in time is in the outbox, and leaves at the next start.
        await first_of(self.relay.emptied(), self.clock.sleep(FLUSH_WITHIN))

    async def _finish(self, intake: asyncio.Task[None]) -> None:
        await intake
        await self.graveyard.rest()


def _cause(group: ExceptionGroup[Exception]) -> Exception:
    """The error that ended the work, where it is one of ours; else all that went wrong."""
    ours, others = group.split(errors.RespondbyError)
    return group if ours is None or others is not None else ours.exceptions[0]


async def _for_ever(name: str, job: Job) -> None:
    await job()
    raise TaskEnded(f"the task {name!r} has ended")
