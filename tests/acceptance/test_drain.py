"""How the real command starts, refuses to start, waits for what is away, and ends."""

import asyncio
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from urllib.parse import urlsplit, urlunsplit

import pytest

from tests.support import stream
from tests.support.operator import Operator
from tests.support.proxy import Proxy
from tests.support.site import Document, Site
from tests.support.trial import Trial
from tests.support.waiting import until
from tests.support.worker_process import WorkerProcess, gone_by_itself
from worker.broker import topology


async def test_a_worker_that_is_stopped_under_load_finishes_or_gives_back_what_it_took(
    site: Site,
) -> None:
    trial = Trial(site, seed=5, count=1000)
    pouring = asyncio.create_task(trial.pour())
    for moment in sorted(Random(5).sample(range(50, 700), 3)):
        await site.worker.up()
        await trial.is_known(moment)
        assert await site.worker.stop() == 0
        assert site.stored("outbox") == 0, "committed, and not told before the end"
        assert site.worker.log("worker_stopped")
    await pouring

    await site.worker.up()

    await trial.ends_as_replayed()
    await trial.nothing_is_left()
    assert await trial.dead_letters() == trial.each_once
    assert len(site.downstream.messages) == len(await site.events()), "something was told twice"


async def test_a_second_worker_on_the_same_file_is_refused_and_the_first_works_on(
    site: Site, tmp_path: Path
) -> None:
    await site.worker.up()
    (tmp_path / "second").mkdir()
    second = WorkerProcess(
        tmp_path / "second", site.url, {"DATABASE_URL": f"sqlite:///{site.worker.database}"}
    )

    status, lines = await gone_by_itself(second)

    assert status == 2
    assert lines[-1].startswith("respondby: another worker already uses")
    assert str(site.worker.database) in lines[-1]
    await site.send(_ticket("after"))
    await until(lambda: _has_told(site, "after"), "the first worker works on")


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("RETENTION", "a while", "RESPONDBY_RETENTION: must be a duration"),
        ("BROKER_URL", "amqp://u:pass-word@far.example/", "BROKER_URL: plain amqp to another"),
        ("DATABASE_URL", "mysql://u:pass-word@db/x", "RESPONDBY_DATABASE_URL: must be"),
        ("DATABASE_URL", "sqlite:////nowhere/x.db", "there is no folder /nowhere"),
        ("POLICY", "/nowhere.yaml", "/nowhere.yaml"),
    ],
)
async def test_a_bad_setting_stops_the_start_with_one_line_and_consumes_nothing(
    site: Site, name: str, value: str, told: str
) -> None:
    site.worker.settings[name] = value
    line = await _refused(site)
    assert told in line
    assert "pass-word" not in line


async def test_a_bad_policy_stops_the_start_with_one_line_that_names_the_place(
    site: Site, tmp_path: Path
) -> None:
    (tmp_path / "policy.yaml").write_text(stream.policy_text().replace("always: true", "sun: '9'"))
    line = await _refused(site)
    assert "policy.yaml" in line
    assert "calendars.always.hours" in line


async def test_a_queue_of_another_make_stops_the_start_with_one_line_that_names_it(
    site: Site,
) -> None:
    async with Operator(site.url) as operator:
        await operator.delete_queue(topology.INBOX)
        channel = await operator.channel()
        await channel.queue_declare(topology.INBOX, durable=True)

    status, lines = await gone_by_itself(site.worker)

    assert status == 2
    assert [line for line in lines if topology.INBOX in line] == [lines[-1]]
    assert lines[-1].startswith("respondby: ")


async def test_a_port_that_is_taken_stops_the_start_with_one_line(site: Site) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        site.worker.settings["HTTP_PORT"] = str(port)
        line = await _refused(site)
    assert f"RESPONDBY_HTTP_PORT: cannot listen on 127.0.0.1:{port}" in line


async def test_an_unknown_setting_is_warned_about_with_its_nearest_name(site: Site) -> None:
    site.worker.settings |= {"PREFECTH": "7", "TEST_THIS": "1", "SERVICE_HOST": "10.0.0.1"}
    await site.worker.up()
    warnings = site.worker.log("setting_unknown")
    assert [line["setting"] for line in warnings] == [
        "RESPONDBY_PREFECTH is not a setting; the nearest is RESPONDBY_PREFETCH"
    ]


async def test_a_broker_that_is_not_there_is_waited_for_ever_more_patiently(
    site: Site, free_port: int
) -> None:
    worker = site.worker
    worker.broker_url = _at_port(site.url, free_port)
    worker.start()
    await until(lambda: len(worker.log("broker_link_lost")) >= 6, "six tries", 30)

    assert (await worker.get("/healthz"))[0] == 200
    status, told = await worker.get("/readyz")
    assert (status, "not connected" in told) == (503, True)
    assert (await worker.metrics()).value("respondby_broker_connected") == 0
    for link in ("consume", "publish"):
        waits = [
            line["retry_in"] for line in worker.log("broker_link_lost") if line["link"] == link
        ]
        assert waits == sorted(waits)
        assert waits[-1] > waits[0]

    await site.send(_ticket("early"))
    async with Proxy(site.url, free_port):
        await until(worker.is_ready, "connected by itself", 30)
        assert (await worker.metrics()).value("respondby_broker_connected") == 1
        await until(lambda: _has_told(site, "early"), "the event is decided")
        assert await worker.stop() == 0


async def test_a_worker_that_never_reached_its_broker_ends_when_it_is_told(
    site: Site, free_port: int
) -> None:
    site.worker.broker_url = _at_port(site.url, free_port)
    site.worker.start()
    await until(lambda: bool(site.worker.log("broker_link_lost")), "it has tried", 30)
    assert await site.worker.stop() == 0


async def _refused(site: Site) -> str:
    """The only line that the worker says; nothing of the inbox was touched."""
    await site.send(_ticket("untouched"))
    status, lines = await gone_by_itself(site.worker)
    assert status == 2
    assert len([line for line in lines if "worker_starting" not in line]) == 1, lines
    async with Operator(site.url) as operator:
        message = await operator.take(topology.INBOX)
    assert message is not None
    assert not message.redelivered
    return lines[-1]


@pytest.fixture
def free_port() -> Iterator[int]:
    """A port on which nothing listens; held so that nobody else is given it."""
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def _at_port(url: str, port: int) -> str:
    parts = urlsplit(url)
    login = parts.netloc.rpartition("@")[0]
    return urlunsplit(parts._replace(netloc=f"{login}@127.0.0.1:{port}"))


def _ticket(name: str) -> Document:
    now = datetime.now(UTC)
    return stream.event("ticket.created", now, name, ticket_id=name, summary="A question")


async def _has_told(site: Site, ticket: str) -> bool:
    return any(event["data"]["ticket_id"] == ticket for event in await site.events())
