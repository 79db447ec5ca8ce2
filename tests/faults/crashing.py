"""The worker's command, which kills itself at one exact point:

    python tests/faults/crashing.py POINT NTH run

dies as by a power cut when it comes to this point for the NTH time. Nothing in the worker knows of
it: functions are wrapped from outside, by name.
"""

import asyncio
import itertools
import os
import random
import signal
import sys
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Literal

from worker.broker.consumer import AmqpInbox
from worker.broker.lane import Lane
from worker.broker.port import Delivery
from worker.broker.publisher import AmqpPublisher
from worker.cli.main import main
from worker.pipeline import reading
from worker.pipeline.reading import Read
from worker.store.postgres import PostgresStore
from worker.store.sqlite import SqliteStore
from worker.store.transaction import SqlTransaction

#: Stands in a body that no worker survives.
DEADLY = b"deadly-nightshade"
#: Seconds that a commit or a publication takes at most: death comes somewhere in them.
_MEANWHILE = 0.003

Step = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Point:
    """Before, in the middle of, or after a function of one of these classes."""

    when: Literal["before", "during", "after"]
    owners: tuple[type, ...]
    function: str


_STORES = (SqliteStore, PostgresStore)

POINTS = {
    "C1": Point("before", (SqlTransaction,), "commit"),
    "C2": Point("during", (SqlTransaction,), "commit"),
    "C3": Point("after", (SqlTransaction,), "commit"),
    "C4": Point("during", (Lane,), "send"),
    "C5": Point("before", _STORES, "confirmed"),
    "C6": Point("before", (AmqpInbox,), "settle"),
    "C7": Point("after", (AmqpInbox,), "settle"),
    "C8": Point("after", (SqlTransaction,), "due"),
    "C9": Point("after", (AmqpPublisher,), "bury"),
}


def arm(point: Point, nth: int) -> None:
    """Die the `nth` time that this point is reached, not counting calls with nothing to do."""
    reached = itertools.count(1)

    def is_it(*given: object) -> bool:
        return all(given) and next(reached) == nth

    def wrapped(step: Step) -> Step:
        @wraps(step)
        async def before(*given: Any, **named: Any) -> Any:
            if is_it(*given):
                _die()
            return await step(*given, **named)

        @wraps(step)
        async def during(*given: Any, **named: Any) -> Any:
            if not is_it(*given):
                return await step(*given, **named)
            threading.Timer(random.uniform(0, _MEANWHILE), _die).start()
            await step(*given, **named)
            return await asyncio.Event().wait()

        @wraps(step)
        async def after(*given: Any, **named: Any) -> Any:
            answer = await step(*given, **named)
            if answer != [] and is_it(*given):
                _die()
            return answer

        return {"before": before, "during": during, "after": after}[point.when]

    for owner in point.owners:
        setattr(owner, point.function, wrapped(getattr(owner, point.function)))


def arm_poison() -> None:
    """Die of every message that is deadly."""
    sound = reading.read

    def read(delivery: Delivery, max_bytes: int) -> Read:
        if DEADLY in delivery.body:
            _die()
        return sound(delivery, max_bytes)

    reading.read = read


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    name, times = sys.argv[1:3]
    del sys.argv[1:3]
    if name == "poison":
        arm_poison()
    else:
        arm(POINTS[name], int(times))
    main()
