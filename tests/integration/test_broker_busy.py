"""A broker that is too busy to say how full a queue is: it says that the queue is empty."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.support import broker_ports
from tests.support.broker import Broker
from tests.support.operator import Operator
from tests.support.waiting import running, until
from worker.broker import topology
from worker.broker.consumer import AmqpInbox
from worker.broker.memory import MemoryObserver

#: Stops the inbox's leader again and again for longer than the broker waits for its answer.
_BUSY = """
{{ok, Q}} = rabbit_amqqueue:lookup(rabbit_misc:r(<<"{vhost}">>, queue, <<"{queue}">>)),
{{Name, _}} = amqqueue:get_pid(Q), Leader = whereis(Name),
[begin sys:suspend(Leader), timer:sleep({each}), sys:resume(Leader), timer:sleep(1) end
 || _ <- lists:seq(1, {times})].
"""
_MESSAGES, _AT_A_TIME = 50, 10


async def test_an_inbox_is_not_caught_up_because_a_busy_broker_calls_it_empty(
    own_broker: Broker, own_vhost: str
) -> None:
    url = own_broker.url(own_vhost)
    # The next look comes when the broker is itself again.
    inbox = broker_ports.inbox(url, look_every=8)
    worker = _Worker(inbox)
    async with Operator(url) as operator:
        await topology.declare(await operator.channel())
        await operator.send_many([str(number).encode() for number in range(_MESSAGES)])
        async with _busy(own_broker, own_vhost, operator), running(inbox, worker):
            await until(inbox.caught_up.is_set, "caught up", 30)
            assert len(worker.settled) == _MESSAGES


async def test_an_inbox_released_on_a_busy_broker_is_not_caught_up_because_it_is_called_empty(
    own_broker: Broker, own_vhost: str
) -> None:
    url = own_broker.url(own_vhost)
    observer = MemoryObserver()
    # To declare waits for the leader; that leaves no time in which it is away.
    inbox = broker_ports.inbox(url, observer, declare=False, look_every=8)
    worker = _Worker(inbox)
    await inbox.hold()
    async with Operator(url) as operator:
        await topology.declare(await operator.channel())
        await operator.send_many([str(number).encode() for number in range(_MESSAGES)])
        busy = _busy(own_broker, own_vhost, operator, each=2000, times=2)
        async with busy, running(inbox, worker):
            await broker_ports.up(observer, "consume")
            assert not inbox.caught_up.is_set()
            await inbox.release()
            await until(inbox.caught_up.is_set, "caught up", 30)
            assert len(worker.settled) == _MESSAGES


@dataclass
class _Worker:
    """Settles whatever comes."""

    inbox: AmqpInbox
    settled: set[bytes] = field(default_factory=set)

    async def run(self) -> None:
        while batch := await self.inbox.receive(_AT_A_TIME, 0):
            await self.inbox.settle(batch)
            self.settled |= {delivery.body for delivery in batch}


@asynccontextmanager
async def _busy(
    broker: Broker, vhost: str, operator: Operator, *, each: int = 600, times: int = 8
) -> AsyncIterator[None]:
    """Busy while the block lasts: so many `times`, `each` for so many milliseconds."""
    command = _BUSY.format(vhost=vhost, queue=topology.INBOX, each=each, times=times)
    busy = asyncio.create_task(asyncio.to_thread(broker.rabbitmqctl, "eval", command))
    try:
        await until(lambda: _is_called_empty(operator), "the broker is busy", 30)
        yield
    finally:
        await busy


async def _is_called_empty(operator: Operator) -> bool:
    return await operator.waiting(topology.INBOX) == 0
