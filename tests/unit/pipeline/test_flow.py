"""The flow of messages, on ports in memory."""

import asyncio
from datetime import datetime

import pytest

from tests.support.clock import settle
from tests.support.flaky_store import FlakyStore
from tests.support.house import House, ago, event
from worker import errors
from worker.broker.port import Delivery
from worker.pipeline.intake import LINGER
from worker.pipeline.watch import MENTIONED_AT_ONCE
from worker.store import port


async def test_a_created_ticket_leaves_with_its_level_and_its_deadline() -> None:
    house = House()
    async with house.working():
        await house.send("ticket.created")
        (decided,) = house.published()
    assert (decided["type"], decided["data"]["level"]) == ("ticket.prioritized", "critical")
    assert decided["data"]["deadline"] == "2026-03-09T15:30:00Z"
    message = house.publisher.published[0]
    assert (message.routing_key, message.priority) == ("ticket.prioritized.critical", 9)
    assert message.id == decided["id"]
    assert house.value("respondby_published_total", type="ticket.prioritized") == 1
    assert house.value("respondby_processing_seconds_count") == 1


async def test_a_lone_event_waits_for_no_other_but_after_a_full_batch_more_are_awaited() -> None:
    house = House(batch_size=3)
    lingers, receive = list[float](), house.inbox.receive

    async def noted(at_most: int, linger: float) -> list[Delivery]:
        lingers.append(linger)
        return await receive(at_most, linger)

    house.inbox.receive = noted  # type: ignore[method-assign]
    async with house.working():
        await house.send("ticket.created")
        alone = lingers[:]
        lingers.clear()
        for number in range(3):
            house.inbox.deliver(
                event("ticket.created", f"T-{number}", at=house.clock.now()),
                routing_key="ticket.created",
            )
        await house.until(lambda: len(house.inbox.settled) == 4)
    assert alone == [0, 0]
    assert LINGER in lingers


async def test_a_duplicate_is_settled_and_changes_nothing() -> None:
    house = House()
    async with house.working():
        for _ in range(3):
            await house.send("ticket.created")
        assert len(house.published()) == 1
        labels = {"type": "ticket.created", "result": "duplicate"}
        assert house.value("respondby_events_total", **labels) == 2
    assert len(house.inbox.settled) == 3


async def test_a_known_id_with_another_body_goes_to_the_dead_letters() -> None:
    house = House()
    async with house.working():
        await house.send("ticket.created", id_="e-1")
        await house.send("ticket.created", id_="e-1", summary="something else")
    assert [letter.reason for letter in house.publisher.buried] == ["id_conflict"]
    assert len(house.published()) == 1


async def test_one_bad_message_never_sinks_its_batch() -> None:
    house = House()
    async with house.working():
        bad = house.inbox.deliver(b"{")
        good = await house.send("ticket.created")
        await house.until(lambda: bad in house.inbox.settled)
    assert good in house.inbox.settled
    assert [letter.delivery for letter in house.publisher.buried] == [bad]
    assert house.value("respondby_dead_letters_total", reason="not_json") == 1
    assert len(house.published()) == 1


async def test_a_dead_letter_is_settled_only_after_its_copy_was_confirmed() -> None:
    house = House()
    async with house.working():
        house.publisher.unburied.add("not_json")
        bad = house.inbox.deliver(b"{")
        await house.until(lambda: bad in house.inbox.in_hand)
        await house.clock.advance(30)
        assert bad not in house.inbox.settled
        house.publisher.unburied.clear()
        await house.clock.advance(10)
        assert bad in house.inbox.settled


async def test_a_dead_letter_that_is_refused_holds_up_no_other() -> None:
    house = House()
    async with house.working():
        house.publisher.unburied.add("not_json")
        refused = house.inbox.deliver(b"{")
        for number in range(300):
            house.inbox.deliver(b"{}", message_id=str(number))
        await house.until(lambda: len(house.inbox.in_hand) + len(house.publisher.buried) == 301)
        await house.clock.advance(30)
        await house.until(lambda: len(house.publisher.buried) == 300)
        await house.send("ticket.created")
        assert refused in house.inbox.in_hand
        assert len(house.published()) == 1
        assert house.value("respondby_dead_letters_total", reason="not_json") == 0
        house.publisher.unburied.clear()
        await house.clock.advance(10)
    assert refused in house.inbox.settled


async def test_what_is_rejected_counts_once_though_the_store_was_away() -> None:
    store = FlakyStore()
    house = House(store)
    async with house.working():
        await house.send("ticket.created", id_="e-1")
        store.away = True
        conflict = house.inbox.deliver(
            event("ticket.created", at=house.clock.now(), id_="e-1", summary="another"),
            routing_key="ticket.created",
        )
        await house.until(lambda: house.inbox.held)
        await house.clock.advance(60)
        store.away = False
        await house.clock.advance(10)
        await house.until(lambda: conflict in house.inbox.settled)
    labels = {"type": "ticket.created", "result": "rejected"}
    assert house.value("respondby_events_total", **labels) == 1
    assert house.value("respondby_dead_letters_total", reason="id_conflict") == 1


async def test_an_event_leaves_the_outbox_only_after_its_confirm_and_keeps_its_id() -> None:
    house = House()
    async with house.working():
        house.publisher.lose_next_answer()
        await house.send("ticket.created")
        assert len(await house.store.outbox(9)) == 1
        await house.clock.advance(10)
        assert await house.store.outbox(9) == []
    once, again = house.published()
    assert once == again


async def test_a_publisher_that_is_away_does_not_stall_the_input() -> None:
    house = House()
    async with house.working():
        house.publisher.available = False
        for number in range(5):
            await house.send("ticket.created", f"T-{number}")
        assert len(house.inbox.settled) == 5
        assert house.published() == []
        assert "outbox_publish_delayed" in house.log.events
        house.publisher.available = True
        await house.clock.advance(10)
        assert len(house.published()) == 5


async def test_above_the_outbox_limit_nothing_more_is_taken_and_that_is_said() -> None:
    house = House(outbox_limit=2, batch_size=1)
    async with house.working():
        house.publisher.available = False
        for number in range(4):
            house.inbox.deliver(event("ticket.created", f"T-{number}", at=house.clock.now()))
        await house.until(lambda: house.inbox.held)
        assert len(house.inbox.settled) == 2
        assert not house.health.ready
        assert "outbox_full" in house.log.events
        house.publisher.available = True
        await house.clock.advance(20)
        await house.until(lambda: len(house.published()) == 4)
        assert house.health.ready
        assert "outbox_below_limit" in house.log.events


async def test_an_outbox_at_its_limit_is_let_go_down_some_way_before_more_is_taken() -> None:
    house = House(outbox_limit=20, batch_size=1)
    async with house.working():
        house.publisher.available = False
        for number in range(21):
            house.inbox.deliver(event("ticket.created", f"T-{number}", at=house.clock.now()))
        await house.until(lambda: house.inbox.held)
        # One less, if what was just committed was counted by two.
        waiting = [row.id for row in await house.store.outbox(30)]
        refused = waiting[-19:]
        house.publisher.refused, house.publisher.available = set(refused), True
        await house.clock.advance(20)
        assert (len(house.published()), house.inbox.held) == (len(waiting) - 19, True)
        house.publisher.refused.discard(refused[0])
        await house.clock.advance(20)
        await house.until(lambda: len(house.inbox.settled) == 21)
        house.publisher.refused.clear()
        await house.clock.advance(60)
    assert len(house.published()) == 21


async def test_while_the_store_is_away_messages_are_held_and_none_is_lost() -> None:
    store = FlakyStore()
    house = House(store)
    async with house.working():
        store.away = True
        delivery = house.inbox.deliver(event("ticket.created", at=house.clock.now()))
        await house.until(lambda: house.inbox.held)
        await house.clock.advance(120)
        assert delivery in house.inbox.in_hand
        assert house.health.troubles == {"store": "the disk is full"}
        store.away = False
        await house.clock.advance(10)
        assert not house.inbox.held
        assert delivery in house.inbox.settled
        assert house.health.ready
    assert len(house.published()) == 1
    assert house.publisher.buried == []
    assert [*filter(lambda name: name.startswith("store_"), house.log.events)] == [
        "store_unavailable",
        "store_back",
    ]


async def test_a_commit_whose_answer_got_lost_is_published_all_the_same() -> None:
    store = FlakyStore()
    house = House(store)
    async with house.working():
        store.lose_next_answer = True
        house.inbox.deliver(event("ticket.created", at=house.clock.now()))
        await house.until(lambda: house.inbox.held)
        await house.clock.advance(10)
        assert len(house.inbox.settled) == 1
        assert len(house.published()) == 1


async def test_draining_finishes_what_is_in_hand_and_gives_back_the_rest() -> None:
    house = House(batch_size=2)
    async with house.working():
        for number in range(10):
            house.inbox.deliver(event("ticket.created", f"T-{number}", at=house.clock.now()))
    assert len(house.inbox.settled) + len(house.inbox.given_back) == 10
    assert len(house.published()) == len(house.inbox.settled)
    assert house.log.events[-2:] == ["worker_draining", "worker_stopped"]


async def test_draining_with_the_store_away_gives_back_what_is_in_hand() -> None:
    store = FlakyStore()
    house = House(store)
    async with house.working():
        store.away = True
        house.inbox.deliver(event("ticket.created", at=house.clock.now()))
        await house.until(lambda: house.inbox.held)
    assert house.inbox.settled == []
    assert len(house.inbox.in_hand) == 1


async def test_what_was_committed_before_a_crash_is_published_after_it() -> None:
    house = House()
    house.publisher.available = False
    async with house.working():
        await house.send("ticket.created")
    house.open_for_business()
    async with house.working():
        await settle()
        assert [found["type"] for found in house.published()] == ["ticket.prioritized"]


async def test_a_ticket_that_cannot_be_decided_takes_only_its_own_events_along() -> None:
    house = House()
    await house.store.open()
    await _keep_broken_ledger(house.store, "T-1")
    await house.store.close()
    async with house.working():
        broken = house.inbox.deliver(event("ticket.updated", "T-1", at=house.clock.now()))
        await house.send("ticket.created", "T-2")
        await house.until(lambda: broken in house.inbox.settled)
    assert [letter.reason for letter in house.publisher.buried] == ["undecidable"]
    assert [found["data"]["ticket_id"] for found in house.published()] == ["T-2"]


async def test_a_ticket_whose_ledger_is_damaged_is_told_of_once_and_no_other_misses_its_alert() -> (
    None
):
    house = House()
    async with house.working():
        await house.send("ticket.created", "T-1", facts={"system_critical": False})
        await house.send("ticket.created", "T-2", facts={"system_critical": False})
        await _keep_broken_ledger(house.store, "T-1", wake_at=house.clock.now())
        await house.clock.leap(24 * 3600)
        await house.until(lambda: bool(house.published("objective.breached")))
        applied = await house.worker.application.apply(house.policy.digest)
    assert (applied.seen, applied.changed) == (2, 0)
    assert house.log.events.count("ticket_damaged") == 2  # when it was due, and for the policy


async def _keep_broken_ledger(
    store: port.Store, ticket_id: str, wake_at: datetime | None = None
) -> None:
    now = House().clock.now()
    row = port.TicketRow(
        source="/psa",
        ticket_id=ticket_id,
        phase="running",
        level="high",
        deadline=None,
        wake_at=wake_at,
        last_event_at=now,
        first_seen_at=now,
        ledger=b"torn",
    )
    async with store.begin() as transaction:
        await transaction.commit(port.Changes(tickets=[row]))


async def test_an_unknown_tickets_events_wait_and_are_counted() -> None:
    house = House()
    async with house.working():
        await house.send("ticket.responded")
        await house.clock.advance(5)
        assert house.value("respondby_waiting_tickets") == 1
        assert house.published() == []
        await house.clock.leap(23 * 3600)
        assert house.log.events.count("ticket_waiting_for_created") == 0
        await house.clock.leap(3600)
        assert house.log.events.count("ticket_waiting_for_created") == 1
        await house.clock.leap(3600)
        assert house.log.events.count("ticket_waiting_for_created") == 1
        await house.send("ticket.created", notified_at=ago(house.clock, 26 * 60))
        await house.clock.advance(5)
        assert house.value("respondby_waiting_tickets") == 0


async def test_however_many_tickets_wait_for_long_each_is_mentioned_once() -> None:
    house = House()
    many = 2 * MENTIONED_AT_ONCE + 1
    async with house.working():
        for number in range(many):
            house.inbox.deliver(event("ticket.paused", f"T-{number}", at=house.clock.now()))
        await house.until(lambda: len(house.inbox.settled) == many)
        await house.clock.leap(25 * 3600)
        await house.send("ticket.paused", "T-later")
        for hours in (0, 1, 24):
            await house.clock.leap(hours * 3600)
            await house.clock.advance(10)
    told = [fields["ticket_id"] for name, fields in house.log.lines if "waiting" in name]
    assert sorted(map(str, told)) == sorted([*(f"T-{n}" for n in range(many)), "T-later"])


async def test_a_task_that_ends_by_an_error_ends_the_worker_with_that_error() -> None:
    house = House()

    async def fails() -> None:
        raise errors.TopologyMismatch("queue 'x' is missing on the broker")

    house.inbox.run = fails  # type: ignore[method-assign]
    with pytest.raises(errors.TopologyMismatch, match="queue 'x' is missing"):
        await house.worker.run(asyncio.Event())
    await house.store.open()  # it was closed


async def test_readiness_is_a_metric_as_well() -> None:
    store = FlakyStore()
    house = House(store)
    async with house.working():
        assert house.value("respondby_ready") == 1
        store.away = True
        delivery = house.inbox.deliver(event("ticket.created", at=house.clock.now()))
        await house.until(lambda: house.value("respondby_ready") == 0)
        store.away = False
        await house.clock.advance(60)
        await house.until(lambda: delivery in house.inbox.settled)
        assert house.value("respondby_ready") == 1


def test_every_count_begins_at_zero_so_that_the_first_one_is_seen_to_be_a_rise() -> None:
    house = House()
    for name, labels in {
        "respondby_breaches_total": {"level": "critical"},
        "respondby_responses_total": {"level": "low", "outcome": "missed"},
        "respondby_at_risk_total": {"level": "high", "threshold": "0.8"},
        "respondby_superseded_total": {"type": "objective.breached", "level": "high"},
        "respondby_events_total": {"type": "ticket.created", "result": "rejected"},
        "respondby_published_total": {"type": "objective.breached"},
        "respondby_policy_reloads_total": {"result": "refused"},
    }.items():
        assert house.metrics.registry.get_sample_value(name, labels) == 0, name
