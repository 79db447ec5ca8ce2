"""A virtual host with the topology and the logins that an operator gets from `deploy/rabbitmq`."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.broker import Broker, with_login

FOLDER = Path(__file__).parents[2] / "deploy" / "rabbitmq"
TOPOLOGY, PERMISSIONS = FOLDER / "topology.json", FOLDER / "permissions.json"
VHOST = "respondby"
#: Of every login; must stand in no log.
PASSWORD = "saffron-ibis"


def definitions(file: Path) -> dict[str, list[dict[str, Any]]]:
    """What is in one of the files, by kind."""
    found: dict[str, list[dict[str, Any]]] = json.loads(file.read_text())
    return found


@dataclass(frozen=True, slots=True)
class Permission:
    """What a login may do, by the names of exchanges and queues."""

    configure: str
    write: str
    read: str

    def touches(self, name: str) -> bool:
        """Whether there is anything that it may do with this one."""
        return any(re.search(part, name) for part in (self.configure, self.write, self.read))


def permissions() -> dict[str, Permission]:
    """By login."""
    return {
        row["user"]: Permission(row["configure"], row["write"], row["read"])
        for row in definitions(PERMISSIONS)["permissions"]
    }


@contextmanager
def admitted(broker: Broker) -> Iterator[None]:
    """While the block lasts, everybody can log in to an empty topology."""
    for login in permissions():
        broker.rabbitmqctl("add_user", login, PASSWORD)
    for file in (TOPOLOGY, PERMISSIONS):
        broker.rabbitmqctl("import_definitions", broker.machine.brought(file))
    try:
        yield
    finally:
        broker.rabbitmqctl("delete_vhost", VHOST)
        for login in permissions():
            broker.rabbitmqctl("delete_user", login)


def url(broker: Broker, login: str) -> str:
    """Where this one connects."""
    return with_login(broker.url(VHOST), login, PASSWORD)
