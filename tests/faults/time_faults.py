"""A worker that stands still, and a clock that jumps."""

import asyncio
from pathlib import Path

from tests.faults.row import Row, on_sqlite, row
from tests.faults.scene import Ground, Scene
from tests.support.waiting import until
from tests.support.worker_process import WorkerProcess

#: Where Debian puts the library that lies about the time.
_FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
#: Jumps that stay within what an event's own time may lie ahead, and before what falls due later.
_JUMPS = ("-240s", "+240s", "+0s", "+1s", "-1s", "+1s", "+0s")


@row("F22", "a worker stands still for 45 s", lasts=50, soon_for=60)
async def frozen(here: Scene) -> None:
    """Longer than the broker waits for a sign of life."""
    here.worker.freeze()
    await asyncio.sleep(45)
    here.worker.thaw()


@row("F23", "a second worker on the same file", applies=on_sqlite, copies=False, burials=False)
async def second_worker(here: Scene) -> None:
    room = here.folder / "second"
    room.mkdir()
    second = WorkerProcess(room, here.site.url, here.worker.settings)
    second.start()
    try:
        assert await second.gone() == 2, "it was not refused"
    finally:
        second.end()


def _has_library(_: Ground) -> bool:
    return _FAKETIME is not None


@row("F21", "the clock jumps to and fro", at_work=False, lasts=30, applies=_has_library)
async def clock_jumps(here: Scene) -> None:
    told = here.folder / "clock"
    told.write_text("+0s")
    for worker in here.site.workers:
        worker.environment = {
            "LD_PRELOAD": str(_FAKETIME),
            "FAKETIME_TIMESTAMP_FILE": str(told),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
    await here.up()
    for jump in _JUMPS:
        told.write_text(jump)
        await asyncio.sleep(3)


async def _has_gathered(here: Scene) -> None:
    count = len(here.trial.sendings)

    async def have_come() -> bool:
        return await here.site.waiting() >= count

    await until(have_come, "all wait in the inbox", 120)


def backlog(count: int = 10_000) -> Row:
    async def strike(here: Scene) -> None:
        here.is_over()
        await _has_gathered(here)
        await here.up()

    return row(
        "F29",
        f"{count} events have gathered",
        at_work=False,
        back_within=60,
        count=count,
        soon_for=60,
        copies=False,
        burials=False,
        settled_within=120,
    )(strike)
