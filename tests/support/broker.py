"""A real RabbitMQ for tests: one that is given, one in a container, or a private node.

Whoever asks for a broker gets one, or an error that says what to install. Nothing is skipped.
"""

import itertools
import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, urlsplit, urlunsplit

from tests.support.broker_container import ContainedNode
from tests.support.broker_node import PrivateNode, is_installed

URL_VARIABLE = "RESPONDBY_TEST_BROKER_URL"
IMAGE_VARIABLE = "RESPONDBY_TEST_RABBITMQ_IMAGE"

#: Virtual hosts are made several at a time: each call of rabbitmqctl takes a second or two.
_VHOSTS_AT_A_TIME = 16


class NoBroker(Exception):
    """There is no RabbitMQ for the tests: install the package rabbitmq-server (Debian, Ubuntu),
    or start Docker and name an image in RESPONDBY_TEST_RABBITMQ_IMAGE.
    RESPONDBY_TEST_BROKER_URL serves those tests that do nothing to the broker itself."""

    def __init__(self) -> None:
        super().__init__(" ".join((self.__doc__ or "").split()))


class Machine(Protocol):
    """A broker that is ours to break."""

    @property
    def tls_port(self) -> int:
        """Of this host: under it is reached what listens at `tls_listener`."""
        ...

    def tls_listener(self) -> str:
        """A place that is free for a listener, as an Erlang term."""
        ...

    def base_url(self) -> str:
        """Of the virtual host `/`."""
        ...

    def rabbitmqctl(self, *args: str) -> str:
        """Run a command on the node; its output. Raises if it fails."""
        ...

    def brought(self, file: Path) -> str:
        """Where `rabbitmqctl` finds what is in this file now."""
        ...

    def restart(self) -> None:
        """Stop the whole node, start it again, and wait until it serves."""
        ...

    def kill(self) -> None:
        """End the node as a power cut does."""
        ...

    def start(self) -> None:
        """Start it after `kill`, with its data, and wait until it serves."""
        ...

    def stop(self) -> None:
        """The end."""
        ...


class Broker:
    """What tests use: virtual hosts on a machine, and the machine's own controls."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._spare: list[str] = []
        self._numbers = itertools.count(1)

    def url(self, vhost: str = "/") -> str:
        """Where a client connects, with login and password."""
        return with_vhost(self.machine.base_url(), vhost)

    def new_vhost(self) -> str:
        """The name of an empty virtual host of one's own."""
        if not self._spare:
            self._spare = self._make_vhosts()
        return self._spare.pop(0)

    def rabbitmqctl(self, *args: str) -> str:
        """Run a command on the node; its output. Raises if it fails."""
        return self.machine.rabbitmqctl(*args)

    def stop_app(self) -> None:
        """Close all connections and the listener; the node's process stays."""
        self.rabbitmqctl("stop_app")

    def start_app(self) -> None:
        """Undo `stop_app`."""
        self.rabbitmqctl("start_app")
        self.rabbitmqctl("await_startup")

    def restart(self) -> None:
        """Stop the whole node and start it again, with its data."""
        self.machine.restart()

    def close_connections(self, vhost: str) -> None:
        """Close all connections to this virtual host, as an operator does."""
        self.rabbitmqctl("close_all_connections", "--vhost", vhost, "closed by the test")

    def queues(self, vhost: str) -> dict[str, dict[str, int]]:
        """Each queue of the virtual host: `messages_ready`, `messages_unacknowledged`, …"""
        columns = ("messages_ready", "messages_unacknowledged", "consumers")
        told = self.rabbitmqctl(
            "list_queues", "-q", "--vhost", vhost, "--formatter", "json", "name", *columns
        )
        return {
            row["name"]: {column: row[column] for column in columns} for row in json.loads(told)
        }

    def lose_consumers(self, vhost: str, queue: str, spare: str = "") -> None:
        """Make a quorum queue forget its consumers but the one with this tag; nobody is told."""
        self.rabbitmqctl(
            "eval",
            f'{{ok, Q}} = rabbit_amqqueue:lookup(rabbit_misc:r(<<"{vhost}">>, queue,'
            f' <<"{queue}">>)), [{{ok, _, _}} = ra:process_command(amqqueue:get_pid(Q),'
            " rabbit_fifo:make_checkout({element(2, C), element(1, C)}, cancel, #{}))"
            f' || C <- rabbit_amqqueue:consumers(Q), element(2, C) =/= <<"{spare}">>].',
        )

    def alarm(self) -> None:
        """Have the broker say that its memory is full: it takes no more messages."""
        self.rabbitmqctl("set_vm_memory_high_watermark", "0.0001")

    def end_alarm(self) -> None:
        """Undo `alarm`."""
        self.rabbitmqctl("set_vm_memory_high_watermark", "0.9")

    def stop(self) -> None:
        """The end of the machine."""
        self.machine.stop()

    def _make_vhosts(self) -> list[str]:
        names = [f"test-{next(self._numbers)}" for _ in range(_VHOSTS_AT_A_TIME)]
        listed = ", ".join(f'<<"{name}">>' for name in names)
        self.rabbitmqctl(
            "eval",
            '[begin rabbit_vhost:add(V, <<>>, [], <<"tests">>),'
            " rabbit_auth_backend_internal:set_permissions("
            '<<"guest">>, V, <<".*">>, <<".*">>, <<".*">>, <<"tests">>) end'
            f" || V <- [{listed}]].",
        )
        return names


@contextmanager
def machine() -> Iterator[Broker]:
    """A broker of our own while the block lasts. Raises NoBroker."""
    if image := given_image():
        # Never another one in its place: who names a version wants that one tested.
        broker = Broker(ContainedNode(image))
    elif is_installed():
        broker = Broker(PrivateNode())
    else:
        raise NoBroker
    try:
        yield broker
    finally:
        broker.stop()


def given_url() -> str | None:
    """The broker that the user wants tested, if one is named."""
    return os.environ.get(URL_VARIABLE)


def given_image() -> str | None:
    """The image that the user wants tested, if one is named."""
    return os.environ.get(IMAGE_VARIABLE)


def with_vhost(url: str, vhost: str) -> str:
    """The same broker and login, and this virtual host."""
    return urlunsplit(urlsplit(url)._replace(path="/" + quote(vhost, safe="")))


def with_login(url: str, login: str, password: str) -> str:
    """The same broker and virtual host, and this login."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    who = f"{quote(login, safe='')}:{quote(password, safe='')}"
    return urlunsplit(parts._replace(netloc=f"{who}@{host}"))


def unique(prefix: str) -> str:
    """A name that no other test uses."""
    return f"{prefix}-{uuid.uuid4().hex[:8]}"
