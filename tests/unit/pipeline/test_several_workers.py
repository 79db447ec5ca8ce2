"""Workers that share a store: one publishes at a time, and each wakes what no other one holds."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

import pytest

from tests.support.clock import ManualClock, settle
from tests.support.house import House, Notes
from tests.support.rows import keep, message
from worker import bootstrap, errors
from worker.broker.memory import MemoryPublisher
from worker.broker.port import Message
from worker.pipeline.accounts import Accounts
from worker.pipeline.relay import WINDOW, Relay
from worker.pipeline.repeatable import TIMES, repeatable
from worker.settings import Settings
from worker.store import port
from worker.store.memory import MemoryStore


class SlowPublisher(MemoryPublisher):
    """Others get their turn while a confirm is on its way."""

    async def publish(self, messages: Sequence[Message]) -> frozenset[str]:
        await settle()
        return await super().publish(messages)


class SharedStore(MemoryStore):
    """Another worker may hold all that is due."""

    held_elsewhere = False
    asked = 0

    @asynccontextmanager
    async def begin(
        self, tickets: Collection[port.TicketKey] = ()
    ) -> AsyncIterator[port.Transaction]:
        async with super().begin(tickets) as transaction:
            everything = transaction.due

            async def due(now: datetime, limit: int) -> Sequence[port.TicketRow]:
                self.asked += 1
                return [] if self.held_elsewhere else await everything(now, limit)

            transaction.due = due  # type: ignore[method-assign]
            yield transaction


class StoreOfOthers(MemoryStore):
    """Another worker may have the turn to publish."""

    turn_is_taken = False
    turns = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        self.turns += 1
        await asyncio.sleep(0)
        if self.turn_is_taken:
            raise port.TurnTaken
        async with super().turn():
            yield


async def test_two_workers_publish_each_event_once_and_in_order() -> None:
    store, publisher = MemoryStore(), SlowPublisher()
    await store.open()
    ids = [f"m-{number}" for number in range(3 * WINDOW)]
    await keep(store, outbox=tuple(message(id_) for id_ in ids))
    relays = [_relay(store, publisher) for _ in range(2)]
    running = [asyncio.create_task(relay.run()) for relay in relays]
    async with asyncio.timeout(5):
        await asyncio.gather(*(relay.emptied() for relay in relays))
    for task in running:
        task.cancel()
    assert [one.id for one in publisher.published] == ids
    assert await store.outbox(1) == []


async def test_what_fits_into_one_window_takes_one_turn() -> None:
    """A second look would keep the next event waiting, and others from their turn."""
    store, publisher = StoreOfOthers(), MemoryPublisher()
    await store.open()
    relay = _relay(store, publisher)
    running = asyncio.create_task(relay.run())
    await settle()
    store.turns = 0
    await keep(store, outbox=(message("m-1"), message("m-2")))
    async with asyncio.timeout(5):
        relay.added(2)
        await relay._idle.wait()
    running.cancel()
    assert len(publisher.published) == 2
    assert store.turns == 1


async def test_waiting_for_the_turn_to_publish_is_no_trouble_and_ends_with_it() -> None:
    store, publisher = StoreOfOthers(), MemoryPublisher()
    await store.open()
    await keep(store, outbox=(message("m-1"),))
    relay = _relay(store, publisher)
    store.turn_is_taken = True
    running = asyncio.create_task(relay.run())
    await settle()
    assert publisher.published == []
    store.turn_is_taken = False
    async with asyncio.timeout(5):
        await relay.emptied()
    running.cancel()
    assert [one.id for one in publisher.published] == ["m-1"]
    assert relay.log.events == []  # type: ignore[attr-defined]


async def test_no_worker_thinks_that_less_than_nothing_waits_though_it_publishes_for_others() -> (
    None
):
    store, publisher = MemoryStore(), MemoryPublisher()
    await store.open()
    relay = _relay(store, publisher)
    await keep(store, outbox=(message("by another worker"), message("too")))
    running = asyncio.create_task(relay.run())
    async with asyncio.timeout(5):
        await relay.emptied()
    running.cancel()
    assert len(publisher.published) == 2
    assert relay.pending == 0


async def test_what_another_worker_holds_when_it_is_due_is_looked_at_again_soon() -> None:
    """It may be killed, and then nobody else would see to it."""
    store = SharedStore()
    house = House(store)
    async with house.working():
        await house.send("ticket.created")
        store.held_elsewhere = True
        await house.clock.advance(30 * 60)
        assert house.published("objective") == []
        store.asked = 0
        await house.clock.advance(2)
        assert 5 <= store.asked <= 20, "neither asleep nor in a rush"
        store.held_elsewhere = False
        await house.clock.advance(1)
        assert [found["type"] for found in house.published("objective")][-1] == "objective.breached"


async def test_what_gets_in_the_way_again_and_again_counts_as_a_store_that_is_away() -> None:
    tries = []

    @repeatable
    async def never_gets_through() -> None:
        tries.append(1)
        raise errors.StoreConflict

    with pytest.raises(errors.StoreUnavailable):
        await never_gets_through()
    assert len(tries) == TIMES > 1


def _relay(store: MemoryStore, publisher: MemoryPublisher) -> Relay:
    policy = bootstrap.policy(Settings())
    accounts = Accounts(bootstrap.metrics(policy), ["high"])
    return Relay(store, publisher, ManualClock(), accounts, Notes())
