import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from pamqp.common import FieldTable

from tests.support import broker_ports
from tests.support.operator import Operator
from tests.support.proxy import Proxy
from tests.support.waiting import running, until
from worker import errors
from worker.broker import topology
from worker.broker.events import Event
from worker.broker.memory import MemoryObserver
from worker.broker.port import DeadLetter, Delivery, Message


def _dead_letter(body: bytes, **more: Any) -> DeadLetter:
    given: dict[str, Any] = {"routing_key": "ticket.created", "message_id": "m-1", **more}
    delivery = Delivery(
        body=body, received_at=datetime(2026, 3, 2, tzinfo=UTC), token=None, **given
    )
    return DeadLetter(delivery=delivery, reason="not_json", error="line 1: not JSON")


async def test_a_confirmed_event_is_in_the_queue_bound_for_its_key(
    broker_url: str, operator: Operator
) -> None:
    observer = MemoryObserver()
    port = broker_ports.publisher(broker_url, observer)
    async with running(port):
        await broker_ports.up(observer, "publish")
        await operator.bind("urgent", "ticket.prioritized.critical")
        sent = [
            broker_ports.message(1, "critical", b'{"a":"\xc3\xa9"}'),
            broker_ports.message(2, "low"),
        ]
        assert await port.publish(sent) == {"event-1", "event-2"}
    (got,) = await operator.take_all("urgent")
    assert got.body == b'{"a":"\xc3\xa9"}'
    assert got.routing_key == "ticket.prioritized.critical"
    assert (got.message_id, got.type, got.priority) == ("event-1", "ticket.prioritized", 6)
    assert got.content_type == "application/cloudevents+json"
    assert got.delivery_mode == 2
    assert got.app_id == "respondby"


async def test_an_event_that_nobody_is_bound_for_is_kept_as_unrouted(
    broker_url: str, operator: Operator
) -> None:
    observer = MemoryObserver()
    port = broker_ports.publisher(broker_url, observer)
    async with running(port):
        await broker_ports.up(observer, "publish")
        assert await port.publish([broker_ports.message(1)]) == {"event-1"}
    (got,) = await operator.take_all(topology.UNROUTED)
    assert got.message_id == "event-1"


async def test_many_events_arrive_once_each_and_in_order(
    broker_url: str, operator: Operator
) -> None:
    observer = MemoryObserver()
    port = broker_ports.publisher(broker_url, observer)
    messages = [broker_ports.message(number) for number in range(1200)]
    async with running(port):
        await broker_ports.up(observer, "publish")
        await operator.bind("all", "#")
        assert len(await port.publish(messages)) == 1200
    assert [got.message_id for got in await operator.take_all("all")] == [
        message.id for message in messages
    ]


async def test_the_same_id_twice_in_a_batch_is_published_once(
    broker_url: str, operator: Operator
) -> None:
    observer = MemoryObserver()
    port = broker_ports.publisher(broker_url, observer)
    async with running(port):
        await broker_ports.up(observer, "publish")
        await operator.bind("all", "#")
        assert await port.publish([broker_ports.message(1)] * 3) == {"event-1"}
    assert len(await operator.take_all("all")) == 1


async def test_an_event_that_no_queue_takes_is_not_confirmed_and_its_neighbours_are(
    broker_url: str, operator: Operator
) -> None:
    observer = MemoryObserver()
    port = broker_ports.publisher(broker_url, observer)
    async with running(port):
        await broker_ports.up(observer, "publish")
        await operator.bind("low", "*.*.low")
        await operator.delete_queue(topology.UNROUTED)
        sent = [broker_ports.message(1, "low"), broker_ports.message(2), broker_ports.message(3)]
        assert await port.publish([*sent, broker_ports.message(4, "low")]) == {"event-1", "event-4"}
    refused = observer.of(Event.MESSAGE_REFUSED)
    assert [fields["message_id"] for fields in refused] == ["event-2", "event-3"]
    assert refused[0]["fault"] == "no queue takes it (NO_ROUTE)"


async def test_an_event_that_a_full_queue_refuses_is_not_confirmed_and_is_told(
    broker_url: str, operator: Operator
) -> None:
    observer = MemoryObserver()
    port = broker_ports.publisher(broker_url, observer)
    async with running(port):
        await broker_ports.up(observer, "publish")
        channel = await operator.channel()
        full: FieldTable = {"x-max-length": 1, "x-overflow": "reject-publish"}
        await channel.queue_declare("full", durable=True, arguments=full)
        await channel.queue_bind("full", topology.OUT, "#")
        assert await port.publish([broker_ports.message(1)]) == {"event-1"}
        assert await port.publish([broker_ports.message(2)]) == frozenset()
    assert observer.of(Event.MESSAGE_REFUSED) == [
        {"message_id": "event-2", "exchange": topology.OUT, "fault": "the broker refused it"}
    ]


async def test_an_event_that_cannot_be_written_sinks_no_other(
    broker_url: str, operator: Operator
) -> None:
    observer = MemoryObserver()
    port = broker_ports.publisher(broker_url, observer)
    bad = Message(id="bad", type="t", routing_key="k" * 300, body=b"{}", priority=0)
    worse = Message(id="w" * 300, type="t", routing_key="k", body=b"{}", priority=0)
    async with running(port):
        await broker_ports.up(observer, "publish")
        sent = [broker_ports.message(1), bad, worse, broker_ports.message(2)]
        assert await port.publish(sent) == {"event-1", "event-2"}
        assert await port.publish([broker_ports.message(3)]) == {"event-3"}
    assert [fields["message_id"] for fields in observer.of(Event.MESSAGE_REFUSED)] == [
        bad.id,
        worse.id,
    ]


async def test_without_a_connection_publishing_says_so(broker_url: str) -> None:
    port = broker_ports.publisher(broker_url)
    with pytest.raises(errors.BrokerUnavailable, match="no connection"):
        await port.publish([broker_ports.message(1)])
    with pytest.raises(errors.BrokerUnavailable, match="no connection"):
        await port.bury([_dead_letter(b"x")])


async def test_a_cancelled_publish_leaves_a_publisher_that_works(broker_url: str) -> None:
    observer = MemoryObserver()
    port = broker_ports.publisher(broker_url, observer)
    async with running(port):
        await broker_ports.up(observer, "publish")
        many = [broker_ports.message(number) for number in range(400)]
        publishing = asyncio.create_task(port.publish(many))
        await asyncio.sleep(0)
        publishing.cancel()
        await asyncio.wait([publishing])
        assert publishing.cancelled()
        await until(lambda: len(observer.of(Event.LINK_UP)) == 2, "the connection is replaced")
        assert len(await port.publish(many)) == 400


async def test_a_slow_broker_is_given_no_more_than_it_confirms_in_time(
    broker_url: str, operator: Operator
) -> None:
    observer = MemoryObserver()
    # Each goes alone, and takes some 0.3 s; all of them more than there is for one call.
    messages = [broker_ports.message(number, body=bytes(600_000)) for number in range(10)]
    left = {message.id: message for message in messages}
    async with Proxy(broker_url) as proxy:
        port = broker_ports.publisher(proxy.url, observer, within=2)
        async with running(port):
            await broker_ports.up(observer, "publish")
            await operator.bind("all", "#")
            proxy.weather.rate = 2_000_000
            while left:
                async with asyncio.timeout(2):
                    confirmed = await port.publish([*left.values()])
                assert 0 < len(confirmed) < 6
                assert [*left][: len(confirmed)] == sorted(confirmed)
                for id_ in confirmed:
                    del left[id_]
    assert observer.of(Event.MESSAGE_REFUSED) == []
    assert len(observer.of(Event.LINK_UP)) == 1
    got = [taken.message_id for taken in await operator.take_all("all")]
    assert got == [message.id for message in messages]


async def test_an_exchange_that_was_deleted_comes_back_with_the_connection(
    broker_url: str, operator: Operator
) -> None:
    observer = MemoryObserver()
    port = broker_ports.publisher(broker_url, observer)
    async with running(port):
        await broker_ports.up(observer, "publish")
        await (await operator.channel()).exchange_delete(topology.OUT)
        with pytest.raises(errors.BrokerUnavailable, match="NOT_FOUND"):
            await port.publish([broker_ports.message(1), broker_ports.message(2)])
        await until(lambda: len(observer.of(Event.LINK_UP)) == 2, "the connection is replaced")
        assert await port.publish([broker_ports.message(1)]) == {"event-1"}


async def test_a_dead_letter_keeps_its_bytes_its_headers_and_its_reason(
    broker_url: str, operator: Operator
) -> None:
    observer = MemoryObserver()
    port = broker_ports.publisher(broker_url, observer)
    letter = _dead_letter(
        b"\x00\xff not json",
        content_type="application/json",
        content_encoding="gzip",
        headers={"traceparent": "00-1", "x-death": [{"count": 2}], "CC": ["somewhere"]},
    )
    async with running(port):
        await broker_ports.up(observer, "publish")
        assert await port.bury([letter]) == [True]
    (got,) = await operator.take_all(topology.DEAD_LETTERS)
    assert got.body == b"\x00\xff not json"
    assert (got.message_id, got.content_type, got.content_encoding) == (
        "m-1",
        "application/json",
        "gzip",
    )
    # A quorum queue counts deliveries in a header of its own; 4.x only from the first one on.
    assert got.headers.pop("x-delivery-count", 0) == 0
    assert got.headers == {
        "traceparent": "00-1",
        "x-death": [{"count": 2}],
        "x-respondby-reason": "not_json",
        "x-respondby-error": "line 1: not JSON",
        "x-respondby-original-routing-key": "ticket.created",
    }
    assert got.delivery_mode == 2


async def test_equal_poison_is_kept_as_often_as_it_came(
    broker_url: str, operator: Operator
) -> None:
    observer = MemoryObserver()
    port = broker_ports.publisher(broker_url, observer)
    async with running(port):
        await broker_ports.up(observer, "publish")
        assert await port.bury([_dead_letter(b"x")] * 3) == [True, True, True]
    assert [got.message_id for got in await operator.take_all(topology.DEAD_LETTERS)] == ["m-1"] * 3


async def test_equal_poison_that_cannot_be_kept_is_never_taken_for_kept(
    broker_url: str, operator: Operator
) -> None:
    observer = MemoryObserver()
    port = broker_ports.publisher(broker_url, observer)
    async with running(port):
        await broker_ports.up(observer, "publish")
        await operator.delete_queue(topology.DEAD_LETTERS)
        assert await port.bury([_dead_letter(b"x")] * 3) == [False, False, False]


async def test_a_dead_letter_without_an_id_gets_one(broker_url: str, operator: Operator) -> None:
    observer = MemoryObserver()
    port = broker_ports.publisher(broker_url, observer)
    async with running(port):
        await broker_ports.up(observer, "publish")
        assert await port.bury([_dead_letter(b"x", message_id=None)] * 2) == [True, True]
    ids = {got.message_id for got in await operator.take_all(topology.DEAD_LETTERS)}
    assert len(ids) == 2
    assert None not in ids


async def test_headers_too_large_for_a_frame_do_not_stop_a_dead_letter(
    broker_url: str, operator: Operator
) -> None:
    observer = MemoryObserver()
    port = broker_ports.publisher(broker_url, observer)
    letter = _dead_letter(b"x", headers={"huge": "h" * 130_000, "small": "s"})
    async with running(port):
        await broker_ports.up(observer, "publish")
        assert await port.bury([letter]) == [True]
    (got,) = await operator.take_all(topology.DEAD_LETTERS)
    assert got.headers["small"] == "s"
    assert "huge" not in got.headers
    assert observer.of(Event.HEADERS_DROPPED) == [{"message_id": "m-1", "names": ["huge"]}]


async def test_a_dead_letter_that_is_given_back_goes_to_no_queue_that_its_headers_named(
    broker_url: str, operator: Operator
) -> None:
    observer = MemoryObserver()
    port = broker_ports.publisher(broker_url, observer)
    letter = _dead_letter(b"x", headers={"CC": ["victim"], "BCC": ["victim"], "cc": "kept"})
    async with running(port):
        await broker_ports.up(observer, "publish")
        await operator.bind("victim", "none")
        assert await port.bury([letter]) == [True]
    (got,) = await operator.take_all(topology.DEAD_LETTERS)
    await operator.send(b"x", exchange="", routing_key=topology.INBOX, headers=got.headers)
    assert await operator.waiting("victim") == 0
    (back,) = await operator.take_all(topology.INBOX)
    assert back.headers["cc"] == "kept"
    assert observer.of(Event.HEADERS_DROPPED) == [{"message_id": "m-1", "names": ["BCC", "CC"]}]


async def test_an_error_text_that_no_wire_can_carry_does_not_stop_a_dead_letter(
    broker_url: str, operator: Operator
) -> None:
    observer = MemoryObserver()
    port = broker_ports.publisher(broker_url, observer)
    letter = DeadLetter(
        delivery=_dead_letter(b"x").delivery, reason="not_json", error="\ud800" + "e" * 200_000
    )
    async with running(port):
        await broker_ports.up(observer, "publish")
        assert await port.bury([letter]) == [True]
    (got,) = await operator.take_all(topology.DEAD_LETTERS)
    assert got.headers["x-respondby-error"] == "?" + "e" * 999


async def test_a_buried_message_can_be_buried_again(broker_url: str, operator: Operator) -> None:
    observer = MemoryObserver()
    port = broker_ports.publisher(broker_url, observer)
    async with running(port):
        await broker_ports.up(observer, "publish")
        letter = _dead_letter(b"x", headers={"x-respondby-reason": "older", "x-death": [{"a": 1}]})
        assert await port.bury([letter]) == [True]
    (got,) = await operator.take_all(topology.DEAD_LETTERS)
    assert got.headers["x-respondby-reason"] == "not_json"
    assert observer.of(Event.HEADERS_DROPPED) == []
