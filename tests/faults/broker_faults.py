"""A broker that is stopped, killed, full, or changed by its operators."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from aiormq.exceptions import AMQPError

from tests.faults.row import row
from tests.faults.scene import PASSWORD, Scene
from tests.support import broker
from tests.support.broker_node import PrivateNode
from tests.support.malformed import Malformed
from tests.support.operator import Operator
from tests.support.upstream import Sending
from tests.support.waiting import until
from worker.broker import topology

#: Seconds for what has to be seen before a fault may end.
_SEEN_WITHIN = 30.0
#: Seconds until a consumer that nobody told of its end is missed.
_MISSED_WITHIN = 60.0


@row("F3", "the broker is stopped and started")
async def stopped(here: Scene) -> None:
    await asyncio.to_thread(here.broker.stop_app)
    await asyncio.to_thread(here.broker.start_app)


@row("F3 long", "the broker is away for a minute", lasts=20, soon_for=60)
async def stopped_for_long(here: Scene) -> None:
    await asyncio.to_thread(here.broker.stop_app)
    await asyncio.sleep(60)
    await asyncio.to_thread(here.broker.start_app)


@row("F4", "the broker is killed", applies=lambda ground: ground.has_node)
async def killed(here: Scene) -> None:
    node = here.broker.machine
    assert isinstance(node, PrivateNode)
    node.kill()
    await asyncio.to_thread(node.start)


@row("F5", "all connections are closed, three times")
async def cut_off(here: Scene) -> None:
    for _ in range(3):
        await asyncio.to_thread(here.broker.close_connections, here.vhost)
        await here.is_busy()


@row("F5 long", "all connections are closed, twenty times", lasts=60, soon_for=60, count=2500)
async def cut_off_again_and_again(here: Scene) -> None:
    for _ in range(20):
        await asyncio.to_thread(here.broker.close_connections, here.vhost)
        await asyncio.sleep(here.random.uniform(0, 2))


@row("F6", "the inbox is deleted")
async def queue_deleted(here: Scene) -> None:
    async with here.silence(), Operator(here.site.url) as operator:
        async with here.noticing("broker_link_lost", _MISSED_WITHIN):
            await operator.delete_queue(topology.INBOX)
        await until(lambda: _consumes(operator), "it is consumed again", _SEEN_WITHIN)


@row("F6 silent", "the broker forgets its consumers and tells nobody", lasts=40, soon_for=60)
async def consumers_forgotten(here: Scene) -> None:
    async with here.noticing("broker_link_lost", _MISSED_WITHIN):
        await asyncio.to_thread(here.broker.lose_consumers, here.vhost, topology.INBOX)


@row("F8", "the broker's memory is full", lasts=20)
async def memory_alarm(here: Scene) -> None:
    async with _backlog(here), _alarm(here, "set_vm_memory_high_watermark", "0.0001", "0.9"):
        await _is_worked_off_unpublished(here)


def _large() -> list[Malformed]:
    body = b"x" * 1_000_000
    return [
        Malformed(Sending(body, message_id=f"large-{n}"), "too_large", "1000000 bytes")
        for n in range(20)
    ]


@row("F8 large", "the same with large dead letters to publish", lasts=20, garbage=_large)
async def memory_alarm_with_large_letters(here: Scene) -> None:
    async with _backlog(here), _alarm(here, "set_vm_memory_high_watermark", "0.0001", "0.9"):
        await _is_worked_off_unpublished(here)


@row("F9", "the broker's disk is full", lasts=20)
async def disk_alarm(here: Scene) -> None:
    async with _backlog(here), _alarm(here, "set_disk_free_limit", "1000GB", "10MB"):
        await _is_worked_off_unpublished(here)


@row("F14", "the exchange for what goes out is deleted")
async def exchange_deleted(here: Scene) -> None:
    # What is published before it is bound anew is kept as unrouted.
    here.site.downstream.queues.append(topology.UNROUTED)
    async with Operator(here.site.url) as operator:
        async with here.noticing("broker_link_lost", _SEEN_WITHIN):
            await (await operator.channel()).exchange_delete(topology.OUT)
        await topology.declare(await operator.channel())
        await operator.bind(here.site.downstream.QUEUE, "#")


@row("F14 nowhere", "no queue takes what goes out")
async def nowhere_to_go(here: Scene) -> None:
    queue = here.site.downstream.QUEUE
    async with Operator(here.site.url) as operator:
        await operator.delete_queue(topology.UNROUTED)
        async with here.noticing("broker_message_refused", _SEEN_WITHIN):
            await (await operator.channel()).queue_unbind(queue, topology.OUT, "#")
        await here.is_busy()
        await operator.bind(queue, "#")
        await topology.declare(await operator.channel())


@row("F15", "a permission is taken away and given back", at_work=False)
async def permission_revoked(here: Scene) -> None:
    login = await _own_login(here)
    await here.is_busy()
    async with here.noticing("broker_access_refused", _SEEN_WITHIN):
        await _permit(here, login, "^$")
        await asyncio.to_thread(here.broker.close_connections, here.vhost)
    assert (await here.worker.get("/readyz"))[0] == 503
    await _permit(here, login, ".*")


@row("F15 password", "the password is changed and changed back", at_work=False)
async def password_changed(here: Scene) -> None:
    login = await _own_login(here)
    await here.is_busy()
    async with here.noticing("broker_access_refused", _SEEN_WITHIN):
        await here.ctl("change_password", login, "another")
        await asyncio.to_thread(here.broker.close_connections, here.vhost)
    assert (await here.worker.get("/readyz"))[0] == 503
    await here.ctl("change_password", login, PASSWORD)


@row("F28", "the exchange for dead letters is deleted")
async def dead_letter_exchange_deleted(here: Scene) -> None:
    async with (
        Operator(here.site.url) as operator,
        here.noticing("broker_link_lost", _SEEN_WITHIN),
    ):
        await (await operator.channel()).exchange_delete(topology.DEAD)


@asynccontextmanager
async def _backlog(here: Scene) -> AsyncIterator[None]:
    """When the block begins, messages have gathered while no worker could look."""
    for worker in here.site.workers:
        worker.freeze()
    async with Operator(here.site.url) as operator:

        async def has_gathered() -> bool:
            return await operator.waiting(topology.INBOX) > 200

        await until(has_gathered, "a backlog", _SEEN_WITHIN)
    yield


@asynccontextmanager
async def _alarm(here: Scene, limit: str, high: str, sound: str) -> AsyncIterator[None]:
    """Workers that wake up to a broker which takes nothing; when it is over, all is published."""
    await here.ctl(limit, high)
    try:
        for worker in here.site.workers:
            worker.thaw()
        yield
    finally:
        await here.ctl(limit, sound)
    pending = here.site.stored("outbox")
    await until(lambda: here.site.stored("outbox") < pending, "it is published again", 15)


async def _is_worked_off_unpublished(here: Scene) -> None:
    await until(lambda: here.site.stored("outbox") > 100, "input is committed", _SEEN_WITHIN)
    await until(lambda: bool(here.worker.log("outbox_publish_delayed")), "it is told", _SEEN_WITHIN)


async def _consumes(operator: Operator) -> bool:
    with suppress(AMQPError):  # there may be no such queue yet
        return await operator.consumers(topology.INBOX) > 0
    return False


async def _own_login(here: Scene) -> str:
    """Start the workers with a login of their own; its name."""
    login = broker.unique("worker")
    await here.ctl("add_user", login, PASSWORD)
    await _permit(here, login, ".*")
    for worker in here.site.workers:
        worker.broker_url = broker.with_login(here.site.url, login, PASSWORD)
    await here.up()
    return login


async def _permit(here: Scene, login: str, what: str) -> None:
    await here.ctl("set_permissions", "--vhost", here.vhost, login, what, what, what)
