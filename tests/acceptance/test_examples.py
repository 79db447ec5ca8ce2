"""The example programs, as they are, around a real worker on a real broker."""

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aio_pika
from aiormq.exceptions import ChannelNotFoundEntity

from tests.acceptance.test_main_job import EXAMPLES
from tests.support import stream
from tests.support.downstream import taken
from tests.support.operator import Operator
from tests.support.site import Document, Site
from tests.support.waiting import until
from worker.broker.connection import SelfClosing

HOME = Path(__file__).parents[2] / "examples"
QUEUE, ASIDE = "router.alerts", "router.aside"


async def test_a_published_ticket_is_decided_on_and_routed(site: Site, tmp_path: Path) -> None:
    await site.worker.up()
    with _router(site, tmp_path) as told:
        await until(lambda: _is_read(site), "the router reads its queue")

        published = await asyncio.to_thread(_published, site, "Nobody can log in")

        assert (published.returncode, published.stderr) == (0, "")
        await until(lambda: told.exists() and told.read_text().endswith("\n"), "it is told")
        (event,) = await site.events("ticket.prioritized")
        ticket = published.stdout.strip()
        assert event["data"]["ticket_id"] == ticket
        assert told.read_text() == f"{ticket}: respond by {event['data']['deadline']}\n"


async def test_the_router_tells_each_critical_ticket_and_breach_once_though_it_was_away(
    site: Site, tmp_path: Path
) -> None:
    await site.worker.up()
    with _router(site, tmp_path):
        await until(lambda: _is_read(site), "the router reads its queue")
    notified = datetime.now(UTC) - timedelta(hours=1)
    due = (notified + timedelta(minutes=30)).isoformat().replace("+00:00", "Z")
    await site.send(_created("critical", notified), _created("low", notified))
    await until(lambda: _has(site, "objective.breached"), "the breach is published")
    await site.send(_answered("critical", notified + timedelta(minutes=10)))
    await until(lambda: _has(site, "objective.superseded"), "the breach is withdrawn")
    await _publish_again(site)
    # The queue is read in order: when this one is told, all before it were.
    await site.send(_created("critical", datetime.now(UTC), "last"))

    with _router(site, tmp_path) as output:
        await until(lambda: "last: " in output.read_text(), "all of it is read")
        *lines, _ = output.read_text().splitlines()

    assert lines == [
        f"critical: respond by {due}",
        f"critical: no response by {due}, tell customer-success",
        "critical: not breached after all (response)",
    ]


async def test_the_router_sets_aside_what_it_cannot_handle_and_tells_the_rest(
    site: Site, tmp_path: Path
) -> None:
    await site.worker.up()
    with _router(site, tmp_path) as output:
        await until(lambda: _is_read(site), "the router reads its queue")
        async with Operator(site.url) as operator:
            await operator.send(b"{}", exchange="", routing_key=QUEUE)
            await site.send(_created("critical", datetime.now(UTC)))

            await until(lambda: "critical: " in output.read_text(), "the rest is told")

            (aside,) = await taken(site.url, ASIDE)
            assert aside.body == b"{}"


def _created(level: str, notified: datetime, ticket: str | None = None) -> Document:
    name = ticket or level
    facts = EXAMPLES[level]
    return stream.event("ticket.created", notified, name, ticket_id=name, summary="", facts=facts)


def _answered(ticket: str, at: datetime) -> Document:
    return stream.event("ticket.responded", at, f"{ticket} answered", ticket_id=ticket)


def _published(site: Site, summary: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, HOME / "publish_ticket.py", summary],
        env={"RESPONDBY_BROKER_URL": site.url},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


@contextlib.contextmanager
def _router(site: Site, folder: Path) -> Iterator[Path]:
    output = folder / "told"
    with output.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, HOME / "route_alerts.py"],
            env={"RESPONDBY_BROKER_URL": site.url},
            cwd=folder,
            stdout=out,
        )
    try:
        yield output
    finally:
        process.terminate()
        process.wait()


async def _is_read(site: Site) -> bool:
    async with Operator(site.url) as operator:
        try:
            return await operator.consumers(QUEUE) == 1
        except ChannelNotFoundEntity:
            return False


async def _has(site: Site, type_: str) -> bool:
    return bool(await site.events(type_))


async def _publish_again(site: Site) -> None:
    """Each message that was published, as after a crash between confirm and commit."""
    async with (
        await aio_pika.connect(site.url, connection_class=SelfClosing) as connection,
        connection.channel() as channel,
    ):
        exchange = await channel.get_exchange("respondby")
        for message in list(site.downstream.messages):
            await exchange.publish(
                aio_pika.Message(message.body, message_id=message.message_id),
                routing_key=str(message.routing_key),
            )
