"""The main job, by the real command on a real broker: tickets in, levels and deadlines out."""

from collections.abc import Set
from datetime import UTC, datetime, timedelta
from typing import Any

from aio_pika import DeliveryMode
from aio_pika.abc import AbstractIncomingMessage

from tests.support import oracle, stream
from tests.support.site import Document, Site
from tests.support.upstream import Sending
from tests.support.waiting import until
from worker.broker import topology
from worker.policy import loading

#: Monday 9 March 2026, 10:00 in New York: an hour after opening, and no holiday near.
NOTIFIED = datetime(2026, 3, 9, 14, tzinfo=UTC)

_FAULT = {"request": "fault", "stage": "production", "workaround": False, "degraded": False}
#: The four examples of the Support Priorities page, with their facts stated.
EXAMPLES: dict[str, dict[str, Any]] = {
    "critical": {**_FAULT, "system_critical": True},
    "high": {**_FAULT, "system_critical": False},
    "medium": {**_FAULT, "system_critical": False, "workaround": True},
    "low": {"request": "question", "stage": "production"},
}
#: 30 minutes on the wall clock; 2, 6 and 8 working hours, of which Monday has seven left.
DEADLINES = {
    "critical": "2026-03-09T14:30:00Z",
    "high": "2026-03-09T16:00:00Z",
    "medium": "2026-03-09T20:00:00Z",
    "low": "2026-03-10T14:00:00Z",
}
PRIORITIES = {"critical": 9, "high": 6, "medium": 3, "low": 0}


async def test_the_four_examples_get_their_levels_and_deadlines(site: Site) -> None:
    await site.worker.up()

    await site.send(*_created(NOTIFIED))
    await until(lambda: _has(site, "ticket.prioritized", 4), "four prioritized events")

    told = {e["data"]["ticket_id"]: e["data"] for e in await site.events("ticket.prioritized")}
    assert {ticket: data["level"] for ticket, data in told.items()} == {t: t for t in EXAMPLES}
    assert {ticket: data["deadline"] for ticket, data in told.items()} == DEADLINES
    assert not any(data["needs_triage"] or data["unknown"] for data in told.values())


async def test_answered_examples_are_told_as_by_replay_to_the_last_field(site: Site) -> None:
    history = _created(NOTIFIED) + _responded(NOTIFIED + timedelta(minutes=10))
    await _told_as_by_replay(site, history, {"ticket.prioritized", "response.recorded"})


async def test_missed_examples_are_told_as_by_replay_but_for_their_detection(site: Site) -> None:
    history = _created(NOTIFIED)
    # Live, nobody is warned of what has long been missed.
    kinds = {"ticket.prioritized", "objective.breached"}
    await _told_as_by_replay(site, history, kinds, silent={"objective.at_risk"})


async def test_an_event_leaves_as_the_contract_says_that_it_travels(site: Site) -> None:
    await site.worker.up()

    await site.send(*_created(NOTIFIED))
    await until(lambda: _has(site, "ticket.prioritized", 4), "four prioritized events")

    for message in site.downstream.messages:
        level = str(message.routing_key).rpartition(".")[2]
        assert message.routing_key == f"{message.type}.{level}"
        assert message.priority == PRIORITIES[level]
        assert message.content_type == "application/cloudevents+json"
        assert message.delivery_mode == DeliveryMode.PERSISTENT
    events = await site.events()
    assert [e["id"] for e in events] == [m.message_id for m in site.downstream.messages]
    assert {(e["specversion"], e["source"]) for e in events} == {("1.0", "/respondby")}


async def test_a_known_id_with_another_body_changes_nothing_and_is_kept_for_a_person(
    site: Site,
) -> None:
    first, other = (
        stream.event("ticket.created", NOTIFIED, "same", ticket_id=name, summary="")
        for name in ("T-1", "T-2")
    )
    await site.worker.up()
    await site.send(first)
    await until(lambda: _has(site, "ticket.prioritized", 1), "the first is known")

    await site.send(other, first)
    await until(lambda: _has_dead_letters(site, 1), "the other is a dead letter")

    assert await site.worker.stop() == 0
    (letter,) = await site.dead_letters()
    assert (letter.body, letter.message_id) == (stream.body(other), "same")
    assert letter.headers["x-respondby-reason"] == "id_conflict"
    assert {e["data"]["ticket_id"] for e in await site.events()} == {"T-1"}


async def test_broken_messages_do_not_sink_those_around_them(site: Site) -> None:
    broken = [b"", b"{", b"[]", b"\xff" * 1000, b"[" * 100_000, b'{"specversion":' * 10_000]
    first, *others = [stream.sending(event) for event in _created(NOTIFIED)]
    await site.worker.up()

    await site.pour(first, *(Sending(body, message_id="broken") for body in broken), *others)
    await until(lambda: _has(site, "ticket.prioritized", 4), "four prioritized events")
    await until(lambda: _has_dead_letters(site, 6), "the broken ones are dead letters")

    assert await site.worker.stop() == 0
    assert await site.waiting() == 0
    # Their order is nobody's promise: several were on their way at once.
    assert sorted(letter.body for letter in await site.dead_letters()) == sorted(broken)


async def test_what_nobody_downstream_wants_is_kept_apart(site: Site) -> None:
    await _unbound(site)
    await site.worker.up()

    await site.send(*_created(datetime.now(UTC)))

    await until(lambda: _unrouted(site, 4), "four events that nobody was bound for")
    assert await site.events() == []


async def _told_as_by_replay(
    site: Site, history: list[Document], kinds: set[str], silent: Set[str] = frozenset()
) -> None:
    bodies = [stream.body(event) for event in history]
    policy = loading.parse(stream.policy_text(), "policy")
    expected = [
        _but_for_detection(event)
        for event in oracle.replayed(bodies, policy, datetime.now(UTC))
        if event["type"] not in silent
    ]
    assert {event["type"] for event in expected} == kinds
    # Sent before the worker is up: otherwise the answers could come after the breaches.
    await site.send(*history)
    await site.worker.up()

    await until(lambda: _has_all(site, expected), "all that a replay tells")

    assert await site.worker.stop() == 0
    told = [_but_for_detection(event) for event in await site.events()]
    assert sorted(told, key=_id) == sorted(expected, key=_id)


async def _has_all(site: Site, expected: list[Document]) -> bool:
    return {_id(event) for event in expected} <= {_id(event) for event in await site.events()}


async def _has(site: Site, type_: str, count: int) -> bool:
    return len(await site.events(type_)) >= count


async def _has_dead_letters(site: Site, count: int) -> bool:
    found: list[AbstractIncomingMessage] = await site.dead_letters()
    return len(found) >= count


async def _unrouted(site: Site, count: int) -> bool:
    return await site.waiting(topology.UNROUTED) == count


async def _unbound(site: Site) -> None:
    await site.downstream.bind(routing_key="nothing.of.all.this")


def _created(notified_at: datetime) -> list[Document]:
    return [
        stream.event(
            "ticket.created",
            notified_at,
            f"created-{level}",
            ticket_id=level,
            summary=f"An example of {level}",
            facts=facts,
        )
        for level, facts in EXAMPLES.items()
    ]


def _responded(time: datetime) -> list[Document]:
    return [
        stream.event("ticket.responded", time, f"responded-{level}", ticket_id=level)
        for level in EXAMPLES
    ]


def _but_for_detection(event: Document) -> Document:
    data = {name: value for name, value in event["data"].items() if name != "detected_at"}
    return event | {"data": data}


def _id(event: Document) -> str:
    id_: str = event["id"]
    return id_
