"""What deploy/Dockerfile is made of. That the image works is for tests/images/worker to see."""

import asyncio
import re
import sys
from pathlib import Path

from aiohttp import web
from prometheus_client import CollectorRegistry

from worker.observe import http
from worker.observe.health import Health

HOME = Path(__file__).parents[3]
DOCKERFILE = (HOME / "deploy" / "Dockerfile").read_text("utf-8")


def test_all_that_is_copied_is_there_and_let_in() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, flags=re.MULTILINE)
    sources = {source for line in copied for source in line.split()}
    let_in = (HOME / ".dockerignore").read_text("utf-8").splitlines()
    assert sources
    assert sources == {line.removeprefix("!") for line in let_in if line.startswith("!")}
    assert [source for source in sources if not (HOME / source).exists()] == []


def test_every_stage_starts_from_what_the_builder_names() -> None:
    assert set(re.findall(r"^FROM (\S+)", DOCKERFILE, flags=re.MULTILINE)) == {"${BASE}"}


def test_nothing_is_installed_but_a_compiler_and_what_the_locks_name_with_their_hashes() -> None:
    commands = DOCKERFILE.replace("\\\n", " ").splitlines()
    installs = [line for line in commands if re.search(r"\b(pip|apt-get|apk)\b.* install", line)]
    assert len(installs) == 4
    compiler, locked, tools, ours = installs
    packages = re.findall(r'lacking="([^"]*)"', compiler)
    assert packages == ["gcc libc6-dev", "$lacking python3-dev"]
    assert "install --yes --no-install-recommends $lacking;" in compiler
    # They stay behind in the stage that builds.
    assert max(map(commands.index, installs)) < commands.index("FROM ${BASE}")
    assert "--require-hashes --requirement requirements.lock" in locked
    assert "--require-hashes --target tools --requirement compile.lock" in tools
    assert "--no-deps --no-build-isolation ." in ours


async def test_a_worker_that_answers_is_healthy_and_nobody_is_not() -> None:
    alive = http.application(CollectorRegistry(), Health())
    async with http.serve(alive, "127.0.0.1", 0) as port:
        assert await _healthcheck(port) == 0
    assert await _healthcheck(port) == 1


async def test_a_worker_that_does_not_know_its_health_is_not_healthy() -> None:
    async with http.serve(web.Application(), "127.0.0.1", 0) as port:
        assert await _healthcheck(port) == 1


async def test_it_says_what_another_page_says_for_there_is_no_curl() -> None:
    health = Health()
    health.trouble("store", "the disk is full")
    async with http.serve(http.application(CollectorRegistry(), health), "127.0.0.1", 0) as port:
        status, told = await _asked(port, "readyz")
    assert status == 1
    assert b"the disk is full" in told


async def _healthcheck(port: int) -> int | None:
    return (await _asked(port))[0]


async def _asked(port: int, *page: str) -> tuple[int | None, bytes]:
    check = await asyncio.create_subprocess_exec(
        sys.executable,
        HOME / "deploy" / "healthcheck.py",
        *page,
        env={"RESPONDBY_HTTP_HOST": "0.0.0.0", "RESPONDBY_HTTP_PORT": str(port)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    told, _ = await check.communicate()
    return check.returncode, told
