import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from tests.support import broker, broker_ports
from tests.support.broker import Broker
from tests.support.operator import Operator
from tests.support.proxy import Proxy
from tests.support.waiting import running, until
from worker import errors
from worker.broker import connection, topology
from worker.broker.consumer import AmqpInbox
from worker.broker.events import Event
from worker.broker.memory import MemoryObserver
from worker.broker.port import Message
from worker.broker.publisher import AmqpPublisher

BOTH = ("consume", "publish")


async def _publish(port: AmqpPublisher, messages: list[Message]) -> None:
    """Until each is confirmed, as the relay does."""
    left = {message.id: message for message in messages}
    async with asyncio.timeout(40):
        while left:
            with suppress(errors.BrokerUnavailable):
                for confirmed in await port.publish(list(left.values())):
                    del left[confirmed]
            await asyncio.sleep(0.05)


async def _ups(observer: MemoryObserver, link: str, times: int, within: float = 40) -> None:
    def so_often() -> bool:
        return len([told for told in observer.of(Event.LINK_UP) if told["link"] == link]) >= times

    await until(so_often, f"{link} is up for the {times}th time", within)


async def test_unsettled_messages_come_again_in_order_after_their_connection_was_closed(
    own_broker: Broker, own_vhost: str
) -> None:
    url = own_broker.url(own_vhost)
    observer = MemoryObserver()
    inbox = broker_ports.inbox(url, observer)
    async with running(inbox):
        await broker_ports.up(observer, "consume")
        async with Operator(url) as operator:
            await operator.send_many([b"0", b"1", b"2", b"3"])
        received = await broker_ports.receive_all(inbox, 3)
        await inbox.settle(received[:1])
        await asyncio.to_thread(own_broker.close_connections, own_vhost)
        again = await broker_ports.receive_all(inbox, 3)
        assert [(got.body, got.redelivered) for got in again] == [
            (b"1", True),
            (b"2", True),
            (b"3", True),
        ]
        assert not {got.token for got in received} & {got.token for got in again}


async def test_what_is_settled_after_its_connection_was_lost_is_told_and_comes_again(
    own_broker: Broker, own_vhost: str
) -> None:
    url = own_broker.url(own_vhost)
    observer = MemoryObserver()
    inbox = broker_ports.inbox(url, observer)
    async with Proxy(url) as proxy, Operator(url) as operator:
        inbox = broker_ports.inbox(proxy.url, observer)
        async with running(inbox):
            await broker_ports.up(observer, "consume")
            await operator.send_many([b"0", b"1"])
            received = await broker_ports.receive_all(inbox, 2)
            proxy.cut()
            await until(lambda: not observer.up["consume"], "the loss is noticed")
            await inbox.settle(received[:1])
            await _ups(observer, "consume", 2)
            await inbox.settle(received[1:])
            again = await broker_ports.receive_all(inbox, 2)
            await inbox.settle(again)
        assert observer.of(Event.STALE_SETTLED) == [{"count": 1}, {"count": 1}]
        # Each came in a window of its own; 3.10 brings them again in either order.
        assert {got.body for got in again} == {b"0", b"1"}
        assert await operator.take(topology.INBOX) is None


async def test_being_caught_up_is_unlearnt_at_every_connect(
    own_broker: Broker, own_vhost: str
) -> None:
    observer = MemoryObserver()
    async with Proxy(own_broker.url(own_vhost)) as proxy, Operator(proxy.url) as operator:
        inbox = broker_ports.inbox(proxy.url, observer)
        async with running(inbox):
            await until(inbox.caught_up.is_set, "the inbox is caught up")
            await operator.send(b"0")
            await broker_ports.receive_all(inbox, 1)
            proxy.cut()
            await until(lambda: not inbox.caught_up.is_set(), "the loss is noticed")
            again = await broker_ports.receive_all(inbox, 1)
            await broker_ports.up(observer, "consume")
            assert not inbox.caught_up.is_set()
            await inbox.settle(again)
            assert inbox.caught_up.is_set()


async def test_a_consumer_that_the_broker_lost_in_silence_is_noticed_and_replaced(
    own_broker: Broker, own_vhost: str
) -> None:
    url = own_broker.url(own_vhost)
    observer = MemoryObserver()
    inbox = broker_ports.inbox(url, observer)
    async with running(inbox):
        await broker_ports.up(observer, "consume")
        await asyncio.to_thread(own_broker.lose_consumers, own_vhost, topology.INBOX)
        await _ups(observer, "consume", 2)
        async with Operator(url) as operator:
            await operator.send(b"after")
        assert (await broker_ports.receive_all(inbox, 1))[0].body == b"after"
    assert "no consumer" in str(observer.of(Event.LINK_LOST)[0]["fault"])


async def test_a_lost_consumer_is_noticed_though_another_worker_consumes_the_same_queue(
    own_broker: Broker, own_vhost: str
) -> None:
    url = own_broker.url(own_vhost)
    observer = MemoryObserver()
    inbox = broker_ports.inbox(url, observer)
    async with running(inbox), Operator(url) as operator:
        await broker_ports.up(observer, "consume")
        async with operator.hoarding(topology.INBOX) as other:
            await asyncio.to_thread(own_broker.lose_consumers, own_vhost, topology.INBOX, other)
            await operator.send_many([b"taken by the other", b"after"])
            (got,) = await broker_ports.receive_all(inbox, 1)
    assert got.body == b"after"
    assert "none is brought" in str(observer.of(Event.LINK_LOST)[0]["fault"])


@asynccontextmanager
async def _at_work(
    url: str, within: float = 5
) -> AsyncIterator[tuple[AmqpInbox, AmqpPublisher, MemoryObserver]]:
    observer = MemoryObserver()
    inbox, publisher = (
        broker_ports.inbox(url, observer),
        broker_ports.publisher(url, observer, within),
    )
    async with running(inbox, publisher):
        await broker_ports.up(observer, *BOTH)
        yield inbox, publisher, observer


async def test_both_links_come_back_by_themselves_after_the_broker_was_stopped_and_started(
    own_broker: Broker, own_vhost: str
) -> None:
    url = own_broker.url(own_vhost)
    async with _at_work(url) as (inbox, publisher, _):
        await publisher.publish([broker_ports.message(1)])
        await asyncio.to_thread(own_broker.stop_app)
        with pytest.raises(errors.BrokerUnavailable):
            await publisher.publish([broker_ports.message(2)])
        await asyncio.to_thread(own_broker.start_app)
        await _publish(publisher, [broker_ports.message(2)])
        async with Operator(url) as operator:
            await operator.send(b"after")
            (got,) = await broker_ports.receive_all(inbox, 1)
            kept = await operator.take_all(topology.UNROUTED)
    assert got.body == b"after"
    assert [event.message_id for event in kept] == ["event-1", "event-2"]


async def test_a_restart_of_the_node_amid_the_flow_loses_nothing(
    own_broker: Broker, own_vhost: str
) -> None:
    url = own_broker.url(own_vhost)
    sent = [broker_ports.message(number) for number in range(1500)]
    async with _at_work(url) as (inbox, publisher, observer):
        async with Operator(url) as operator:
            await operator.send_many([b"0", b"1"])
        await inbox.settle((await broker_ports.receive_all(inbox, 2))[:1])
        publishing = asyncio.create_task(_publish(publisher, sent))
        await asyncio.to_thread(own_broker.restart)
        await publishing
        await _ups(observer, "consume", 2)
        (again,) = await broker_ports.receive_all(inbox, 1)
        async with Operator(url) as operator:
            kept = {event.message_id for event in await operator.take_all(topology.UNROUTED)}
    assert again.body == b"1"
    assert kept == {message.id for message in sent}


async def test_a_blocked_publisher_says_so_resumes_by_itself_and_stops_no_consumer(
    own_broker: Broker, own_vhost: str
) -> None:
    url = own_broker.url(own_vhost)
    # More than the network holds, so that writing itself gets stuck.
    sent = [broker_ports.message(number, body=b"x" * 50_000) for number in range(300)]

    async def is_settled() -> bool:
        queues = await asyncio.to_thread(own_broker.queues, own_vhost)
        inbox = queues[topology.INBOX]
        return inbox["messages_ready"] == inbox["messages_unacknowledged"] == 0

    async with _at_work(url, within=1) as (inbox, publisher, observer), Operator(url) as operator:
        await operator.send_many([b"0", b"1"])
        (first,) = await broker_ports.receive_all(inbox, 1)
        await asyncio.to_thread(own_broker.alarm)
        try:
            with pytest.raises(errors.BrokerUnavailable, match="did not answer in time"):
                await publisher.publish(sent)
            await inbox.settle([first, *await broker_ports.receive_all(inbox, 1)])
            await until(is_settled, "the input is worked off")
            with pytest.raises(errors.BrokerUnavailable, match="takes nothing"):
                await publisher.publish(sent)
        finally:
            await asyncio.to_thread(own_broker.end_alarm)
        await _publish(publisher, sent)
        kept = {event.message_id for event in await operator.take_all(topology.UNROUTED)}
    assert kept == {message.id for message in sent}
    assert observer.of(Event.PUBLISHER_BLOCKED) == [{"link": "publish"}]
    assert [told["link"] for told in observer.of(Event.LINK_LOST)] == ["publish"]


async def test_a_confirm_that_does_not_come_is_told_and_the_next_try_has_a_fresh_channel(
    broker_url: str,
) -> None:
    observer = MemoryObserver()
    async with Proxy(broker_url) as proxy:
        publisher = broker_ports.publisher(proxy.url, observer, within=0.5)
        async with running(publisher):
            await broker_ports.up(observer, "publish")
            proxy.mute()
            with pytest.raises(errors.BrokerUnavailable, match="did not answer in time"):
                await publisher.publish([broker_ports.message(1)])
            await _ups(observer, "publish", 2)
            assert await publisher.publish([broker_ports.message(1)]) == {"event-1"}


async def test_a_broker_that_fell_silent_is_given_up(
    broker_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "HEARTBEAT", 1)
    observer = MemoryObserver()
    async with Proxy(broker_url) as proxy:
        inbox = broker_ports.inbox(proxy.url, observer, look_every=60)
        async with running(inbox):
            await broker_ports.up(observer, "consume")
            proxy.mute()
            await _ups(observer, "consume", 2)
    assert "silent" in str(observer.of(Event.LINK_LOST)[0]["fault"])


async def test_a_network_that_breaks_while_events_leave_loses_none(
    broker_url: str, operator: Operator
) -> None:
    observer = MemoryObserver()
    sent = [broker_ports.message(number) for number in range(1500)]
    async with Proxy(broker_url) as proxy:
        publisher = broker_ports.publisher(proxy.url, observer)
        async with running(publisher):
            await broker_ports.up(observer, "publish")
            publishing = asyncio.create_task(_publish(publisher, sent))
            for times in (2, 3):
                await until(lambda: observer.up["publish"], "the publisher is up")
                await asyncio.sleep(0)
                proxy.cut()
                await _ups(observer, "publish", times)
            await publishing
    kept = {event.message_id for event in await operator.take_all(topology.UNROUTED)}
    assert kept == {message.id for message in sent}


async def test_publishing_while_the_link_is_closed_raises_nothing_but_unavailable(
    broker_url: str,
) -> None:
    observer = MemoryObserver()
    publisher = broker_ports.publisher(broker_url, observer)
    many = [broker_ports.message(number) for number in range(4_000)]
    for _ in range(15):
        async with running(publisher):
            await broker_ports.up(observer, "publish")
            publishing = asyncio.create_task(publisher.publish(many))
            await asyncio.sleep(0)
        with suppress(errors.BrokerUnavailable):
            assert len(await publishing) < len(many)


@pytest.mark.parametrize("scheme", ["amqp", "amqps"])
async def test_a_broker_that_is_not_there_is_tried_again(scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"{scheme}://guest:s3cret@127.0.0.1:{taken.getsockname()[1]}/"
    observer = MemoryObserver()
    async with running(broker_ports.publisher(url, observer)):
        await until(lambda: len(observer.of(Event.LINK_LOST)) == 2, "it is tried again")
    told = observer.of(Event.LINK_LOST)[0]
    assert "Connect call failed" in str(told["fault"])
    assert "s3cret" not in str(told)


async def test_a_broker_that_does_not_speak_tls_is_tried_again_and_said_so(
    broker_url: str,
) -> None:
    observer = MemoryObserver()
    url = broker_url.replace("amqp:", "amqps:")
    async with running(broker_ports.publisher(url, observer)):
        await until(lambda: observer.of(Event.LINK_LOST) != [], "the fault is told")
    assert "SSL" in str(observer.of(Event.LINK_LOST)[0]["fault"])


@pytest.mark.parametrize("wrong", ["password", "login", "vhost"])
async def test_a_broker_that_refuses_us_is_tried_again_and_no_secret_is_told(
    own_broker: Broker, own_vhost: str, wrong: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    url = {
        "password": broker.with_login(own_broker.url(own_vhost), "guest", "s3cret"),
        "login": broker.with_login(own_broker.url(own_vhost), "nobody", "s3cret"),
        "vhost": broker.with_login(own_broker.url("nowhere"), "guest", "guest"),
    }[wrong]
    observer = MemoryObserver()
    async with running(broker_ports.inbox(url, observer)):
        await until(lambda: len(observer.of(Event.ACCESS_REFUSED)) == 2, "it is tried again")
    assert "s3cret" not in caplog.text + str(observer.events)
    assert observer.of(Event.LINK_UP) == []


async def test_a_permission_that_is_taken_away_is_told_as_such_and_waited_out(
    own_broker: Broker, own_vhost: str
) -> None:
    def permit(what: str) -> None:
        own_broker.rabbitmqctl("set_permissions", "--vhost", own_vhost, "guest", what, what, ".*")

    async with _at_work(own_broker.url(own_vhost)) as (_, publisher, observer):
        await asyncio.to_thread(permit, "^$")
        with pytest.raises(errors.BrokerUnavailable, match="ACCESS_REFUSED"):
            await publisher.publish([broker_ports.message(1)])
        await until(lambda: observer.of(Event.ACCESS_REFUSED) != [], "the refusal is told")
        await asyncio.to_thread(permit, ".*")
        await _publish(publisher, [broker_ports.message(1)])


async def test_a_login_with_every_kind_of_character_gets_in(
    own_broker: Broker, own_vhost: str
) -> None:
    password = "p@ss:w/o?r#d %41+é"
    own_broker.rabbitmqctl("add_user", "a/b:c", password)
    own_broker.rabbitmqctl("set_permissions", "--vhost", own_vhost, "a/b:c", ".*", ".*", ".*")
    observer = MemoryObserver()
    url = broker.with_login(own_broker.url(own_vhost), "a/b:c", password)
    async with running(broker_ports.inbox(url, observer)):
        await broker_ports.up(observer, "consume")
