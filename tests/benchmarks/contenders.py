"""Who is compared: programs that take every message of the inbox and publish one for it."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from tests.benchmarks.bench import HOME, Bench
from tests.benchmarks.terms import BATCH, KEY, PREFETCH
from tests.support.databases import Database
from tests.support.worker_process import WorkerProcess
from worker.broker import topology

_HERE = Path(__file__).parent
#: Where `run` puts what respondby itself does not need.
PYTHON, C_ECHO = HOME / "venv/bin/python", HOME / "echo_librabbitmq"


class Running(Protocol):
    """A contender that was started."""

    @property
    def process_ids(self) -> Sequence[int]: ...

    def check(self) -> None:
        """Raises with its last words if it has ended."""
        ...

    async def stop(self) -> None: ...

    def end(self) -> None:
        """Nothing of it stays, be it running or not."""
        ...


@dataclass(frozen=True)
class Contender:
    """One who is compared, and how to start it on a broker."""

    name: str
    title: str
    start: Callable[[Bench, str], Running]
    on_postgresql: bool = False
    missing: Callable[[], str | None] = lambda: None
    """why it cannot take part here"""


class Echo:
    """A program that only publishes again."""

    def __init__(self, folder: Path, *command: object, **environment: str) -> None:
        self._log = folder / "log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [str(part) for part in command],
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    @property
    def process_ids(self) -> Sequence[int]:
        return [self._process.pid]

    def check(self) -> None:
        assert self._process.poll() is None, f"it has ended: {self._log.read_text()}"

    async def stop(self) -> None:
        self._process.terminate()
        await asyncio.to_thread(self._process.wait)

    def end(self) -> None:
        self._process.kill()
        self._process.wait()


class Workers:
    """respondby itself, one or several on one database."""

    def __init__(
        self, bench: Bench, url: str, database: Database, count: int = 1, **settings: str
    ) -> None:
        given = {"DATABASE_URL": database.url, "LOG_LEVEL": "warning", **settings}
        self._workers = [WorkerProcess(bench.new_folder(), url, given) for _ in range(count)]
        for worker in self._workers:
            worker.start()

    @property
    def process_ids(self) -> Sequence[int]:
        return [worker.process_id for worker in self._workers]

    def check(self) -> None:
        for worker in self._workers:
            assert worker.is_running, f"a worker has ended: {worker.log_text()}"

    async def stop(self) -> None:
        for worker in self._workers:
            worker.terminate()
        for worker in self._workers:
            status = await worker.gone()
            assert status == 0, f"a worker ended with {status}: {worker.log_text()}"

    def end(self) -> None:
        for worker in self._workers:
            worker.end()


def _aio_pika(bench: Bench, url: str) -> Running:
    module = ("-m", "tests.benchmarks.echo_aio_pika")
    return Echo(bench.new_folder(), sys.executable, *module, url)


def _faststream(bench: Bench, url: str) -> Running:
    command = (PYTHON, _HERE / "echo_faststream.py", url, topology.INBOX, topology.OUT)
    return Echo(bench.new_folder(), *command)


def _librabbitmq(bench: Bench, url: str) -> Running:
    command = (C_ECHO, url, topology.INBOX, topology.OUT, KEY, PREFETCH, BATCH)
    return Echo(bench.new_folder(), *command)


def _on_sqlite(bench: Bench, url: str) -> Running:
    return Workers(bench, url, bench.sqlite(bench.new_folder()))


def _on_postgresql(bench: Bench, url: str, count: int = 1) -> Running:
    return Workers(bench, url, bench.new_postgres(), count)


def _lacks(path: Path, what: str) -> str | None:
    return None if path.exists() else f"{what} is not here"


ALL: Mapping[str, Contender] = {
    contender.name: contender
    for contender in (
        Contender("aio-pika", "aio-pika, bare echo in batches", _aio_pika),
        Contender(
            "faststream",
            "FastStream, echo in a handler",
            _faststream,
            missing=partial(_lacks, PYTHON, "FastStream"),
        ),
        Contender(
            "librabbitmq",
            "librabbitmq, echo in C",
            _librabbitmq,
            missing=partial(_lacks, C_ECHO, "a C compiler with librabbitmq"),
        ),
        Contender("sqlite", "respondby on SQLite", _on_sqlite),
        Contender("postgresql", "respondby on PostgreSQL", _on_postgresql, on_postgresql=True),
    )
}
#: For the comparison with one: three workers on one database.
THREE = Contender(
    "three",
    "three workers on PostgreSQL",
    partial(_on_postgresql, count=3),
    on_postgresql=True,
)
#: To whom the others are compared.
FIRST = ALL["aio-pika"]
