"""The example that tells people what they must know: what it makes of each event."""

import importlib.util
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

HOME = Path(__file__).parents[2]
PUBLISHED = (HOME / "schemas" / "examples" / "outbound.jsonl").read_bytes().splitlines()


def _program() -> Any:
    spec = importlib.util.spec_from_file_location("route_alerts", HOME / "examples/route_alerts.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


router = _program()


@dataclass
class Message:
    """One that the broker brings; `became` tells what it was told of it."""

    body: bytes
    message_id: str = "m-1"
    became: str = "in hand"

    async def ack(self) -> None:
        self.became = "acknowledged"

    async def reject(self, *, requeue: bool) -> None:
        self.became = "requeued" if requeue else "set aside"


@pytest.fixture
def memory() -> Iterator[sqlite3.Connection]:
    with closing(router.opened(":memory:")) as made:
        yield made


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(router, "PAUSE", 0)


def prioritized(revision: int, level: str = "critical", source: str = "/psa") -> dict[str, Any]:
    data = {
        "ticket_source": source,
        "ticket_id": "T-1",
        "level": level,
        "revision": revision,
        "deadline": f"noon of {revision}",
    }
    return {"id": f"{source} {revision}", "type": "ticket.prioritized", "data": data}


async def test_of_all_that_is_published_it_tells_what_a_person_must_know(
    memory: sqlite3.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    messages = [Message(line) for line in PUBLISHED + PUBLISHED]
    for message in messages:
        await router.handle(memory, message)
    assert {message.became for message in messages} == {"acknowledged"}
    told = capsys.readouterr()
    assert told.out.splitlines() == [
        "T-1042: respond by 2026-03-09T14:40:00Z",
        "T-1042: somebody asks for more urgency, tell customer-success",
        "T-1042: no response by 2026-03-09T14:40:00Z, tell customer-success",
    ]
    assert told.err == ""


async def test_a_type_that_it_does_not_know_is_passed_over(
    memory: sqlite3.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    message = Message(json.dumps({"id": "1", "type": "ticket.exploded", "data": {}}).encode())
    await router.handle(memory, message)
    assert message.became == "acknowledged"
    assert capsys.readouterr().out == ""


def test_of_a_tickets_revisions_the_highest_counts_whatever_comes_first(
    memory: sqlite3.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    for event in (
        prioritized(2),
        prioritized(4, "low"),
        prioritized(1),
        prioritized(3),
        prioritized(1, source="/other"),
        prioritized(5),
    ):
        router.once(memory, event)
    assert capsys.readouterr().out.splitlines() == [
        "T-1: respond by noon of 2",
        "T-1: respond by noon of 1",  # of the other system's
        "T-1: respond by noon of 5",
    ]


@pytest.mark.parametrize(
    "body", [b"no JSON", b"[]", b"{}", b'{"id":"1","type":"objective.breached","data":{}}']
)
async def test_what_always_fails_is_set_aside_and_not_noted_as_handled(
    body: bytes, memory: sqlite3.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    message = Message(body)
    await router.handle(memory, message)
    assert message.became == "set aside"
    assert len(capsys.readouterr().err.splitlines()) == router.TRIES
    assert memory.execute("SELECT count(*) FROM known").fetchone() == (0,)


async def test_a_pager_that_is_away_for_a_moment_is_tried_again_before_the_message_is_settled(
    memory: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    message, called = Message(PUBLISHED[5]), []

    def pager(data: dict[str, Any], what: str) -> None:
        called.append((data["ticket_id"], what, message.became))
        if len(called) == 1:
            raise TimeoutError

    monkeypatch.setattr(router, "tell", pager)
    await router.handle(memory, message)
    assert called == [("T-1042", "respond by 2026-03-09T14:40:00Z", "in hand")] * 2
    assert message.became == "acknowledged"
