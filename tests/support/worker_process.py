"""The real command, started as an operator starts it: a process with a file, a port and a log."""

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from tests.support import worker_image
from tests.support.waiting import until
from tests.support.worker_image import ContainedProcess

COMMAND = (str(Path(sys.executable).with_name("respondby")),)
#: Seconds for the command to be imported and connected on a busy machine.
READY_WITHIN = 30.0
#: Seconds within which an end must have come: a drain may take 25.
GONE_WITHIN = 40.0
#: Seconds that an answer over HTTP may take before the worker counts as hung.
_ANSWER_WITHIN = 5.0


@dataclass
class WorkerProcess:
    """One worker, through all its starts: it keeps its database and its log."""

    folder: Path
    broker_url: str
    settings: dict[str, str] = field(default_factory=dict)
    """without their prefix; they win over those that every worker here gets"""
    environment: dict[str, str] = field(default_factory=dict)
    """what else its process finds there"""
    _process: "subprocess.Popen[bytes] | None" = None
    _log_start: int = 0
    """where in the log the last start begins"""

    @property
    def database(self) -> Path:
        return self.folder / "respondby.db"

    @property
    def log_file(self) -> Path:
        return self.folder / "log"

    @property
    def process_id(self) -> int:
        running = self._running()
        return running.inner_pid if isinstance(running, ContainedProcess) else running.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def exit_status(self) -> int | None:
        """None while it runs."""
        return self._running().poll()

    def start(self, *arguments: str, command: Sequence[str] = COMMAND) -> None:
        """Start it and do not wait. `command`: what stands in for the real one."""
        assert not self.is_running, "it runs already"
        with self.log_file.open("ab") as log:
            self._log_start = log.tell()
            self._process = self._started([*arguments], command, log)

    def _started(
        self, arguments: list[str], command: Sequence[str], log: IO[bytes]
    ) -> "subprocess.Popen[bytes]":
        if command == COMMAND and (image := worker_image.given()):
            variables = self.environment | self.variables
            return ContainedProcess(image, ["run", *arguments], variables, self.folder, log)
        return subprocess.Popen(
            [*command, "run", *arguments],
            env=self._environment(),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )

    async def up(self, *arguments: str) -> None:
        """Start it and wait until it is able to work."""
        self.start(*arguments)
        await until(self.is_ready, f"ready; it said {self.log_text()}", READY_WITHIN)

    def kill(self) -> None:
        """End it as a power cut does."""
        self._running().kill()
        self._running().wait()

    def terminate(self) -> None:
        """Ask it to drain, and do not wait."""
        self._running().send_signal(signal.SIGTERM)

    async def gone(self) -> int:
        """Wait for its end; its exit status."""
        await until(lambda: self.exit_status is not None, "the worker has ended", GONE_WITHIN)
        return self._running().wait()

    async def stop(self) -> int:
        """Ask it to drain and wait; its exit status."""
        self.terminate()
        return await self.gone()

    def freeze(self) -> None:
        """Stop it where it stands, as a machine that is suspended does."""
        self._running().send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Undo `freeze`."""
        self._running().send_signal(signal.SIGCONT)

    def limit_files(self, size: int | None) -> None:
        """No file of this process may grow beyond `size` bytes, as if the disk were full."""
        soft = resource.RLIM_INFINITY if size is None else size
        resource.prlimit(self.process_id, resource.RLIMIT_FSIZE, (soft, resource.RLIM_INFINITY))

    def log_text(self) -> str:
        """All that it said since its last start."""
        with self.log_file.open("rb") as log:
            log.seek(self._log_start)
            return log.read().decode(errors="replace")

    def log(self, event: str | None = None) -> list[dict[str, Any]]:
        """Its log since its last start, all of it or one event's lines."""
        whole = self.log_text()
        ended = whole[: whole.rfind("\n") + 1]
        lines = [json.loads(line) for line in ended.splitlines()]
        return [line for line in lines if event in (None, line["event"])]

    async def is_ready(self) -> bool:
        assert self.exit_status is None, f"the worker has ended: {self.log_text()}"
        return self.log("worker_starting") != [] and (await self.get("/readyz"))[0] == 200

    async def get(self, path: str) -> tuple[int, str]:
        """Status and text of a page; status 0 if nobody listens."""
        port = self.log("worker_starting")[0]["http_port"]
        limit = aiohttp.ClientTimeout(total=_ANSWER_WITHIN)
        async with aiohttp.ClientSession(timeout=limit) as session:
            try:
                async with session.get(f"http://127.0.0.1:{port}{path}") as answer:
                    return answer.status, await answer.text()
            except aiohttp.ClientConnectionError:
                return 0, ""

    async def metrics(self) -> "Metrics":
        """What `/metrics` says now."""
        _, text = await self.get("/metrics")
        return Metrics(text)

    def end(self) -> None:
        """At the end of a test: nothing of it stays."""
        if self._process is not None:
            self.kill()

    def _running(self) -> "subprocess.Popen[bytes]":
        assert self._process is not None, "it was never started"
        return self._process

    @property
    def variables(self) -> dict[str, str]:
        """Its settings, as its process finds them in its environment."""
        given = {
            "BROKER_URL": self.broker_url,
            "DATABASE_URL": f"sqlite:///{self.database}",
            "HTTP_PORT": "0",
            "LOG_FORMAT": "json",
            **self.settings,
        }
        return {f"RESPONDBY_{name}": value for name, value in given.items()}

    def _environment(self) -> dict[str, str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("RESPONDBY_")}
        return inherited | self.environment | self.variables


class Metrics:
    """One reading of the metrics page."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._families = list(text_string_to_metric_families(text))

    @property
    def types(self) -> dict[str, str]:
        """The type of each metric, by the name that a query uses for its first series."""
        suffixes = {"counter": "_total", "info": "_info"}
        return {
            family.name + suffixes.get(family.type, ""): family.type for family in self._families
        }

    def value(self, name: str, **labels: str) -> float:
        """The sum of all series of this name that have these labels."""
        return sum(
            sample.value
            for family in self._families
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    def labels(self, name: str) -> list[dict[str, str]]:
        """The labels of each series of this name."""
        return [
            sample.labels
            for family in self._families
            for sample in family.samples
            if sample.name == name
        ]


async def gone_by_itself(worker: WorkerProcess) -> tuple[int, list[str]]:
    """Start a worker that cannot work; its exit status, and each line that it said."""
    worker.start()
    try:
        status = await worker.gone()
    finally:
        worker.end()
    return status, worker.log_text().splitlines()
