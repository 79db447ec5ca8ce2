"""Links to a broker that speaks TLS, and secrets that change while the worker runs."""

import asyncio
import re
import shutil
from pathlib import Path

import pytest

from tests.support import broker, broker_ports, broker_tls
from tests.support.authority import Authority
from tests.support.broker import Broker
from tests.support.waiting import running, until
from worker import bootstrap, settings
from worker.broker.events import Event
from worker.broker.memory import MemoryObserver
from worker.broker.publisher import AmqpPublisher
from worker.clock import SystemClock


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ours"))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("theirs"), "stranger")


def link(observer: MemoryObserver, url: str | Path, **variables: Path) -> AmqpPublisher:
    """As `respondby run` builds it from its variables; a URL may be in a file."""
    given = {"BROKER_URL_FILE" if isinstance(url, Path) else "BROKER_URL": url, **variables}
    environment = {f"{settings.PREFIX}{name}": str(value) for name, value in given.items()}
    return AmqpPublisher(
        bootstrap.broker(settings.load(environment)), observer, SystemClock(), confirm_within=5
    )


async def is_up(url: str, **variables: Path) -> None:
    observer = MemoryObserver()
    async with running(link(observer, url, **variables)):
        await broker_ports.up(observer, "publish")


async def refusal(url: str, **variables: Path) -> str:
    """What is told while the broker does not get in touch with us, or we with it."""
    observer = MemoryObserver()
    async with running(link(observer, url, **variables)):
        await until(lambda: len(observer.of(Event.LINK_LOST)) == 2, "it is tried again")
    assert observer.of(Event.LINK_UP) == []
    told = str(observer.of(Event.LINK_LOST)[0]["fault"])
    assert "\n" not in told
    return told


async def test_a_broker_is_believed_for_its_certificate_and_by_whom_it_is_signed(
    own_broker: Broker, own_vhost: str, authority: Authority, stranger: Authority
) -> None:
    with broker_tls.speaking(own_broker, authority.sign("broker")):
        for host in ("127.0.0.1", "localhost"):
            await is_up(broker_tls.url(own_broker, own_vhost, host), TLS_CA=authority.certificate)
        url = broker_tls.url(own_broker, own_vhost)
        unknown = "the broker's certificate is not good: unable to get local issuer certificate"
        assert await refusal(url, TLS_CA=stranger.certificate) == unknown
        assert await refusal(url) == unknown, "this machine knows no such authority"


async def test_a_certificate_for_another_host_is_refused(
    own_broker: Broker, own_vhost: str, authority: Authority
) -> None:
    with broker_tls.speaking(own_broker, authority.sign("elsewhere", names="DNS:elsewhere")):
        by_number = broker_tls.url(own_broker, own_vhost)
        by_name = broker_tls.url(own_broker, own_vhost, "localhost")
        told = await refusal(by_number, TLS_CA=authority.certificate)
        assert "is not good: IP address mismatch" in told
        told = await refusal(by_name, TLS_CA=authority.certificate)
        assert "is not good: Hostname mismatch" in told


async def test_an_expired_certificate_is_refused(
    own_broker: Broker, own_vhost: str, authority: Authority
) -> None:
    with broker_tls.speaking(own_broker, authority.sign("expired", days=0)):
        url = broker_tls.url(own_broker, own_vhost)
        told = await refusal(url, TLS_CA=authority.certificate)
        assert told == "the broker's certificate is not good: certificate has expired"


async def test_a_broker_that_wants_a_certificate_of_ours_gets_it_and_a_new_one_without_a_restart(
    own_broker: Broker, own_vhost: str, authority: Authority, stranger: Authority, tmp_path: Path
) -> None:
    shown, key = tmp_path / "shown.pem", tmp_path / "key.pem"
    good, bad = authority.sign("worker", names=""), stranger.sign("worker", names="")
    shutil.copy(bad.certificate, shown)
    shutil.copy(bad.key, key)
    observer, ca = MemoryObserver(), authority.certificate
    with broker_tls.speaking(own_broker, authority.sign("strict"), clients=ca):
        url = broker_tls.url(own_broker, own_vhost)
        # In TLS 1.3 the broker says why and hangs up at once: the hanging up may come first.
        assert re.search("certificate required|reset by peer", await refusal(url, TLS_CA=ca))
        async with running(link(observer, url, TLS_CA=ca, TLS_CERT=shown, TLS_KEY=key)):
            await until(lambda: observer.of(Event.LINK_LOST) != [], "a stranger's is refused")
            shutil.copy(good.certificate, shown)  # and for a moment its key is another's
            shutil.copy(good.key, key)
            await broker_ports.up(observer, "publish")


async def test_a_changed_password_file_is_used_at_the_next_connection(
    own_broker: Broker, own_vhost: str, tmp_path: Path
) -> None:
    login, file = broker.unique("rotated"), tmp_path / "broker-url"

    def write(password: str) -> None:
        file.write_text(broker.with_login(own_broker.url(own_vhost), login, password))

    own_broker.rabbitmqctl("add_user", login, "first")
    own_broker.rabbitmqctl("set_permissions", "--vhost", own_vhost, login, ".*", ".*", ".*")
    write("first")
    observer = MemoryObserver()
    async with running(link(observer, file)):
        await broker_ports.up(observer, "publish")
        own_broker.rabbitmqctl("change_password", login, "second")
        own_broker.close_connections(own_vhost)
        await until(lambda: observer.of(Event.ACCESS_REFUSED) != [], "the old one is refused")
        write("second")
        await broker_ports.up(observer, "publish")
    told = str(observer.events)
    assert "first" not in told
    assert "second" not in told


@pytest.mark.parametrize("what", ["", "amqp://elsewhere.example/"], ids=["empty", "no longer TLS"])
async def test_a_file_that_cannot_be_used_while_the_worker_runs_is_waited_for(
    own_broker: Broker, own_vhost: str, tmp_path: Path, what: str
) -> None:
    file, good = tmp_path / "broker-url", own_broker.url(own_vhost)
    file.write_text(good)
    observer = MemoryObserver()
    async with running(link(observer, file)):
        await broker_ports.up(observer, "publish")
        file.write_text(what)
        await asyncio.to_thread(own_broker.close_connections, own_vhost)
        await until(lambda: len(observer.of(Event.LINK_LOST)) >= 2, "it cannot be used", 20)
        assert "RESPONDBY_BROKER_URL" in str(observer.of(Event.LINK_LOST)[-1]["fault"])
        file.write_text(good)
        await broker_ports.up(observer, "publish")
