"""Alerts wait for what was received and could not be decided on, but not for ever."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from tests.support.flaky_store import FlakyStore
from tests.support.house import House, event
from worker import errors


async def test_a_response_whose_commit_hangs_comes_before_the_alert() -> None:
    store = FlakyStore()
    house = House(store)
    async with house.working():
        await _due_in_ten_seconds(house)
        async with _hanging(store):
            await _deliver(house, "ticket.responded")
            await house.clock.advance(25)
            assert house.published("objective.breached") == []
        await house.clock.advance(15)
        await house.until(lambda: house.published("response") != [])
        await house.clock.advance(15)
    assert house.published("objective.breached") == []
    assert [found["data"]["outcome"] for found in house.published("response")] == ["met"]


async def test_a_commit_that_hangs_keeps_alerts_no_longer_than_the_catch_up_may_take() -> None:
    store = FlakyStore()
    house = House(store, catch_up_seconds=60)
    async with house.working():
        await _due_in_ten_seconds(house)
        async with _hanging(store):
            await _deliver(house, "ticket.responded")
            await house.clock.advance(60)
            assert house.published("objective.breached") == []
            await house.clock.advance(15)
            assert len(house.published("objective.breached")) == 1


async def test_alerts_that_waited_for_a_commit_leave_as_soon_as_it_is_done() -> None:
    store = FlakyStore()
    house = House(store, catch_up_seconds=60)
    async with house.working():
        await _due_in_ten_seconds(house)
        async with _hanging(store):
            await _deliver(house, "ticket.updated")
            await house.clock.advance(20)
            assert house.published("objective.breached") == []
        await house.clock.advance(1)
        await house.until(lambda: house.published("objective.breached") != [])


async def test_what_is_committed_at_once_keeps_no_alert_waiting() -> None:
    house = House()
    async with house.working():
        await _due_in_ten_seconds(house)
        for _ in range(20):
            await house.send("ticket.updated")
            await house.clock.advance(0.9)
        assert len(house.published("objective.breached")) == 1
        assert "alerts_catching_up" not in house.log.events


async def test_an_outage_while_alerts_wait_already_gives_what_it_left_unread_its_time() -> None:
    store = FlakyStore()
    house = House(store, catch_up_seconds=60)
    # It can be read but not finished, so the inbox is not caught up when the breach falls due.
    house.publisher.unburied.add("not_cloudevents")
    async with house.working():
        await _due_in_ten_seconds(house)
        house.inbox.deliver(b"{}")
        house.inbox.reconnect()
        await house.clock.advance(15)
        store.away = True
        house.inbox.deliver(event("ticket.updated", at=house.clock.now()))
        await house.until(lambda: house.inbox.held)
        await house.clock.advance(30)
        store.away = False
        await house.clock.advance(50)
        assert not house.inbox.held
        assert house.published("objective.breached") == []
        await house.clock.advance(25)
        assert len(house.published("objective.breached")) == 1
        house.publisher.unburied.clear()


async def test_a_store_that_fails_once_makes_no_alert_late_that_need_not_wait_any_more() -> None:
    store = _Hiccup()
    house = House(store, catch_up_seconds=60)
    house.leave_unfinished()
    async with house.working():
        await house.send("ticket.created")
        await house.clock.advance(30 * 60 - 15)
        store.refuses_next = True
        await house.clock.advance(14)
        assert not store.refuses_next
        await house.clock.advance(2)
        assert len(house.published("objective.breached")) == 1
        house.publisher.unburied.clear()


class _Hiccup(FlakyStore):
    refuses_next = False

    async def next_wake(self) -> datetime | None:
        if self.refuses_next:
            self.refuses_next = False
            raise errors.StoreUnavailable("every connection is in use")
        return await super().next_wake()


async def _due_in_ten_seconds(house: House) -> None:
    await house.send("ticket.created")
    await house.clock.advance(30 * 60 - 10)


async def _deliver(house: House, type_: str) -> None:
    """Returns when the worker has it in hand, and goes on with it."""
    house.inbox.deliver(event(type_, at=house.clock.now()))
    await house.until(lambda: len(house.inbox.in_hand) == 1)


@asynccontextmanager
async def _hanging(store: FlakyStore) -> AsyncIterator[None]:
    """The connection of who commits is dead while the block lasts; that of the timers is not."""
    store.hanging = hanging = asyncio.Event()
    yield
    store.hanging = None
    hanging.set()
