"""A worker on SQLite with many tickets open: its start, its throughput, its alerts."""

import os
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.benchmarks import (
    latency,
    open_tickets,
    pace,
    quantiles,
    queues,
    throughput,
    tickets,
    watcher,
)
from tests.benchmarks.bench import Bench
from tests.benchmarks.contenders import Contender, Running, Workers
from tests.benchmarks.quantiles import Quantiles
from tests.benchmarks.queues import Queues
from tests.benchmarks.terms import DOWNSTREAM
from tests.benchmarks.throughput import Throughput
from tests.benchmarks.watcher import Watcher
from tests.support.databases import SqliteFile
from tests.support.waiting import until

#: Alerts that fall due in a second.
ALERTS_PER_SECOND = 50
_READY_WITHIN = 300.0


@dataclass(frozen=True)
class Crowd:
    """So many open tickets, in a file of which every measurement gets a copy."""

    bench: Bench
    count: int
    file: Path

    async def start(self) -> float:
        """Seconds from the start of the process to the answer to a message that waited for it."""
        async with queues.made(self.bench.broker) as made:
            await made.fill(tickets.created(range(1)))
            path = self._copy()
            begun = time.perf_counter()
            running = self._started(path, made.url)
            try:
                await until(lambda: _has_answered(made, running), "an answer", _READY_WITHIN)
                passed = time.perf_counter() - begun
                await running.stop()
            finally:
                running.end()
        path.unlink()
        return passed

    async def throughput(self) -> Throughput:
        path = self._copy()
        contender = Contender("", "", lambda _, url: self._started(path, url))
        measured = await throughput.measured(contender, self.bench)
        path.unlink()
        return measured

    async def alert_lag(self, ready_within: float) -> Quantiles:
        """Milliseconds from the instant at which an alert becomes true to its arrival.

        Meanwhile tickets come in. `ready_within`: seconds that a start may take; only alerts that
        fall due after it count.
        """
        path = self._copy()
        due = _due(datetime.now(UTC), ready_within + self.bench.sizes.alert_seconds)
        open_tickets.add(path, [tickets.due_at(n, instant) for n, instant in enumerate(due)])
        async with queues.made(self.bench.broker) as made, watcher.watching(made.url) as watched:
            running = self._started(path, made.url)
            try:
                await until(made.has_consumer, "the worker consumes", _READY_WITHIN)
                counted = await self._busy(made.url)
                expected = {
                    tickets.due_id(n): instant
                    for n, instant in enumerate(due)
                    if instant in counted
                }
                await until(lambda: expected.keys() <= _alerts(watched).keys(), "alerts", 60)
                await running.stop()
            finally:
                running.end()
        path.unlink()
        arrived = _alerts(watched)
        return quantiles.of(
            (arrived[id_] - instant.timestamp()) * 1000 for id_, instant in expected.items()
        )

    async def _busy(self, url: str) -> "Span":
        """Let tickets come in for a while; during which alerts count."""
        begun = datetime.now(UTC)
        seconds = self.bench.sizes.alert_seconds
        sendings = tickets.created(range(seconds * latency.PER_SECOND))
        await pace.sent(url, sendings, latency.PER_SECOND)
        return Span(begun + timedelta(seconds=1), begun + timedelta(seconds=seconds))

    def _copy(self) -> Path:
        path = self.bench.new_folder() / "respondby.db"
        shutil.copy(self.file, path)
        # Else the disk would be busy with it for the first minute of what is measured.
        with path.open("rb+") as file:
            os.fsync(file)
        return path

    def _started(self, path: Path, url: str) -> Running:
        return Workers(self.bench, url, SqliteFile(path))


@dataclass(frozen=True, slots=True)
class Span:
    begin: datetime
    end: datetime

    def __contains__(self, instant: datetime) -> bool:
        return self.begin <= instant < self.end


def _due(begin: datetime, seconds: float) -> list[datetime]:
    """When alerts fall due."""
    count = int(seconds * ALERTS_PER_SECOND)
    return [begin + timedelta(seconds=place / ALERTS_PER_SECOND) for place in range(count)]


def _alerts(watched: Watcher) -> Mapping[str, float]:
    """When each came, by its ticket."""
    return {event["data"]["ticket_id"]: at for at, event in watched.events("objective.")}


async def _has_answered(made: Queues, running: Running) -> bool:
    running.check()
    return await made.waiting(DOWNSTREAM) > 0
