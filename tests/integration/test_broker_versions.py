"""What differs from one version of RabbitMQ to the next, and holds on each of them all the same."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from tests.support import broker_ports
from tests.support.broker import Broker
from tests.support.operator import Operator
from tests.support.proxy import Proxy
from tests.support.waiting import running, until
from worker import errors
from worker.broker import topology
from worker.broker.events import Event
from worker.broker.memory import MemoryObserver

#: A delivery limit of twenty: the first delivery does not count against it.
_DELIVERIES = 21


@pytest.mark.parametrize("worker_is", ["killed", "stopped"])
async def test_a_message_that_no_worker_finishes_is_dead_lettered_after_its_21st_delivery(
    broker_url: str, operator: Operator, worker_is: str
) -> None:
    await topology.declare(await operator.channel())
    await operator.send(b"poison")
    for _ in range(_DELIVERIES):
        await _holds(operator, topology.INBOX, 1)
        assert await _taken(broker_url, abruptly=worker_is == "killed") == b"poison"
    await _holds(operator, topology.DEAD_LETTERS, 1)
    (letter,) = await operator.take_all(topology.DEAD_LETTERS)
    assert letter.body == b"poison"
    assert letter.headers["x-first-death-reason"] == "delivery_limit"
    assert await operator.waiting(topology.INBOX) == 0


@pytest.mark.parametrize("how", ["nack", "reject", "close"])
@pytest.mark.parametrize("queue", [topology.DEAD_LETTERS, topology.UNROUTED])
async def test_what_is_kept_for_a_person_may_be_looked_at_thirty_times(
    operator: Operator, queue: str, how: str
) -> None:
    await topology.declare(await operator.channel())
    sent = [b"0", b"1", b"2"]
    for body in sent:
        await operator.send(body, exchange="", routing_key=queue)
    for _ in range(30):
        await _holds(operator, queue, len(sent))
        channel = await operator.channel()
        for _ in sent:
            got = await channel.basic_get(queue)
            assert got.delivery_tag is not None
            if how == "nack":
                await channel.basic_nack(got.delivery_tag)
            if how == "reject":
                await channel.basic_reject(got.delivery_tag)
        await channel.close()
    await _holds(operator, queue, len(sent))
    assert sorted(kept.body for kept in await operator.take_all(queue)) == sent


async def test_an_overdue_acknowledgement_is_noticed_and_consuming_goes_on(
    own_broker: Broker, own_vhost: str
) -> None:
    url = own_broker.url(own_vhost)
    observer = MemoryObserver()
    inbox = broker_ports.inbox(url, observer)
    impatient = _configured(own_broker, consumer_timeout=1_000, channel_tick_interval=300)
    async with impatient, running(inbox):
        await broker_ports.up(observer, "consume")
        async with Operator(url) as operator:
            await operator.send_many([b"overdue", b"after"])
        first = await broker_ports.receive_all(inbox, 2)
        again = await broker_ports.receive_all(inbox, 2)
        await inbox.settle(again)
    # Each came in a window of its own; 3.10 brings them again in either order.
    assert {got.body for got in first} == {got.body for got in again} == {b"overdue", b"after"}
    # Before 4.3 the channel is closed, since then it is the consumer that is cancelled.
    (lost, *_) = observer.of(Event.LINK_LOST)
    assert "timed out" in str(lost["fault"]) or "cancelled our consumer" in str(lost["fault"])


async def test_an_event_larger_than_the_broker_takes_is_told_and_holds_up_no_other(
    own_broker: Broker, own_vhost: str
) -> None:
    url = own_broker.url(own_vhost)
    sent = [
        broker_ports.message(1),
        broker_ports.message(2, body=b"x" * 1_001),
        broker_ports.message(3, body=b"x" * 1_000),
    ]
    observer = MemoryObserver()
    publisher = broker_ports.publisher(url, observer)
    async with _configured(own_broker, max_message_size=1_000), running(publisher):
        await broker_ports.up(observer, "publish")
        confirmed: set[str] = set()

        async def both_confirmed() -> bool:
            left = [message for message in sent if message.id not in confirmed]
            with suppress(errors.BrokerUnavailable):
                confirmed.update(await publisher.publish(left))
            return confirmed == {"event-1", "event-3"}

        await until(both_confirmed, "what is not too large is confirmed")
    (refused, *_) = observer.of(Event.MESSAGE_REFUSED)
    assert refused["message_id"] == "event-2"
    assert "larger" in str(refused["fault"])


async def test_an_event_is_published_whatever_the_size_of_the_brokers_frames(
    own_broker: Broker, own_vhost: str
) -> None:
    sent = [broker_ports.message(size, body=b"x" * size) for size in (0, 1, 200_000)]
    observer = MemoryObserver()
    url = own_broker.url(own_vhost)
    publisher = broker_ports.publisher(url, observer)
    # 0 stands for no limit.
    async with _configured(own_broker, frame_max=0), running(publisher), Operator(url) as operator:
        await broker_ports.up(observer, "publish")
        assert len(await publisher.publish(sent)) == len(sent)
        got = await operator.take_all(topology.UNROUTED)
    assert [len(message.body) for message in got] == [0, 1, 200_000]


async def _taken(url: str, *, abruptly: bool) -> bytes:
    """What a worker takes before it ends, neither settled nor given back by it."""
    async with Proxy(url) as proxy, Operator(proxy.url) as worker:
        got = await (await worker.channel()).basic_get(topology.INBOX)
        if abruptly:
            proxy.cut()
        return got.body


async def _holds(operator: Operator, queue: str, count: int) -> None:
    async def so_many() -> bool:
        return await operator.waiting(queue) == count

    await until(so_many, f"{count} messages wait in {queue}")


@asynccontextmanager
async def _configured(broker: Broker, **settings: int) -> AsyncIterator[None]:
    """While the block lasts, these settings of the node are so, for channels opened meanwhile."""
    before = await asyncio.to_thread(_configure, broker, settings)
    try:
        yield
    finally:
        await asyncio.to_thread(_configure, broker, before)


def _configure(broker: Broker, settings: dict[str, int]) -> dict[str, int]:
    """What they were before."""
    wanted = ", ".join(f"{{{name}, {value}}}" for name, value in settings.items())
    told = broker.rabbitmqctl(
        "eval",
        "[begin {ok, Before} = application:get_env(rabbit, Name),"
        # One version reads it here, the other there.
        " application:set_env(rabbit, Name, Value), persistent_term:put(Name, Value),"
        f" Before end || {{Name, Value}} <- [{wanted}]].",
    )
    return dict(zip(settings, json.loads(told), strict=True))
