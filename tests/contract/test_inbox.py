"""What the port Inbox promises, on RabbitMQ and in memory."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.support import inboxes
from tests.support.broker_ports import receive_all
from tests.support.inboxes import Bench
from tests.support.waiting import running, until
from worker.broker.port import Delivery


@pytest.fixture(params=["memory", "amqp"])
def url(request: pytest.FixtureRequest) -> str | None:
    """Of the broker, where one is used."""
    return request.getfixturevalue("broker_url") if request.param == "amqp" else None


@pytest.fixture
async def bench(url: str | None) -> AsyncIterator[Bench]:
    if url is None:
        yield inboxes.MemoryBench()
        return
    async with inboxes.amqp_bench(url) as amqp:
        yield amqp


async def test_messages_come_in_order_each_with_a_token_of_its_own(bench: Bench) -> None:
    sent = [b"%d" % number for number in range(12)]
    await bench.send(*sent)
    async with running(bench.inbox):
        received: list[Delivery] = []
        while len(received) < 12:
            batch = await bench.inbox.receive(5, 0.05)
            received += batch
            await bench.inbox.settle(batch)
    assert [got.body for got in received] == sent
    assert len({got.token for got in received}) == 12


async def test_no_more_come_than_are_asked_for_and_fewer_when_there_are_no_more(
    bench: Bench,
) -> None:
    await bench.send(b"0", b"1", b"2")
    async with running(bench.inbox), asyncio.timeout(10):
        await receive_all(bench.inbox, 1)
        assert len(await bench.inbox.receive(1, 60)) == 1
        assert len(await bench.inbox.receive(9, 0.05)) == 1


async def test_what_is_settled_never_comes_again_and_the_rest_does(bench: Bench) -> None:
    await bench.send(b"0", b"1", b"2")
    async with running(bench.inbox):
        received = await receive_all(bench.inbox, 3)
        await bench.inbox.settle(received[:2])
        await bench.lose_connection()
        (again,) = await receive_all(bench.inbox, 1)
        assert (again.body, again.redelivered) == (b"2", True)
        assert again.token not in {got.token for got in received}
        await bench.inbox.settle([again])
    assert await bench.unsettled() == []


async def test_settling_what_a_lost_connection_brought_changes_nothing_and_is_counted(
    bench: Bench,
) -> None:
    await bench.send(b"0", b"1")
    async with running(bench.inbox):
        old = await receive_all(bench.inbox, 2)
        await bench.lose_connection()
        await bench.inbox.settle(old)
        new = await receive_all(bench.inbox, 2)
        await bench.inbox.settle([old[0], new[1]])
    assert bench.stale() == 3
    assert b"0" in await bench.unsettled()


async def test_settling_after_the_end_changes_nothing(bench: Bench) -> None:
    await bench.send(b"0")
    async with running(bench.inbox):
        received = await receive_all(bench.inbox, 1)
    await bench.inbox.settle(received)
    assert bench.stale() == 1
    assert await bench.unsettled() == [b"0"]


async def test_an_inbox_that_runs_again_brings_again_what_was_not_settled(bench: Bench) -> None:
    await bench.send(b"0", b"1")
    async with running(bench.inbox):
        await receive_all(bench.inbox, 1)
    async with running(bench.inbox):
        again = await receive_all(bench.inbox, 2)
    assert [got.body for got in again] == [b"0", b"1"]


async def test_what_was_brought_before_a_hold_can_still_be_received_and_settled(
    bench: Bench,
) -> None:
    await bench.send(b"0", b"1", b"2")
    async with running(bench.inbox):
        # Only who asks for more is brought several at a time.
        received = await receive_all(bench.inbox, 1)
        received += await receive_all(bench.inbox, 1)
        await bench.brought()
        await bench.inbox.hold()
        received += await receive_all(bench.inbox, 1)
        await bench.inbox.settle(received)
    assert await bench.unsettled() == []


async def test_a_held_inbox_leaves_new_messages_at_the_broker_until_it_is_released(
    bench: Bench,
) -> None:
    await bench.send(b"0")
    async with running(bench.inbox):
        await bench.inbox.settle(await receive_all(bench.inbox, 1))
        await bench.inbox.hold()
        await bench.held()
        await bench.send(b"1")
        receiving = asyncio.create_task(receive_all(bench.inbox, 1))
        await asyncio.sleep(0)
        assert not receiving.done()
        await bench.inbox.release()
        assert [got.body for got in await receiving] == [b"1"]


async def test_however_often_an_inbox_is_held_and_released_all_comes_once_and_in_order(
    bench: Bench,
) -> None:
    sent = [b"%d" % number for number in range(30)]
    await bench.send(*sent)
    received: list[Delivery] = []
    async with running(bench.inbox):
        while len(received) < len(sent):
            batch = await receive_all(bench.inbox, 3)
            received += batch
            await bench.inbox.hold()
            await bench.inbox.settle(batch)
            await bench.inbox.release()
        await until(bench.inbox.caught_up.is_set, "caught up")
    assert [got.body for got in received] == sent
    assert await bench.unsettled() == []


async def test_a_held_inbox_brings_nothing(bench: Bench) -> None:
    await bench.inbox.hold()
    async with running(bench.inbox):
        await bench.connected()
        await bench.held()
        await bench.send(b"0")
        await bench.inbox.drain()
        assert await bench.inbox.receive(1, 0) == []
    assert await bench.unsettled() == [b"0"]


async def test_a_draining_inbox_keeps_what_was_handed_out_and_gives_back_the_rest(
    bench: Bench,
) -> None:
    await bench.send(b"0", b"1", b"2", b"3")
    async with running(bench.inbox):
        first, second = await receive_all(bench.inbox, 2)
        await bench.inbox.drain()
        assert await bench.inbox.receive(5, 60) == []
        await bench.send(b"4")
        await bench.inbox.settle([first])
    assert second.body == b"1"
    assert sorted(await bench.unsettled()) == [b"1", b"2", b"3", b"4"]


@pytest.mark.parametrize("sent", [[], [b"0"]])
async def test_a_receiver_that_waits_is_told_of_the_drain(bench: Bench, sent: list[bytes]) -> None:
    async with running(bench.inbox), asyncio.timeout(10):
        receiving = asyncio.create_task(bench.inbox.receive(5, 60))
        await bench.send(*sent)
        await asyncio.sleep(0)
        await bench.inbox.drain()
        assert await receiving == []
    assert await bench.unsettled() == sent


async def test_an_empty_inbox_is_caught_up_while_it_runs(bench: Bench) -> None:
    assert not bench.inbox.caught_up.is_set()
    async with running(bench.inbox):
        await until(bench.inbox.caught_up.is_set, "caught up")
    assert not bench.inbox.caught_up.is_set()


async def test_an_inbox_is_caught_up_when_all_that_it_found_is_settled(bench: Bench) -> None:
    await bench.send(b"0", b"1")
    async with running(bench.inbox):
        first, second = await receive_all(bench.inbox, 2)
        await bench.connected()
        await bench.send(b"2")
        await bench.inbox.settle([first])
        assert not bench.inbox.caught_up.is_set()
        await bench.inbox.settle([second])
        await until(bench.inbox.caught_up.is_set, "caught up")


async def test_a_lost_connection_unlearns_that_the_inbox_was_caught_up(bench: Bench) -> None:
    async with running(bench.inbox):
        await until(bench.inbox.caught_up.is_set, "caught up")
        await bench.send(b"0")
        await receive_all(bench.inbox, 1)
        await bench.lose_connection()
        assert not bench.inbox.caught_up.is_set()
        await bench.inbox.settle(await receive_all(bench.inbox, 1))
        await until(bench.inbox.caught_up.is_set, "caught up again")


async def test_a_hold_unlearns_that_the_inbox_was_caught_up_until_what_it_left_there_is_settled(
    bench: Bench,
) -> None:
    async with running(bench.inbox):
        await until(bench.inbox.caught_up.is_set, "caught up")
        await bench.inbox.hold()
        assert not bench.inbox.caught_up.is_set()
        await bench.held()
        await bench.send(b"0", b"1")
        await bench.inbox.release()
        assert not bench.inbox.caught_up.is_set()
        await bench.inbox.settle(await receive_all(bench.inbox, 1))
        assert not bench.inbox.caught_up.is_set()
        await bench.inbox.settle(await receive_all(bench.inbox, 1))
        await until(bench.inbox.caught_up.is_set, "caught up again")


async def test_what_was_in_hand_at_a_hold_is_settled_before_the_inbox_is_caught_up(
    bench: Bench,
) -> None:
    await bench.send(b"0")
    async with running(bench.inbox):
        before = await receive_all(bench.inbox, 1)
        await bench.inbox.hold()
        await bench.send(b"1")
        await bench.inbox.release()
        await bench.inbox.settle(await receive_all(bench.inbox, 1))
        assert not bench.inbox.caught_up.is_set()
        await bench.inbox.settle(before)
        await until(bench.inbox.caught_up.is_set, "caught up")


async def test_a_held_inbox_is_not_caught_up_though_all_that_was_in_hand_is_settled(
    bench: Bench,
) -> None:
    await bench.send(b"0")
    async with running(bench.inbox):
        received = await receive_all(bench.inbox, 1)
        await bench.inbox.hold()
        await bench.inbox.settle(received)
        assert not bench.inbox.caught_up.is_set()
        await bench.inbox.release()
        await until(bench.inbox.caught_up.is_set, "caught up")


async def test_an_inbox_that_connects_while_it_is_held_is_caught_up_only_after_its_release(
    bench: Bench,
) -> None:
    await bench.inbox.hold()
    async with running(bench.inbox):
        await bench.connected()
        await bench.lose_connection()
        assert not bench.inbox.caught_up.is_set()
        await bench.send(b"0")
        await bench.inbox.release()
        received = await receive_all(bench.inbox, 1)
        assert not bench.inbox.caught_up.is_set()
        await bench.inbox.settle(received)
        await until(bench.inbox.caught_up.is_set, "caught up")
