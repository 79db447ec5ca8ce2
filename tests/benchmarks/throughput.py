"""How fast a contender works off a full inbox, and what that costs it.

Nobody publishes meanwhile and nobody reads what comes out, so that the two cores of a small machine
are the contender's and the broker's. The first tenth is not counted: programs start then.
"""

import asyncio
import time
from dataclasses import dataclass

from tests.benchmarks import queues, tickets, usage
from tests.benchmarks.bench import Bench
from tests.benchmarks.contenders import Contender, Running
from tests.benchmarks.queues import Queues
from tests.benchmarks.terms import DOWNSTREAM
from tests.benchmarks.usage import Usage

#: Seconds between two looks at what has come out.
_LOOK_EVERY = 0.02
#: Seconds after which a contender that does not get on has failed.
_AT_MOST = 600.0
_WARM = 0.1


@dataclass(frozen=True, slots=True)
class Throughput:
    rate: float
    """messages a second"""
    cpu: float
    """seconds on a processor that a thousand messages take, in all processes of the contender"""
    peak: float
    """MiB of memory at the most, likewise"""


@dataclass(frozen=True, slots=True)
class Look:
    """At one moment."""

    time: float
    count: int
    used: Usage


async def measured(contender: Contender, bench: Bench, first: int = 0) -> Throughput:
    """`first`: the number of the first ticket."""
    numbers = range(first, first + bench.sizes.messages)
    async with queues.made(bench.broker) as made:
        await made.fill(tickets.created(numbers, with_text=bench.with_text))
        running = contender.start(bench, made.url)
        try:
            return await _watched(running, made, len(numbers))
        finally:
            running.end()


async def _watched(running: Running, made: Queues, count: int) -> Throughput:
    warm = await _reached(running, made, int(count * _WARM))
    done = await _reached(running, made, count)
    messages = done.count - warm.count
    await running.stop()
    return Throughput(
        rate=messages / (done.time - warm.time),
        cpu=(done.used.cpu - warm.used.cpu) / messages * 1000,
        peak=done.used.peak,
    )


async def _reached(running: Running, made: Queues, count: int) -> Look:
    """The first look at which so many have come out."""
    async with asyncio.timeout(_AT_MOST):
        while True:
            running.check()
            out = await made.waiting(DOWNSTREAM)
            look = Look(time.perf_counter(), out, usage.of(running.process_ids))
            if out >= count:
                return look
            await asyncio.sleep(_LOOK_EVERY)
