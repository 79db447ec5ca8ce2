"""Each login of `deploy/rabbitmq` can do its work, and the broker refuses it anything else."""

import json
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiormq.abc import AbstractChannel
from aiormq.exceptions import ChannelAccessRefused

from tests.support import broker_users, stream, upstream
from tests.support.broker import Broker
from tests.support.command import program
from tests.support.downstream import taken
from tests.support.operator import Operator
from tests.support.upstream import Sending
from tests.support.waiting import until
from tests.support.worker_process import WorkerProcess
from worker.broker import topology

Action = Callable[[AbstractChannel], Awaitable[object]]

WORKER, DECLARING, OPERATOR = "respondby", "respondby-declaring", "respondby-operator"
PSA, ROUTER = "psa", "router"
#: The router's own.
QUEUE = "router.pager"


@pytest.fixture(scope="module")
def admitted(own_broker: Broker) -> Iterator[Broker]:
    with broker_users.admitted(own_broker):
        yield own_broker


def publish(exchange: str, routing_key: str = "ticket.created") -> Action:
    async def action(channel: AbstractChannel) -> None:
        await channel.basic_publish(b"forged", exchange=exchange, routing_key=routing_key)
        # It is not answered; but a refusal closes the channel before this is.
        await channel.basic_qos(prefetch_count=1)

    return action


def take(queue: str) -> Action:
    return lambda channel: channel.basic_get(queue)


def purge(queue: str) -> Action:
    return lambda channel: channel.queue_purge(queue)


def delete(queue: str) -> Action:
    return lambda channel: channel.queue_delete(queue)


def declare(queue: str) -> Action:
    return lambda channel: channel.queue_declare(queue, durable=True)


def bind(queue: str, exchange: str) -> Action:
    return lambda channel: channel.queue_bind(queue, exchange, "#")


def unbind(queue: str, exchange: str) -> Action:
    return lambda channel: channel.queue_unbind(queue, exchange, "ticket.#")


INBOX, DEAD_LETTERS, UNROUTED = topology.INBOX, topology.DEAD_LETTERS, topology.UNROUTED
EVERYBODY = (WORKER, DECLARING, OPERATOR, PSA, ROUTER)

FORBIDDEN: dict[str, dict[str, Action]] = {
    WORKER: {
        "declare a queue": declare("respondby.mine"),
        "delete its inbox": delete(INBOX),
        "forge a ticket": publish(topology.TICKETS),
        "publish to a queue": publish("", INBOX),
        "take a dead letter": take(DEAD_LETTERS),
        "purge the dead letters": purge(DEAD_LETTERS),
        "take what is unrouted": take(UNROUTED),
        "cut off its inbox": unbind(INBOX, topology.TICKETS),
        "cut off the dead letters": unbind(DEAD_LETTERS, topology.DEAD),
        "have its inbox filled by itself": bind(INBOX, topology.OUT),
    },
    DECLARING: {
        "declare what is not ours": declare("router.mine"),
        "forge a ticket": publish(topology.TICKETS),
        "publish to a queue": publish("", INBOX),
        "take a dead letter": take(DEAD_LETTERS),
    },
    OPERATOR: {
        "declare a queue": declare(DEAD_LETTERS),
        "delete the dead letters": delete(DEAD_LETTERS),
        "forge a ticket by the exchange": publish(topology.TICKETS),
        "forge an alert": publish(topology.OUT),
        "take a ticket": take(INBOX),
    },
    PSA: {
        "forge an alert": publish(topology.OUT),
        "forge a dead letter": publish(topology.DEAD),
        "publish to a queue": publish("", INBOX),
        "take a ticket": take(INBOX),
        "purge the tickets": purge(INBOX),
        "declare a queue": declare("psa.mine"),
        "listen to others' tickets": bind(INBOX, topology.TICKETS),
    },
    ROUTER: {
        "take a ticket": take(INBOX),
        "take a dead letter": take(DEAD_LETTERS),
        "forge a ticket": publish(topology.TICKETS),
        "forge an alert": publish(topology.OUT),
        "publish to a queue": publish("", INBOX),
        "listen to the tickets": bind(QUEUE, topology.TICKETS),
        "listen to the dead letters": bind(QUEUE, topology.DEAD),
        "declare what is not its own": declare("respondby.mine"),
        "delete the inbox": delete(INBOX),
    },
}


@pytest.mark.parametrize("login", EVERYBODY)
async def test_what_a_login_is_not_for_the_broker_refuses(admitted: Broker, login: str) -> None:
    async with Operator(broker_users.url(admitted, ROUTER)) as router:
        await router.bind(QUEUE, "#")
    async with Operator(broker_users.url(admitted, login)) as intruder:
        tried = {
            what: await _is_refused(await intruder.channel(), action)
            for what, action in FORBIDDEN[login].items()
        }
    assert [what for what, refused in tried.items() if not refused] == []


async def test_who_declares_may_declare_all_of_it(admitted: Broker) -> None:
    async with Operator(broker_users.url(admitted, DECLARING)) as declaring:
        channel = await declaring.channel()
        await topology.declare(channel)
        await topology.check(channel)


async def test_the_least_rights_are_enough_for_the_whole_job(
    admitted: Broker, tmp_path: Path
) -> None:
    worker = WorkerProcess(tmp_path, broker_users.url(admitted, WORKER))
    router, psa = (broker_users.url(admitted, login) for login in (ROUTER, PSA))
    async with Operator(router) as beside:
        await beside.bind(QUEUE, "#")
    try:
        await worker.up("--no-declare")
        await upstream.pour(psa, [_ticket(), Sending(b"garbage", message_id="garbage")])
        await until(lambda: bool(worker.log("event_dead_lettered")), "the garbage is buried")
        # Its gauges are as the broker said when it connected.
        assert await worker.stop() == 0
        await worker.up("--no-declare")
        await until(lambda: _is_gauged(worker), "its dead letter is gauged")
        assert worker.log("broker_access_refused") == []
        _given_back(broker_users.url(admitted, OPERATOR))
        await until(lambda: bool(worker.log("event_dead_lettered")), "it came again")
        assert await worker.stop() == 0
    finally:
        worker.end()
    types = {json.loads(message.body)["type"] for message in await taken(router, QUEUE)}
    assert types == {"ticket.prioritized", "objective.breached"}
    assert broker_users.PASSWORD not in worker.log_file.read_text()


async def _is_refused(channel: AbstractChannel, action: Action) -> bool:
    try:
        await action(channel)
    except ChannelAccessRefused:
        return True
    return False


def _ticket() -> Sending:
    critical = {"request": "fault", "stage": "production", "system_critical": True}
    then = datetime.now(UTC) - timedelta(hours=1)
    return stream.sending(
        stream.event("ticket.created", then, "1", ticket_id="T-1", summary="", facts=critical)
    )


async def _is_gauged(worker: WorkerProcess) -> bool:
    return (await worker.metrics()).value("respondby_dead_letter_messages") == 1


def _given_back(url: str) -> None:
    listed = program("dead", "list", "--json", RESPONDBY_BROKER_URL=url)
    assert json.loads(listed.out)["id"] == "garbage", listed.err
    done = program("dead", "requeue", "garbage", RESPONDBY_BROKER_URL=url)
    assert done.status == 0, done.err
