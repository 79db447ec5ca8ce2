"""What the real command shows while everything goes wrong is fit for all eyes."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from schemas.envelope import LEVELS
from schemas.inbound import INBOUND_TYPES
from schemas.outbound import OUTBOUND_TYPES
from tests.support import broker, malformed, postgres_server, redaction, stream, undecidable
from tests.support import site as sites
from tests.support.broker import Broker
from tests.support.databases import ServerDatabase
from tests.support.postgres_server import PrivateServer
from tests.support.site import Site
from tests.support.waiting import until
from tests.support.worker_process import Metrics
from worker.broker.events import Event
from worker.observe.logs import LogEvent
from worker.store.port import OPEN_PHASES

LOGIN, OLD, NEW = "redacted", "amber-lynx", "cobalt-wren"
PLANTED = (*redaction.TICKETS, OLD, NEW, postgres_server.PASSWORD)
#: What a label may say, beside numbers, reasons and the policy's name.
WORDS = {
    *(*LEVELS, *INBOUND_TYPES, *OUTBOUND_TYPES, *OPEN_PHASES, "unknown"),
    *("met", "missed", "objective", "wall", "applied", "duplicate", "stale", "rejected"),
    *("loaded", "refused", "undecidable", "id_conflict"),
    *(bad.reason for bad in malformed.twenty()),
}


@dataclass(frozen=True, slots=True)
class Place:
    """A site whose secrets are in files, with all that can be broken around it."""

    site: Site
    broker: Broker
    vhost: str
    postgres: PrivateServer
    folder: Path

    def write_secrets(self, password: str = NEW) -> None:
        broker_url = broker.with_login(self.site.url, LOGIN, password)
        for name, url in {"BROKER_URL": broker_url, "DATABASE_URL": self.site.database.url}.items():
            self.file(name).write_text(url)
            self.site.worker.settings |= {name: "", f"{name}_FILE": str(self.file(name))}

    def file(self, name: str) -> Path:
        return self.folder / name


@pytest.fixture
async def place(
    own_broker: Broker, own_vhost: str, postgres: PrivateServer, tmp_path: Path
) -> AsyncIterator[Place]:
    database = ServerDatabase(postgres, postgres.new_database())
    own_broker.rabbitmqctl("add_user", LOGIN, NEW)
    own_broker.rabbitmqctl("set_permissions", "--vhost", own_vhost, LOGIN, ".*", ".*", ".*")
    async with sites.built(own_broker.url(own_vhost), tmp_path, database) as site:
        site.worker.settings["LOG_LEVEL"] = "debug"
        yield Place(site, own_broker, own_vhost, postgres, tmp_path)


async def test_whatever_goes_wrong_no_secret_and_nothing_of_a_ticket_is_shown(
    place: Place,
) -> None:
    worker = place.site.worker
    place.write_secrets(OLD)
    worker.start(command=(sys.executable, str(undecidable.SCRIPT)))
    await until(lambda: bool(worker.log("broker_access_refused")), "refused", 30)
    place.write_secrets()
    await until(worker.is_ready, "the new password lets it in", 30)
    await _lose_the_database(place)
    await _lose_the_broker(place)
    await until(lambda: _is_done(place.site), "all is decided or buried", 30)
    shown = await redaction.shown(worker)
    assert redaction.leaks(shown, PLANTED) == []
    assert {line["event"] for line in worker.log()} <= {*LogEvent, *Event}
    assert worker.log("event_undecidable")[0]["exception"] == "ValueError"
    assert "SOON-1" in shown["status"], "it has tickets to speak of"
    assert "undecidable" in shown["dead list"], "and dead letters"

    assert _strange_labels(Metrics(shown["/metrics"])) == []
    port = worker.log("worker_starting")[0]["http_port"]
    with pytest.raises(ConnectionRefusedError):
        # Whoever listens to all addresses listens to this one too.
        socket.create_connection(("127.0.0.2", port), timeout=5)


async def _send_all_kinds(site: Site) -> None:
    now = datetime.now(UTC)
    made = stream.made(13, now, 200)
    words = {"summary": f"It fails {stream.PRIVATE}", "client": "acme-dental"}
    odd = stream.event("ticket.created", now, "odd", ticket_id=undecidable.TICKET, **words)
    garbage = [bad.sending for bad in malformed.twenty()]
    await site.pour(*made.sendings(), stream.sending(odd), *garbage)


async def _lose_the_database(place: Place) -> None:
    """While events come in; the file of its password is empty when it is back."""
    worker = place.site.worker
    place.file("DATABASE_URL").write_text("")
    await asyncio.to_thread(place.postgres.restart)
    await _send_all_kinds(place.site)
    await until(lambda: bool(worker.log("store_unavailable")), "the database is missed", 30)
    assert redaction.leaks({"readyz": (await worker.get("/readyz"))[1]}, PLANTED) == []
    place.write_secrets()
    await until(lambda: bool(worker.log("store_back")), "it is back", 60)


async def _lose_the_broker(place: Place) -> None:
    """The file of its password is empty when it is back."""
    worker = place.site.worker
    place.file("BROKER_URL").write_text("")
    await asyncio.to_thread(place.broker.stop_app)
    await until(lambda: "BROKER_URL_FILE: the file is empty" in worker.log_text(), "told", 30)
    place.write_secrets()
    await until(lambda: "AMQPConnectionError" in worker.log_text(), "the broker is away", 30)
    await asyncio.to_thread(place.broker.start_app)
    await until(worker.is_ready, "all is well again", 60)


def _is_done(site: Site) -> bool:
    # The events of the stream, and neither what is malformed nor what is undecidable.
    return site.stored("inbox") == 200 and len(site.worker.log("event_dead_lettered")) >= 21


def _strange_labels(metrics: Metrics) -> list[str]:
    """What labels say that is no word of ours and no number."""
    ours = [name for name in metrics.types if name != "respondby_policy_info"]
    values = {
        value
        for name in ours
        for labels in metrics.labels(name)
        for value in labels.values()
        if value not in WORDS
    }
    return sorted(value for value in values if not value.replace(".", "").isdecimal())
