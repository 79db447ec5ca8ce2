"""What the port Publisher promises, on RabbitMQ and in memory."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Protocol

import pytest

from tests.support import broker_ports
from tests.support.operator import Operator
from tests.support.proxy import Proxy
from tests.support.waiting import running, until
from worker import errors
from worker.broker import topology
from worker.broker.memory import MemoryObserver, MemoryPublisher
from worker.broker.port import DeadLetter, Delivery, Message, Publisher


class Bench(Protocol):
    """A publisher that runs, and its broker."""

    @property
    def publisher(self) -> Publisher: ...

    async def refuse(self) -> None:
        """Take no event of level `low`, and no dead letter."""
        ...

    async def go_away(self) -> None:
        """Be out of reach."""
        ...

    async def published(self) -> list[str | None]:
        """Ids of what the broker took, in order."""
        ...

    async def buried(self) -> list[bytes]:
        """Bodies of the dead letters that the broker took, in order."""
        ...


class MemoryBench:
    def __init__(self) -> None:
        self.publisher = MemoryPublisher()

    async def refuse(self) -> None:
        self.publisher.refused |= {_message(number, "low").id for number in range(10)}
        self.publisher.unburied.add("not_json")

    async def go_away(self) -> None:
        self.publisher.available = False

    async def published(self) -> list[str | None]:
        return [message.id for message in self.publisher.published]

    async def buried(self) -> list[bytes]:
        return [letter.delivery.body for letter in self.publisher.buried]


class AmqpBench:
    def __init__(
        self, publisher: Publisher, operator: Operator, proxy: Proxy, observer: MemoryObserver
    ) -> None:
        self.publisher = publisher
        self._operator = operator
        self._proxy = proxy
        self._observer = observer

    async def refuse(self) -> None:
        await self._operator.delete_queue(topology.UNROUTED)
        await self._operator.delete_queue(topology.DEAD_LETTERS)

    async def go_away(self) -> None:
        self._proxy.close()
        await until(lambda: not self._observer.up["publish"], "the loss is noticed")

    async def published(self) -> list[str | None]:
        return [event.message_id for event in await self._operator.take_all("downstream")]

    async def buried(self) -> list[bytes]:
        return [dead.body for dead in await self._operator.take_all(topology.DEAD_LETTERS)]


@asynccontextmanager
async def _amqp_bench(url: str) -> AsyncIterator[Bench]:
    observer = MemoryObserver()
    async with Proxy(url) as proxy, Operator(url) as operator:
        publisher = broker_ports.publisher(proxy.url, observer)
        async with running(publisher):
            await broker_ports.up(observer, "publish")
            await operator.bind("downstream", "*.*.high")
            yield AmqpBench(publisher, operator, proxy, observer)


@pytest.fixture(params=["memory", "amqp"])
def url(request: pytest.FixtureRequest) -> str | None:
    """Of the broker, where one is used."""
    return request.getfixturevalue("broker_url") if request.param == "amqp" else None


@pytest.fixture
async def bench(url: str | None) -> AsyncIterator[Bench]:
    if url is None:
        yield MemoryBench()
        return
    async with _amqp_bench(url) as amqp:
        yield amqp


def _message(number: int, level: str = "high") -> Message:
    message = broker_ports.message(number, level)
    return message._replace(id=f"{level}-{number}")


def _letter(body: bytes) -> DeadLetter:
    delivery = Delivery(
        body=body,
        routing_key="ticket.created",
        message_id="m-1",
        received_at=datetime(2026, 3, 2, tzinfo=UTC),
        token=None,
    )
    return DeadLetter(delivery=delivery, reason="not_json", error="line 1: not JSON")


async def test_what_is_published_is_confirmed_by_its_id_and_taken_in_order(bench: Bench) -> None:
    sent = [_message(number) for number in (3, 1, 2)]
    assert await bench.publisher.publish(sent) == {"high-1", "high-2", "high-3"}
    assert await bench.published() == ["high-3", "high-1", "high-2"]


async def test_one_id_given_twice_is_published_once(bench: Bench) -> None:
    sent = [_message(1), _message(2), _message(1)]
    assert await bench.publisher.publish(sent) == {"high-1", "high-2"}
    assert await bench.published() == ["high-1", "high-2"]


async def test_publishing_again_is_publishing_twice(bench: Bench) -> None:
    for _ in range(2):
        assert await bench.publisher.publish([_message(1)]) == {"high-1"}
    assert await bench.published() == ["high-1", "high-1"]


async def test_an_id_that_was_refused_is_not_among_the_confirmed(bench: Bench) -> None:
    await bench.refuse()
    sent = [_message(1, "low"), _message(1), _message(2, "low")]
    assert await bench.publisher.publish(sent) == {"high-1"}
    assert await bench.publisher.publish(sent[:1]) == frozenset()
    assert await bench.published() == ["high-1"]


async def test_publishing_nothing_confirms_nothing(bench: Bench) -> None:
    assert await bench.publisher.publish([]) == frozenset()
    assert await bench.publisher.bury([]) == []


async def test_every_letter_is_buried_though_they_are_equal(bench: Bench) -> None:
    dead = [_letter(b"1"), _letter(b"2"), _letter(b"1")]
    assert await bench.publisher.bury(dead) == [True, True, True]
    assert await bench.buried() == [b"1", b"2", b"1"]


async def test_a_letter_that_was_refused_is_told_apart(bench: Bench) -> None:
    await bench.refuse()
    assert await bench.publisher.bury([_letter(b"1"), _letter(b"2")]) == [False, False]


async def test_a_broker_out_of_reach_is_told(bench: Bench) -> None:
    await bench.go_away()
    with pytest.raises(errors.BrokerUnavailable):
        await bench.publisher.publish([_message(1)])
    with pytest.raises(errors.BrokerUnavailable):
        await bench.publisher.bury([_letter(b"x")])
