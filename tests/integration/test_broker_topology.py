import asyncio
from functools import partial

import pytest

from tests.support.operator import Operator
from tests.support.waiting import running, until
from worker import errors
from worker.broker import topology
from worker.broker.address import Address
from worker.broker.consumer import AmqpInbox
from worker.broker.memory import MemoryObserver
from worker.broker.publisher import AmqpPublisher
from worker.clock import SystemClock


async def test_the_topology_can_be_declared_again_and_checked(operator: Operator) -> None:
    channel = await operator.channel()
    await topology.declare(channel)
    await topology.declare(channel)
    await topology.check(channel)


async def test_a_check_names_what_is_missing(operator: Operator) -> None:
    with pytest.raises(errors.TopologyMismatch, match=r"exchange 'respondby\.dead' is missing"):
        await topology.check(await operator.channel())


async def test_a_check_declares_nothing(operator: Operator) -> None:
    for _ in range(2):
        with pytest.raises(errors.TopologyMismatch):
            await topology.check(await operator.channel())


async def test_a_queue_that_differs_is_named_with_what_differs(operator: Operator) -> None:
    channel = await operator.channel()
    await channel.queue_declare(topology.INBOX, durable=True)
    with pytest.raises(
        errors.TopologyMismatch, match=r"queue 'respondby\.tickets'.*differs.*inequivalent arg"
    ):
        await topology.declare(channel)


async def test_an_exchange_that_differs_is_named(operator: Operator) -> None:
    channel = await operator.channel()
    await channel.exchange_declare(topology.TICKETS, exchange_type="direct", durable=True)
    with pytest.raises(errors.TopologyMismatch, match=r"exchange 'tickets'.*differs.*'type'"):
        await topology.declare(channel)


async def test_a_mismatch_at_the_start_ends_both_links_with_one_clear_line(
    broker_url: str, operator: Operator
) -> None:
    await (await operator.channel()).queue_declare(topology.INBOX, durable=True)
    locate = partial(Address.from_url, broker_url)
    for service in (
        AmqpInbox(locate, MemoryObserver(), SystemClock()),
        AmqpPublisher(locate, MemoryObserver(), SystemClock()),
    ):
        async with asyncio.timeout(10):
            with pytest.raises(errors.TopologyMismatch, match=r"respondby\.tickets"):
                await service.run()


async def test_without_declaring_a_missing_topology_ends_the_start(broker_url: str) -> None:
    locate = partial(Address.from_url, broker_url)
    inbox = AmqpInbox(locate, MemoryObserver(), SystemClock(), declare=False)
    async with asyncio.timeout(10):
        with pytest.raises(errors.TopologyMismatch, match="is missing"):
            await inbox.run()


async def test_two_links_that_declare_at_once_do_not_disturb_each_other(broker_url: str) -> None:
    observer = MemoryObserver()
    locate = partial(Address.from_url, broker_url)
    inbox = AmqpInbox(locate, observer, SystemClock())
    publisher = AmqpPublisher(locate, observer, SystemClock())
    async with running(inbox, publisher):
        await until(lambda: observer.up == {"consume": True, "publish": True}, "both links up")
    assert observer.up == {"consume": False, "publish": False}
    assert {name for name, _ in observer.events} == {"broker_link_up"}


async def test_a_dead_letter_by_the_broker_itself_lands_among_the_dead_letters(
    operator: Operator,
) -> None:
    channel = await operator.channel()
    await topology.declare(channel)
    await operator.send(b"poison")
    got = await channel.basic_get(topology.INBOX)
    assert got.delivery_tag is not None
    await channel.basic_reject(got.delivery_tag, requeue=False)

    async def arrived() -> bool:
        return await operator.waiting(topology.DEAD_LETTERS) == 1

    await until(arrived, "the dead letter arrives")
