import asyncio
import itertools
import struct

import pytest
from aio_pika.abc import HeadersType
from pamqp import commands

from tests.support import broker_ports
from tests.support.operator import Operator
from tests.support.proxy import Proxy
from tests.support.waiting import running, until
from worker.broker import topology
from worker.broker.consumer import AmqpInbox
from worker.broker.events import Event
from worker.broker.memory import MemoryObserver
from worker.broker.port import Delivery
from worker.broker.sieve import Sieve
from worker.broker.window import SUSPECT_AFTER


def _bodies(count: int) -> list[bytes]:
    return [b"%d" % number for number in range(count)]


async def _declared(operator: Operator) -> None:
    await topology.declare(await operator.channel())


async def _waiting(operator: Operator, count: int) -> None:
    async def so_many() -> bool:
        return await operator.waiting(topology.INBOX) == count

    await until(so_many, f"{count} messages wait in the inbox")


async def _consuming(operator: Operator, yes: bool = True) -> None:
    async def so_many() -> bool:
        return await operator.consumers(topology.INBOX) == int(yes)

    await until(so_many, "the inbox is consumed" if yes else "the inbox is left alone")


async def _looked(inbox: AmqpInbox, operator: Operator, time: int) -> None:
    """Return when the watchdog has looked, for the so manieth time that this is asked."""
    await operator.send(b"dead", exchange=topology.DEAD)
    await until(lambda: inbox.dead_letter_messages == time, "a look of the watchdog")


async def test_messages_come_in_the_order_in_which_they_were_sent(
    broker_url: str, operator: Operator
) -> None:
    await _declared(operator)
    sent = _bodies(120)
    await operator.send_many(sent)
    inbox = broker_ports.inbox(broker_url)
    received: list[bytes] = []
    async with running(inbox):
        while len(received) < 120:
            batch = await inbox.receive(25, 0.01)
            received += [delivery.body for delivery in batch]
            await inbox.settle(batch)
        await _waiting(operator, 0)
    assert received == sent


async def test_a_message_comes_as_it_was_sent(broker_url: str, operator: Operator) -> None:
    await _declared(operator)
    headers: HeadersType = {
        "traceparent": "00-1",
        "nested": {"list": [1, True, None]},
        "huge": "h" * 100_000,
    }
    await operator.send(
        b"\x00\xff",
        routing_key="ticket.some.thing",
        message_id="m-1",
        content_type="application/json",
        headers=headers,
    )
    inbox = broker_ports.inbox(broker_url)
    async with running(inbox):
        (got,) = await broker_ports.receive_all(inbox, 1)
    assert (got.body, got.routing_key, got.message_id) == (b"\x00\xff", "ticket.some.thing", "m-1")
    assert (got.content_type, got.content_encoding, got.redelivered) == (
        "application/json",
        None,
        False,
    )
    assert got.headers == headers


async def test_the_first_window_is_one_message_and_grows_when_more_is_asked_for(
    broker_url: str, operator: Operator
) -> None:
    await _declared(operator)
    await operator.send_many(_bodies(100))
    inbox = broker_ports.inbox(broker_url, prefetch=50)
    async with running(inbox):
        received = await inbox.receive(100, 0.3)
        assert await operator.waiting(topology.INBOX) == 99
        received += await broker_ports.receive_all(inbox, 49)
        assert [delivery.body for delivery in received] == _bodies(50)
        assert await operator.waiting(topology.INBOX) == 50


async def test_messages_that_were_given_back_often_are_brought_one_by_one(
    broker_url: str, operator: Operator
) -> None:
    await _declared(operator)
    await operator.send_many(_bodies(3))
    for _ in range(SUSPECT_AFTER):
        await _give_back(operator, 3)
    await operator.send_many([b"new", b"newer", b"newest"])
    inbox = broker_ports.inbox(broker_url)
    async with running(inbox):
        for left in (5, 4, 3):
            suspects = await inbox.receive(100, 0.3)
            assert (len(suspects), await operator.waiting(topology.INBOX)) == (1, left)
            await inbox.settle(suspects)
        fresh = await broker_ports.receive_all(inbox, 3)
    assert [delivery.body for delivery in fresh] == [b"new", b"newer", b"newest"]


async def test_a_suspect_that_cannot_be_finished_yet_does_not_hold_up_those_behind_it(
    broker_url: str, operator: Operator
) -> None:
    await _declared(operator)
    await operator.send_many(_bodies(2))
    for _ in range(SUSPECT_AFTER):
        await _give_back(operator, 2)
    await operator.send_many([b"new", b"newer", b"newest"])
    inbox = broker_ports.inbox(broker_url)
    async with running(inbox):
        unfinished = []
        for left in (4, 3):
            suspects = await _received(inbox)
            assert (len(suspects), await operator.waiting(topology.INBOX)) == (1, left)
            unfinished += suspects
        # Room that a suspect makes when it is settled is none for a second untried message.
        fresh = await _received(inbox)
        assert await operator.waiting(topology.INBOX) == 2
        await inbox.settle(unfinished)
        assert await operator.waiting(topology.INBOX) == 2
        fresh += await broker_ports.receive_all(inbox, 2)
        await inbox.settle(fresh)
    assert [delivery.body for delivery in fresh] == [b"new", b"newer", b"newest"]
    assert await operator.take(topology.INBOX) is None


async def test_suspects_that_cannot_be_finished_are_no_more_than_the_prefetch(
    broker_url: str, operator: Operator
) -> None:
    await _declared(operator)
    await operator.send_many(_bodies(4))
    for _ in range(SUSPECT_AFTER):
        await _give_back(operator, 4)
    inbox = broker_ports.inbox(broker_url, prefetch=2)
    async with running(inbox):
        suspects = [*await _received(inbox), *await _received(inbox)]
        receiving = asyncio.create_task(_received(inbox))
        await _looked(inbox, operator, 1)
        assert not receiving.done()
        # Not the last one: the others have consumers of their own, that bring nothing more.
        await inbox.settle(suspects[:1])
        suspects += await receiving
    assert [delivery.body for delivery in suspects] == _bodies(3)


async def _received(inbox: AmqpInbox) -> list[Delivery]:
    async with asyncio.timeout(10):
        return await inbox.receive(100, 0.3)


async def _give_back(operator: Operator, count: int) -> None:
    """As a worker does that crashes with so many in hand."""
    channel = await operator.channel()
    for _ in range(count):
        await channel.basic_get(topology.INBOX)
    await channel.close()
    await _waiting(operator, count)


async def test_settled_messages_are_acknowledged_up_to_the_first_that_is_not(
    broker_url: str, operator: Operator
) -> None:
    await _declared(operator)
    await operator.send_many(_bodies(4))
    inbox = broker_ports.inbox(broker_url)
    async with running(inbox):
        first, second, third, _ = await broker_ports.receive_all(inbox, 4)
        await inbox.settle([first])
        await inbox.settle([third])
    assert [got.body for got in await operator.take_all(topology.INBOX)] == [b"1", b"2", b"3"]
    assert second.body == b"1"


async def test_a_gap_that_closes_acknowledges_what_lay_beyond_it(
    broker_url: str, operator: Operator
) -> None:
    await _declared(operator)
    await operator.send_many(_bodies(4))
    inbox = broker_ports.inbox(broker_url)
    async with running(inbox):
        first, second, third, _ = await broker_ports.receive_all(inbox, 4)
        await inbox.settle([third, second])
        await inbox.settle([first])
    assert [got.body for got in await operator.take_all(topology.INBOX)] == [b"3"]


async def test_a_message_that_cannot_be_finished_does_not_stop_those_that_come_after_it(
    broker_url: str, operator: Operator
) -> None:
    await _declared(operator)
    await operator.send_many(_bodies(100))
    observer = MemoryObserver()
    inbox = broker_ports.inbox(broker_url, observer, prefetch=20)
    async with running(inbox):
        first, *rest = await broker_ports.receive_all(inbox, 10)
        await inbox.settle(rest)
        for _ in range(9):
            await inbox.settle(await broker_ports.receive_all(inbox, 10))
        await _waiting(operator, 0)
        await operator.send_many(_bodies(2))
        await inbox.settle([first])
        await inbox.settle(await broker_ports.receive_all(inbox, 2))
    assert await operator.take(topology.INBOX) is None
    assert len(observer.of(Event.LINK_UP)) == 1


async def test_a_message_settled_twice_does_no_harm(broker_url: str, operator: Operator) -> None:
    await _declared(operator)
    await operator.send_many(_bodies(2))
    observer = MemoryObserver()
    inbox = broker_ports.inbox(broker_url, observer)
    async with running(inbox):
        first, second = await broker_ports.receive_all(inbox, 2)
        for _ in range(2):
            await inbox.settle([first, second])
        await operator.send(b"2")
        (third,) = await broker_ports.receive_all(inbox, 1)
        await inbox.settle([third])
    assert await operator.take(topology.INBOX) is None
    assert len(observer.of(Event.LINK_UP)) == 1


async def test_a_held_inbox_takes_nothing_new_until_it_is_released(
    broker_url: str, operator: Operator
) -> None:
    inbox = broker_ports.inbox(broker_url)
    async with running(inbox):
        await _declared(operator)
        await _consuming(operator)
        await inbox.hold()
        await _consuming(operator, False)
        await operator.send(b"later")
        assert await operator.waiting(topology.INBOX) == 1
        await inbox.release()
        (got,) = await broker_ports.receive_all(inbox, 1)
        await inbox.settle([got])
        await _waiting(operator, 0)
    assert (got.body, got.redelivered) == (b"later", False)


async def test_holds_and_releases_bring_no_more_into_hand_than_the_prefetch(
    broker_url: str, operator: Operator
) -> None:
    await _declared(operator)
    await operator.send_many(_bodies(100))
    inbox = broker_ports.inbox(broker_url, prefetch=20, look_every=0.05)
    received: list[Delivery] = []
    looks = itertools.count(1)

    async def settle_five() -> None:
        batch = await broker_ports.receive_all(inbox, 5)
        await inbox.settle(batch)
        received.extend(batch)

    async with running(inbox):
        await settle_five()
        for _ in range(10):
            await settle_five()
            await inbox.hold()
            await _looked(inbox, operator, next(looks))
            await inbox.release()
            await _looked(inbox, operator, next(looks))
            in_hand = 100 - len(received) - await operator.waiting(topology.INBOX)
            assert 15 <= in_hand <= 20
        # As long as that is worked off there is little room for more, and then as much as ever.
        for _ in range(5):
            await settle_five()
        received += await broker_ports.receive_all(inbox, 20)
        assert await operator.waiting(topology.INBOX) == 0
    assert [delivery.body for delivery in received] == _bodies(100)


async def test_an_inbox_that_was_seen_empty_is_not_caught_up_before_what_is_on_its_way_is_settled(
    broker_url: str, operator: Operator
) -> None:
    await _declared(operator)
    # More than the sockets on the way hold: the rest waits where an answer can overtake it.
    await operator.send_many([bytes(400_000)] * 60)
    async with Proxy(broker_url) as proxy:
        proxy.weather.rate = 12_000_000
        inbox = broker_ports.inbox(proxy.url, prefetch=60)
        async with running(inbox), asyncio.timeout(20):
            settled = 0
            while not inbox.caught_up.is_set():
                batch = await inbox.receive(5, 0.01)
                await inbox.settle(batch)
                settled += len(batch)
    assert settled == 60


async def test_a_hold_that_lasts_too_long_gives_back_what_is_in_hand_once(
    broker_url: str, operator: Operator
) -> None:
    await _declared(operator)
    await operator.send(b"held")
    observer = MemoryObserver()
    inbox = broker_ports.inbox(broker_url, observer, hold_limit=0.3)
    async with running(inbox):
        (held,) = await broker_ports.receive_all(inbox, 1)
        await inbox.hold()
        await _waiting(operator, 1)
        await until(lambda: len(observer.of(Event.LINK_UP)) == 2, "the inbox is connected again")
        # Two looks of the watchdog, 0.2 s apart, are longer than the limit.
        await _looked(inbox, operator, 1)
        await _looked(inbox, operator, 2)
        await inbox.release()
        (again,) = await broker_ports.receive_all(inbox, 1)
        await inbox.settle([held])
    (lost,) = observer.of(Event.LINK_LOST)
    assert "held too long" in str(lost["fault"])
    assert (again.body, again.redelivered) == (b"held", True)
    assert observer.of(Event.STALE_SETTLED) == [{"count": 1}]


async def test_draining_gives_back_what_was_not_handed_out_and_keeps_what_was(
    broker_url: str, operator: Operator
) -> None:
    await _declared(operator)
    await operator.send_many(_bodies(5))
    observer = MemoryObserver()
    inbox = broker_ports.inbox(broker_url, observer)
    async with running(inbox):
        received = await broker_ports.receive_all(inbox, 2)
        await _waiting(operator, 0)
        await inbox.drain()
        assert await inbox.receive(10, 60) == []
        await operator.send(b"new")
        await inbox.settle(received)
    left = {got.body for got in await operator.take_all(topology.INBOX)}
    assert left == {b"2", b"3", b"4", b"new"}
    assert observer.of(Event.GIVEN_BACK) == [{"count": 3}]


async def test_what_was_settled_beyond_one_that_never_was_is_not_given_back_by_a_drain(
    broker_url: str, operator: Operator
) -> None:
    await _declared(operator)
    await operator.send_many(_bodies(6))
    inbox = broker_ports.inbox(broker_url)
    async with running(inbox):
        refused, *buried = await broker_ports.receive_all(inbox, 5)
        await inbox.settle(buried)
        await inbox.drain()
        await _looked(inbox, operator, 1)
    left = [got.body for got in await operator.take_all(topology.INBOX)]
    assert sorted(left) == [refused.body, b"5"]


async def test_what_was_settled_in_haste_at_the_very_end_of_a_drain_is_not_given_back(
    broker_url: str, operator: Operator
) -> None:
    # More than the broker's channel hands on to its queue at a time; the rest it stashes.
    await _declared(operator)
    await operator.send_many(_bodies(200))
    inbox = broker_ports.inbox(broker_url, prefetch=250)
    async with running(inbox):
        refused, *buried = await broker_ports.receive_all(inbox, 200)
        await inbox.drain()
        await inbox.settle(buried)
    assert [got.body for got in await operator.take_all(topology.INBOX)] == [refused.body]


async def test_the_inbox_is_caught_up_when_what_it_held_at_connect_is_settled_whatever_comes_later(
    broker_url: str, operator: Operator
) -> None:
    await _declared(operator)
    await operator.send_many(_bodies(30))
    observer = MemoryObserver()
    inbox = broker_ports.inbox(broker_url, observer, look_every=60)
    async with running(inbox):
        await broker_ports.up(observer, "consume")
        await operator.send_many(_bodies(5))
        for _ in range(29):
            await inbox.settle(await broker_ports.receive_all(inbox, 1))
        assert not inbox.caught_up.is_set()
        await inbox.settle(await broker_ports.receive_all(inbox, 1))
        assert inbox.caught_up.is_set()


async def test_the_inbox_is_caught_up_when_it_is_seen_empty_and_nothing_is_in_hand(
    broker_url: str, operator: Operator
) -> None:
    await _declared(operator)
    await operator.send_many(_bodies(30))
    inbox = broker_ports.inbox(broker_url, prefetch=9)
    async with running(inbox):
        received = await broker_ports.receive_all(inbox, 9)
        # Another worker takes the rest.
        assert len(await operator.take_all(topology.INBOX)) == 21
        await _looked(inbox, operator, 1)
        await inbox.settle(received[:-1])
        assert not inbox.caught_up.is_set()
        await inbox.settle(received[-1:])
        await until(inbox.caught_up.is_set, "the inbox is caught up")


async def test_a_consumer_whose_queue_is_deleted_and_declared_again_consumes_again(
    broker_url: str, operator: Operator
) -> None:
    observer = MemoryObserver()
    inbox = broker_ports.inbox(broker_url, observer)
    async with running(inbox):
        await broker_ports.up(observer, "consume")
        await operator.delete_queue(topology.INBOX)
        await until(lambda: len(observer.of(Event.LINK_UP)) == 2, "the inbox consumes again")
        await operator.send(b"after")
        (got,) = await broker_ports.receive_all(inbox, 1)
    assert got.body == b"after"
    assert "cancelled our consumer" in str(observer.of(Event.LINK_LOST)[0]["fault"])


async def test_dead_and_unrouted_messages_are_counted_now_and_then(
    broker_url: str, operator: Operator
) -> None:
    inbox = broker_ports.inbox(broker_url)
    async with running(inbox):
        await until(inbox.caught_up.is_set, "the inbox is connected")
        await operator.send(b"x", exchange=topology.DEAD)
        await operator.send(b"y", exchange=topology.OUT)
        await operator.send(b"z", exchange=topology.OUT)
        await until(lambda: inbox.dead_letter_messages == 1, "the dead letter is counted")
        await until(lambda: inbox.unrouted_messages == 2, "the unrouted events are counted")


async def test_a_message_that_came_past_the_sieve_comes_again(
    broker_url: str, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _declared(operator)
    await operator.send(b"x")
    observer = MemoryObserver()
    inbox = broker_ports.inbox(broker_url, observer)
    with monkeypatch.context() as broken:
        broken.setattr(Sieve, "sift", lambda _, data: data)
        async with running(inbox):
            await until(lambda: bool(observer.of(Event.LINK_LOST)), "the link is given up")
            assert "past the sieve" in str(observer.of(Event.LINK_LOST)[0]["fault"])
            broken.undo()
            (got,) = await broker_ports.receive_all(inbox, 1)
    assert got.body == b"x"


class _Raw(commands.Basic.Properties):
    """Properties that go over the wire as given."""

    def __init__(self, flags: int, value: bytes) -> None:
        super().__init__(message_id="unused")
        self.wire = struct.pack(">H", flags) + value

    def marshal(self) -> bytes:
        return self.wire


_E_ACUTE = "é".encode("latin-1")
_UNREADABLE = {
    "a time in microseconds": _Raw(1 << 6, struct.pack(">Q", 1_700_000_000_000_000)),
    "a time in nanoseconds": _Raw(1 << 6, struct.pack(">Q", 1_700_000_000_000_000_000)),
    "a text in latin-1": _Raw(1 << 7, b"\x01" + _E_ACUTE),
    "a header's name in latin-1": _Raw(1 << 13, b"\x00\x00\x00\x04\x01" + _E_ACUTE + b"t\x01"),
    "a header's time in microseconds": _Raw(
        1 << 13, b"\x00\x00\x00\x0b\x01aT" + struct.pack(">Q", 1_700_000_000_000_000)
    ),
}


@pytest.mark.parametrize("properties", _UNREADABLE.values(), ids=_UNREADABLE.keys())
async def test_a_property_that_nobody_can_read_sinks_neither_its_message_nor_the_next(
    broker_url: str, operator: Operator, properties: commands.Basic.Properties
) -> None:
    await _declared(operator)
    channel = await operator.channel()
    observer = MemoryObserver()
    inbox = broker_ports.inbox(broker_url, observer)
    await channel.basic_publish(
        b"odd", exchange=topology.TICKETS, routing_key="ticket.created", properties=properties
    )
    await operator.send(b"healthy")
    async with running(inbox):
        received = await broker_ports.receive_all(inbox, 2)
    # They were published on two channels, so that either may be the first.
    assert {delivery.body for delivery in received} == {b"odd", b"healthy"}
    assert observer.of(Event.LINK_LOST) == []
