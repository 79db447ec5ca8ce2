"""What the ports in memory can do that no broker can be asked for."""

import pytest

from tests.support import broker_ports
from tests.support.waiting import running
from worker import errors
from worker.broker.memory import MemoryInbox, MemoryObserver, MemoryPublisher


async def test_what_is_delivered_is_what_is_received_and_can_be_looked_up() -> None:
    inbox = MemoryInbox()
    early = inbox.deliver(b"0", routing_key="ticket.updated", message_id="m-1", headers={"a": 1})
    async with running(inbox):
        late = inbox.deliver(b"1")
        assert await inbox.receive(1, 0) == [early]
        assert (inbox.in_hand, inbox.settled) == ([early], [])
        await inbox.settle([early])
        assert (inbox.in_hand, inbox.settled, inbox.unsettled) == ([], [early], [late])


async def test_what_a_drain_found_is_told() -> None:
    inbox = MemoryInbox()
    async with running(inbox):
        first, second = inbox.deliver(b"0"), inbox.deliver(b"1")
        await inbox.receive(1, 0)
        await inbox.drain()
    assert (inbox.in_hand, inbox.given_back) == ([first], [second])


async def test_a_message_delivered_again_tells_so() -> None:
    inbox = MemoryInbox()
    async with running(inbox):
        delivery = inbox.deliver(b"0")
        await inbox.receive(1, 0)
        inbox.reconnect()
        (again,) = await inbox.receive(1, 0)
    assert (delivery.redelivered, again.redelivered) == (False, True)
    assert (again.body, again.routing_key) == (delivery.body, delivery.routing_key)


async def test_a_lost_answer_leaves_what_was_published() -> None:
    publisher = MemoryPublisher()
    publisher.lose_next_answer()
    with pytest.raises(errors.BrokerUnavailable):
        await publisher.publish([broker_ports.message(1)])
    assert await publisher.publish([broker_ports.message(1)]) == {"event-1"}
    assert [message.id for message in publisher.published] == ["event-1", "event-1"]


def test_the_observer_keeps_what_it_is_told() -> None:
    observer = MemoryObserver()
    observer.connected("consume", up=True)
    observer.event("lost", count=1)
    observer.event("other", count=2)
    assert observer.up == {"consume": True}
    assert observer.of("lost") == [{"count": 1}]
