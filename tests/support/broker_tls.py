"""A broker's second listener, which speaks TLS."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from tests.support.authority import Identity
from tests.support.broker import Broker


@contextmanager
def speaking(broker: Broker, shown: Identity, clients: Path | None = None) -> Iterator[None]:
    """While the block lasts, `url` leads to a listener that shows this certificate.

    With `clients`, who connects must show one of that authority.
    """
    listener = broker.machine.tls_listener()
    options = ", ".join(_options(shown, clients))
    broker.rabbitmqctl(
        "eval",
        "{ok, _} = application:ensure_all_started(ssl),"
        f" ok = rabbit_networking:start_ssl_listener({listener}, [{options}], 2).",
    )
    try:
        yield
    finally:
        broker.rabbitmqctl("eval", f"rabbit_networking:stop_tcp_listener({listener}).")


def url(broker: Broker, vhost: str = "/", host: str = "127.0.0.1") -> str:
    """Where a client connects while the broker is `speaking`; with login and password."""
    parts = urlsplit(broker.url(vhost))
    login = parts.netloc.rpartition("@")[0]
    netloc = f"{login}@{host}:{broker.machine.tls_port}"
    return urlunsplit(parts._replace(scheme="amqps", netloc=netloc))


def _options(shown: Identity, clients: Path | None) -> Iterator[str]:
    yield f"{{cert, {_binary(shown.certificate)}}}"
    yield f"{{key, {{'PrivateKeyInfo', {_binary(shown.key)}}}}}"
    if clients is not None:
        yield f"{{cacerts, [{_binary(clients)}]}}"
        yield "{verify, verify_peer}, {fail_if_no_peer_cert, true}"


def _binary(pem: Path) -> str:
    """What is in the file, as an Erlang term: the node may not see our files."""
    lines = pem.read_text().splitlines()
    text = "".join(line for line in lines if not line.startswith("-----"))
    return f'base64:decode(<<"{text}">>)'
