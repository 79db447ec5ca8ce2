"""What a worker's metrics said over two weeks, without waiting for them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TextIO

from prometheus_client import Metric
from prometheus_client.samples import Sample

from tests.picture.tickets import Happening
from tests.support.house import House, event

#: Between two readings: below the five minutes after which Prometheus calls a series stale.
EVERY = timedelta(minutes=4)
_LABELS = 'job="respondby",instance="worker:9464"'


async def written(file: TextIO, happenings: list[Happening], end: datetime) -> None:
    """Let it all happen to a worker in memory, and write its metrics as OpenMetrics."""
    house = House(http_port=0)
    left = happenings[::-1]
    async with house.working():
        reading = start = house.clock.now()
        while reading < end:
            if left and left[-1].at <= reading:
                await _pass_until(house, left[-1].at)
                await _send(house, left.pop())
            else:
                await _pass_until(house, reading)
                file.writelines(_lines(house, start))
                reading += EVERY
    file.write("# EOF\n")


async def _pass_until(house: House, instant: datetime) -> None:
    """Each alert at its own instant; nothing else happens in between."""
    while (wake := await house.store.next_wake()) is not None and wake < instant:
        await _leap(house, wake)
    await _leap(house, instant)


async def _leap(house: House, instant: datetime) -> None:
    await house.clock.leap(max((instant - house.clock.now()).total_seconds(), 0))


async def _send(house: House, one: Happening) -> None:
    body = event(one.type, one.ticket, at=one.at, **dict(one.data))
    delivery = house.inbox.deliver(body, routing_key=one.type)
    await house.until(lambda: delivery in house.inbox.settled)


def _lines(house: House, start: datetime) -> Iterator[str]:
    now = house.clock.now().timestamp()
    # Of the worker that is played, not of this program; the rules tell workers apart by it.
    yield f"process_start_time_seconds{{{_LABELS}}} {start.timestamp()} {now:.0f}\n"
    for family in house.metrics.registry.collect():
        for sample in family.samples:
            if _is_drawn(family, sample):
                labels = "".join(f',{name}="{value}"' for name, value in sample.labels.items())
                yield f"{sample.name}{{{_LABELS}{labels}}} {sample.value} {now:.0f}\n"


def _is_drawn(family: Metric, sample: Sample) -> bool:
    return family.name.startswith("respondby") and sample.labels.get("clock") != "wall"
