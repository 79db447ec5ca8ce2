"""What the worker says of its store and its queues, whether or not there is work."""

import math
from datetime import timedelta

from tests.support.flaky_store import FlakyStore
from tests.support.house import House, event
from tests.support.rows import ticket
from worker.broker.port import Delivery
from worker.pipeline.watch import EVERY
from worker.store import port


def store_events(house: House) -> list[str]:
    return [name for name in house.log.events if name.startswith("store_")]


def deliver(house: House) -> Delivery:
    return house.inbox.deliver(event("ticket.created", at=house.clock.now()))


async def test_a_store_that_dies_while_nothing_comes_in_is_told_of_once_and_so_is_its_return() -> (
    None
):
    store = FlakyStore()
    house = House(store)
    async with house.working():
        store.away = True
        await house.clock.advance(5 * EVERY)
        assert house.health.troubles == {"store": "the disk is full"}
        assert store_events(house) == ["store_unavailable"]
        store.away = False
        await house.clock.advance(EVERY)
        assert house.health.ready
        assert store_events(house) == ["store_unavailable", "store_back"]


async def test_what_comes_in_after_the_watch_has_told_is_held_and_released_all_the_same() -> None:
    store = FlakyStore()
    house = House(store)
    async with house.working():
        store.away = True
        await house.clock.advance(EVERY)
        delivery = deliver(house)
        await house.until(lambda: house.inbox.held)
        await house.clock.advance(60)
        store.away = False
        await house.clock.advance(10)
        await house.until(lambda: delivery in house.inbox.settled)
        assert not house.inbox.held
        assert house.health.ready
    assert store_events(house) == ["store_unavailable", "store_back"]


async def test_a_store_that_can_be_read_but_takes_nothing_stays_in_trouble_until_it_does() -> None:
    store = FlakyStore()
    house = House(store)
    async with house.working():
        store.away_for_input = True
        deliver(house)
        await house.until(lambda: house.inbox.held)
        await house.clock.advance(10 * EVERY)
        assert not house.health.ready
        assert store_events(house) == ["store_unavailable"]
        store.away_for_input = False
        await house.clock.advance(10)
        assert (house.health.ready, house.inbox.held) == (True, False)
    assert store_events(house) == ["store_unavailable", "store_back"]


async def test_what_the_store_no_longer_tells_is_no_number_and_what_the_broker_tells_goes_on() -> (
    None
):
    store = FlakyStore()
    house = House(store)
    sample = house.metrics.registry.get_sample_value
    running, critical = {"level": "critical", "state": "running"}, {"level": "critical"}
    async with house.working():
        await house.send("ticket.created")
        await house.clock.advance(EVERY)
        assert sample("respondby_open_tickets", running) == 1
        due = sample("respondby_next_deadline_timestamp_seconds", critical)
        store.away = True
        house.worker.watch.depths.dead_letter_messages = 7
        await house.clock.advance(EVERY)
        for name in ("waiting_tickets", "outbox_pending", "outbox_oldest_age_seconds"):
            assert math.isnan(house.value(f"respondby_{name}")), name
        assert sample("respondby_open_tickets", running) is None
        assert sample("respondby_next_deadline_timestamp_seconds", critical) is None
        assert house.value("respondby_dead_letter_messages") == 7
        store.away = False
        await house.clock.advance(EVERY)
        assert sample("respondby_open_tickets", running) == 1
        assert sample("respondby_next_deadline_timestamp_seconds", critical) == due
        assert house.value("respondby_waiting_tickets") == 0


async def test_a_damaged_ticket_whose_deadline_passes_stays_its_levels_next_deadline() -> None:
    """Nobody is told of its breach: that a deadline lies in the past is all there is to see."""
    house = House()
    async with house.working():
        await house.send("ticket.created", "T-1")
        due = house.clock.now() + timedelta(minutes=10)
        torn = ticket("T-torn", level="critical", deadline=due, wake_at=due, ledger=b"torn")
        async with house.store.begin() as transaction:
            await transaction.commit(port.Changes(tickets=[torn]))
        await house.clock.advance(3600)
        assert "ticket_damaged" in house.log.events
        (breach,) = house.published("objective.breached")
        assert breach["subject"] == "T-1"
        said = house.value("respondby_next_deadline_timestamp_seconds", level="critical")
        assert said == due.timestamp()
        running = {"level": "critical", "state": "running"}
        assert house.value("respondby_open_tickets", **running) == 1
