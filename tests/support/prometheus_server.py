"""A private Prometheus from the Debian package: own folder, own port, on loopback."""

import math
import shutil
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from tests.support.ports import LOOPBACK, free_ports
from tests.support.waiting import until

CONFIGURATION = Path(__file__).parents[2] / "deploy" / "prometheus" / "prometheus.yml"

_START_WITHIN = 30.0
_STOP_WITHIN = 20.0
_ANSWER_WITHIN = 10.0


class NoPrometheus(Exception):
    """There is no Prometheus for the tests: install the package prometheus (Debian, Ubuntu)."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


def program(name: str) -> str:
    """Where `prometheus` or `promtool` is."""
    found = shutil.which(name)
    if found is None:
        raise NoPrometheus
    return found


@dataclass(frozen=True, slots=True)
class Series:
    """Labels, and values at instants; those that are not a number are left out."""

    labels: dict[str, str]
    points: list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Prometheus:
    """One that runs."""

    address: str
    session: aiohttp.ClientSession

    async def query(self, expression: str) -> list[float]:
        """The values now, one a series; those that are not a number are left out."""
        data = await self._get("/api/v1/query", query=expression)
        samples = [data["result"]] if data["resultType"] == "scalar" else data["result"]
        values = [float(one[1] if isinstance(one, list) else one["value"][1]) for one in samples]
        return [value for value in values if not math.isnan(value)]

    async def series(self, expression: str, at: float) -> list[Series]:
        """The series as they were at this instant (seconds since 1970)."""
        data = await self._get("/api/v1/query", query=expression, time=str(at))
        return [Series(one["metric"], _points([one["value"]])) for one in data["result"]]

    async def over_time(
        self, expression: str, start: float, end: float, step: float
    ) -> list[Series]:
        """The series between two instants, every so many seconds."""
        span = {"start": str(start), "end": str(end), "step": str(step)}
        data = await self._get("/api/v1/query_range", query=expression, **span)
        return [Series(one["metric"], _points(one["values"])) for one in data["result"]]

    async def rules(self) -> list[dict[str, Any]]:
        """All rules, as they went when they were last evaluated."""
        groups = (await self._get("/api/v1/rules"))["groups"]
        return [rule for group in groups for rule in group["rules"]]

    async def is_up(self) -> bool:
        try:
            async with self.session.get(f"{self.address}/-/ready") as answer:
                return answer.status == 200
        except aiohttp.ClientConnectionError:
            return False

    async def _get(self, path: str, **parameters: str) -> Any:
        async with self.session.get(f"{self.address}{path}", params=parameters) as answer:
            told = await answer.json()
        assert told["status"] == "success", f"{parameters}: {told.get('error')}"
        return told["data"]


@asynccontextmanager
async def scraping(workers: Sequence[int], folder: Path) -> AsyncIterator[Prometheus]:
    """One with the shipped configuration, but for haste, that scrapes workers at these ports."""
    async with serving(_configured(workers, folder), folder) as server:
        yield server


@asynccontextmanager
async def serving(configuration: Path, folder: Path) -> AsyncIterator[Prometheus]:
    """One with this configuration, whose database is in the folder."""
    (port,) = free_ports(1)
    process = _start(configuration, folder, port)
    limit = aiohttp.ClientTimeout(total=_ANSWER_WITHIN)
    try:
        async with aiohttp.ClientSession(timeout=limit) as session:
            server = Prometheus(f"http://{LOOPBACK}:{port}", session)
            await until(server.is_up, "Prometheus is up", _START_WITHIN)
            yield server
    finally:
        _stop(process)


def _configured(workers: Sequence[int], folder: Path) -> Path:
    shipped = yaml.safe_load(CONFIGURATION.read_text("utf-8"))
    shipped["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    shipped["rule_files"] = [str(CONFIGURATION.parent / one) for one in shipped["rule_files"]]
    (job,) = shipped["scrape_configs"]
    del job["dns_sd_configs"]
    job["static_configs"] = [{"targets": [f"{LOOPBACK}:{port}" for port in workers]}]
    file = folder / "prometheus.yml"
    file.write_text(yaml.safe_dump(shipped), "utf-8")
    return file


def _start(configuration: Path, folder: Path, port: int) -> "subprocess.Popen[bytes]":
    with (folder / "prometheus.log").open("ab") as log:
        return subprocess.Popen(
            [
                program("prometheus"),
                f"--config.file={configuration}",
                f"--storage.tsdb.path={folder / 'prometheus'}",
                "--storage.tsdb.retention.time=60d",
                f"--web.listen-address={LOOPBACK}:{port}",
            ],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )


def _points(values: list[tuple[float, str]]) -> list[tuple[float, float]]:
    return [(at, float(value)) for at, value in values if not math.isnan(float(value))]


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(_STOP_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
