"""What aio-pika, aiormq and RabbitMQ do that one would not expect, and that may not hurt here.

Each is gone in the locked versions, or worked around. Most are proven where they belong:

| pitfall | proven by |
|---|---|
| a publish that runs out of time wedges its channel | here; we use no `timeout=` all the same |
| a message that kills its reader drags healthy ones along | here |
| nothing is consumed before the database is there | here |
| the broker ends a consumer and nobody is told | test_broker_consumer: `…queue_is_deleted…`; |
| | test_broker_recovery: `…lost_in_silence…`, `…another_worker_consumes…` |
| an unroutable publication looks confirmed | test_broker_publisher: `…no_queue_takes…` |
| of two publications of one id one is lost | test_broker_publisher: `…never_taken_for_kept` |
| a blocked connection takes the consumer with it | test_broker_recovery: `…blocked_publisher…` |
| a cancelled publish leaves answers for others | test_broker_publisher: `…cancelled_publish…` |
| an ack after a reconnect closes the channel | test_broker_recovery: `…settled_after…lost…` |
| messages are transient by default | test_broker_publisher: `…confirmed_event…` |
| a peer that is gone says nothing | test_broker_recovery: `…fell_silent…` |
| a confirm that never comes is waited for | test_broker_recovery: `…confirm_that_does_not_come…` |
| a property that cannot be read closes the connection | test_broker_consumer: `…nobody_can_read…` |
"""

import asyncio

import aio_pika

from tests.support import broker_ports
from tests.support.broker import Broker
from tests.support.house import House
from tests.support.operator import Operator
from tests.support.waiting import running, until
from worker import errors
from worker.broker import topology
from worker.broker.consumer import AmqpInbox
from worker.pipeline.waiting import first_of
from worker.store.memory import MemoryStore

_POISON = b"poison"


async def test_a_publish_that_runs_out_of_time_does_not_wedge_its_channel(
    own_broker: Broker, own_vhost: str
) -> None:
    async with await aio_pika.connect(own_broker.url(own_vhost)) as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue("any", durable=True)

        async def publish(size: int, within: float) -> None:
            message = aio_pika.Message(b"x" * size)
            await channel.default_exchange.publish(message, queue.name, timeout=within)

        await asyncio.to_thread(own_broker.alarm)
        try:
            # More than the network holds, so that writing itself gets stuck.
            sent = [publish(1_000_000, 0.5) for _ in range(20)]
            outcomes = await asyncio.gather(*sent, return_exceptions=True)
        finally:
            await asyncio.to_thread(own_broker.end_alarm)
        assert all(isinstance(outcome, TimeoutError) for outcome in outcomes)
        await publish(1, 20)


async def test_a_message_that_kills_whoever_reads_it_takes_no_healthy_one_along(
    broker_url: str,
) -> None:
    healthy = [b"%d" % number for number in range(120)]
    done: list[bytes] = []
    async with Operator(broker_url) as operator:
        await topology.declare(await operator.channel())
        await operator.send_many([*healthy[:60], _POISON, *healthy[60:]])
        while not await operator.waiting(topology.DEAD_LETTERS):
            inbox = broker_ports.inbox(broker_url, prefetch=100)
            async with running(inbox):
                await first_of(_work_until_killed(inbox, done), _is_given_up(operator))
        dead = await operator.take_all(topology.DEAD_LETTERS)
        left = await operator.take_all(topology.INBOX)
    assert [letter.body for letter in dead] == [_POISON]
    assert {*done, *(message.body for message in left)} == {*healthy}


async def test_nothing_is_consumed_while_the_database_is_away() -> None:
    house = House(_AwayStore())
    waiting = house.inbox.deliver(b"{}")
    async with house.working():
        await house.until(lambda: "store_unavailable" in house.log.events)
        assert not house.inbox.caught_up.is_set()
    assert house.inbox.unsettled == [waiting]


class _AwayStore(MemoryStore):
    async def open(self) -> None:
        raise errors.StoreUnavailable("somebody has locked it")


async def _work_until_killed(inbox: AmqpInbox, done: list[bytes]) -> None:
    """As a worker that ends without a word, with all that it has in hand."""
    while True:
        batch = await inbox.receive(100, 0.05)
        bodies = [delivery.body for delivery in batch]
        if _POISON in bodies:
            return
        await inbox.settle(batch)
        done += bodies


async def _is_given_up(operator: Operator) -> None:
    async def is_there() -> bool:
        return await operator.waiting(topology.DEAD_LETTERS) > 0

    await until(is_there, "the broker gives it up", 60)
