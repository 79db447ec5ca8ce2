"""Workers that die, at exact points and at random moments, and are started again."""

import asyncio
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.faults import crashing, message_faults
from tests.faults.row import Row, row
from tests.faults.scene import Scene
from tests.support import malformed, stream
from tests.support.malformed import Malformed
from tests.support.upstream import Sending
from tests.support.waiting import until
from tests.support.worker_process import WorkerProcess
from worker.broker.dead_letter import DELIVERY_LIMIT

_KILLED = -9
#: How often a worker dies at its point, and of how many times that it gets there.
_TIMES, _AT_MOST = 3, 4
#: Points that are reached too seldom for that.
_RARE = {"C8", "C9"}
#: Seconds for a worker to start and come to its point, and to start and be at work.
_DEAD_WITHIN, _AT_WORK_WITHIN = 90.0, 60.0
_WHERE = {
    "C1": "before a commit",
    "C2": "during a commit",
    "C3": "after a commit, before it is published",
    "C4": "after publishing, before the confirm",
    "C5": "after the confirm, before the row is gone",
    "C6": "after the commit, before the ack",
    "C7": "after the ack is written",
    "C8": "between reading the timers and the commit",
    "C9": "after a dead letter's confirm, before the ack",
}
#: Small batches make more moments at which to die.
_SMALL = {"BATCH_SIZE": "20", "PREFETCH": "60"}


def crash(point: str, times: int = _TIMES) -> Row:
    """The first worker dies so often at this point."""

    async def strike(here: Scene) -> None:
        first, *others = here.site.workers
        for worker in others:
            worker.start()
        for _ in range(times):
            nth = 1 if point in _RARE else here.random.randint(1, _AT_MOST)
            first.settings |= _SMALL
            first.start(command=_dying(point, nth))
            await until(lambda: not first.is_running, f"dead at {point}", _DEAD_WITHIN)
            assert first.exit_status == _KILLED, f"it ended with {first.exit_status}"
        first.start()

    return row(
        f"F1 {point}",
        f"killed {_WHERE[point]}",
        at_work=False,
        back_within=_AT_WORK_WITHIN,
        lasts=5.0 * times,
        soon_for=20 * times,
        garbage=_plenty if point == "C9" else tuple,
    )(strike)


def _plenty() -> Sequence[Malformed]:
    """So much poison that each of several workers has some to bury."""
    return [*message_faults.copies(malformed.twenty(), 5)]


def kills(times: int = 20) -> Row:
    """At random moments, one worker after the other."""

    async def strike(here: Scene) -> None:
        for worker in here.site.workers:
            worker.settings |= _SMALL
            worker.start()
        for _ in range(times):
            victim = here.random.choice(here.site.workers)
            await _lives_a_while(here, victim)
            victim.kill()
            victim.start()

    return row(
        "F1 kill",
        f"killed {times} times at random moments",
        at_work=False,
        back_within=_AT_WORK_WITHIN,
        count=4000,
        lasts=2.0 * times,
        soon_for=45,
    )(strike)


@row(
    "F2",
    "asked to drain, three times under load",
    copies=False,
    burials=False,
    back_within=_AT_WORK_WITHIN,
)
async def drained(here: Scene) -> None:
    for _ in range(3):
        for worker in here.site.workers:
            assert await worker.stop() == 0
            worker.start()
        await here.is_busy()


def _deadly() -> list[Malformed]:
    event = stream.event(
        "ticket.created",
        datetime(2026, 3, 9, 12, tzinfo=UTC),
        "deadly",
        ticket_id="T-deadly",
        summary=crashing.DEADLY.decode(),
    )
    return [Malformed(Sending(stream.body(event), message_id="deadly"), DELIVERY_LIMIT, "")]


@row(
    "F27",
    "a message that kills whoever reads it",
    at_work=False,
    back_within=_AT_WORK_WITHIN,
    garbage=_deadly,
    lasts=40,
    soon_for=60,
)
async def poisoned(here: Scene) -> None:
    """Until the broker gives it up, somebody starts the workers again and again."""

    async def is_buried() -> bool:
        for worker in here.site.workers:
            if not worker.is_running:
                worker.start(command=_dying("poison"))
        return "deadly" in {letter.message_id for letter in await here.site.dead_letters()}

    await until(is_buried, "the poison is among the dead letters", 150)
    for worker in here.site.workers:
        if not worker.is_running:
            worker.start()


async def _lives_a_while(here: Scene, worker: WorkerProcess) -> None:
    """Most get to work for a moment; some die while they start."""
    if here.random.random() < 0.8:
        await until(lambda: bool(worker.log("broker_link_up")), "it is connected", 30)
        await asyncio.sleep(here.random.uniform(0, 0.6))
    else:
        await asyncio.sleep(here.random.uniform(0, 1.5))


def _dying(point: str, nth: int = 1) -> list[str]:
    return [sys.executable, str(Path(crashing.__file__)), point, str(nth)]
