"""Several workers on one database: no decision is lost, and none is made twice."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime

import pytest

from tests.support.postgres_fixtures import save, store_at
from tests.support.postgres_server import PrivateServer
from tests.support.rows import SOURCE, at, event, keep, known_to, message, ticket, tickets_of
from worker.store import port
from worker.store import postgres as stores
from worker.store.postgres import PostgresStore
from worker.store.server_clock import ServerClock

KEY = (SOURCE, "T-1")

#: A worker that has written all that follows from an event, and does not get to commit it.
_DYING_WORKER = """
import asyncio, sys
from tests.support.rows import SOURCE, event, message, ticket, tickets_of
from tests.support.postgres_fixtures import save, store_at
from worker.store.port import Changes

async def main() -> None:
    store = store_at(sys.argv[1])
    await store.open()
    async with store.turn(), store.begin([(SOURCE, "T-1"), (SOURCE, "T-2")]) as transaction:
        await tickets_of(transaction, [(SOURCE, "T-1")])
        rows = Changes(inbox=[event("e-9")], tickets=[ticket("T-2")], outbox=[message("m-9")])
        await save(transaction, rows)
        print("written", flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.mark.parametrize("is_known", [True, False])
async def test_two_decisions_on_one_ticket_are_made_one_after_the_other_and_both_stand(
    postgres_store: PostgresStore,
    colleague: PostgresStore,
    postgres: PrivateServer,
    database: str,
    is_known: bool,
) -> None:
    if is_known:
        await keep(postgres_store, tickets=(ticket(ledger=b"first"),))
    async with postgres_store.begin([KEY]) as transaction:
        second = asyncio.create_task(_add_event(colleague, "e-2"))
        await postgres.has_waiters(database)
        await _decide(transaction, "e-1")
        await transaction.commit()
    await second

    async with postgres_store.begin([KEY]) as transaction:
        (kept,) = (await tickets_of(transaction, [KEY])).values()
        assert [row.id for row in (await transaction.histories([KEY]))[KEY]] == ["e-1", "e-2"]
    assert kept.ledger == (b"first" if is_known else b"") + b"e-1e-2"


async def test_tickets_of_others_are_decided_on_at_the_same_time(
    postgres_store: PostgresStore, colleague: PostgresStore
) -> None:
    async with postgres_store.begin([KEY]) as transaction:
        await tickets_of(transaction, [KEY])
        await _add_event(colleague, "e-2", "T-2")
        await _decide(transaction, "e-1")
        await transaction.commit()
    assert [row.ticket_id for row in await colleague.open_tickets()] == ["T-1", "T-2"]


async def test_no_two_workers_wake_the_same_ticket(
    postgres_store: PostgresStore, colleague: PostgresStore
) -> None:
    await keep(postgres_store, tickets=tuple(ticket(f"T-{n}", wake_at=at(-n)) for n in range(6)))
    async with postgres_store.begin() as mine, colleague.begin() as theirs:
        first, second = await mine.due(at(0), 4), await theirs.due(at(0), 4)
        assert [row.ticket_id for row in first] == ["T-5", "T-4", "T-3", "T-2"]
        assert [row.ticket_id for row in second] == ["T-1", "T-0"]
        await mine.commit(port.Changes(tickets=[ticket(row.ticket_id) for row in first]))
    async with colleague.begin() as theirs:
        assert [row.ticket_id for row in await theirs.due(at(0), 9)] == ["T-1", "T-0"]


async def test_a_ticket_is_not_woken_while_an_event_of_it_is_decided_on(
    postgres_store: PostgresStore, colleague: PostgresStore
) -> None:
    await keep(postgres_store, tickets=(ticket(wake_at=at(0)), ticket("T-2", wake_at=at(0))))
    async with postgres_store.begin([KEY]) as deciding:
        await tickets_of(deciding, [KEY])
        async with colleague.begin() as timers:
            assert [row.ticket_id for row in await timers.due(at(0), 9)] == ["T-2"]
    async with colleague.begin() as timers:
        assert len(await timers.due(at(0), 9)) == 2


async def test_who_decides_on_an_event_knows_what_the_timers_have_just_said(
    postgres_store: PostgresStore, colleague: PostgresStore, postgres: PrivateServer, database: str
) -> None:
    await keep(postgres_store, tickets=(ticket(wake_at=at(0)),))
    async with postgres_store.begin() as timers:
        await timers.due(at(0), 9)
        deciding = asyncio.create_task(_add_event(colleague, "e-1"))
        await postgres.has_waiters(database)
        await timers.commit(port.Changes(tickets=[ticket(ledger=b"told")]))
    await deciding
    assert (await colleague.open_tickets())[0].ledger == b"tolde-1"


async def test_a_policy_is_applied_to_what_another_worker_has_just_decided(
    postgres_store: PostgresStore, colleague: PostgresStore, postgres: PrivateServer, database: str
) -> None:
    await keep(postgres_store, tickets=(ticket(), ticket("T-2")))

    async def page() -> list[bytes]:
        async with colleague.begin() as applying:
            return [row.ledger for row in await applying.open_after(None, 9)]

    async with postgres_store.begin([KEY]) as deciding:
        await tickets_of(deciding, [KEY])
        applied = asyncio.create_task(page())
        await postgres.has_waiters(database)
        await deciding.commit(port.Changes(tickets=[ticket(ledger=b"newer")]))
    assert await applied == [b"newer", b"{}"]


async def test_one_worker_at_a_time_has_the_turn_to_publish(
    postgres_store: PostgresStore, colleague: PostgresStore, postgres: PrivateServer, database: str
) -> None:
    await keep(postgres_store, outbox=(message("revision-1"), message("revision-2")))
    seen: list[list[str]] = []

    async def publish() -> None:
        async with colleague.turn():
            seen.append([row.id for row in await colleague.outbox(9)])

    async with postgres_store.turn():
        second = asyncio.create_task(publish())
        await postgres.has_waiters(database)
        assert not seen
        await postgres_store.confirmed(["revision-1"])
    await second
    assert seen == [["revision-2"]]


async def test_a_turn_that_another_worker_has_for_long_is_no_trouble_of_the_database(
    postgres: PrivateServer, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(stores._SESSION, "lock_timeout", "100ms")
    async with _store(postgres, database) as store, store.turn():
        for _ in range(2):
            with pytest.raises(port.TurnTaken):
                await store.turn().__aenter__()
    async with _store(postgres, database) as store, store.turn():
        assert await store.outbox(9) == []


async def test_a_killed_worker_leaves_nothing_half_done_and_holds_nothing(
    postgres_store: PostgresStore, postgres: PrivateServer, database: str
) -> None:
    await keep(postgres_store, tickets=(ticket(wake_at=at(0)),))
    with _dying_worker(postgres.url(database)) as worker:
        async with postgres_store.begin() as timers:
            assert not await timers.due(at(0), 9)
        worker.kill()
        async with asyncio.timeout(2), postgres_store.turn():
            assert await postgres_store.outbox(9) == []
        async with asyncio.timeout(2), postgres_store.begin([KEY, (SOURCE, "T-2")]) as transaction:
            assert not await known_to(transaction, [(SOURCE, "e-9")])
            assert [*await tickets_of(transaction, [KEY, (SOURCE, "T-2")])] == [KEY]
        async with postgres_store.begin() as timers:
            assert len(await timers.due(at(0), 9)) == 1


async def test_all_workers_go_by_the_clock_of_the_server(
    postgres: PrivateServer, database: str
) -> None:
    clock = ServerClock(monotonic=lambda: 0)  # moves only where the server is heard
    store = PostgresStore(lambda: postgres.url(database), clock)
    await store.open()
    before = clock.now()
    assert clock.now() == before
    await store.next_wake()
    after = clock.now()
    await store.close()
    theirs = datetime.fromisoformat(postgres.query("SELECT clock_timestamp()").strip())
    assert before < after < theirs


@asynccontextmanager
async def _store(postgres: PrivateServer, database: str) -> AsyncIterator[PostgresStore]:
    """Opened with the session's settings as they are now."""
    store = store_at(postgres.url(database))
    await store.open()
    try:
        yield store
    finally:
        await store.close()


async def _add_event(store: PostgresStore, id_: str, ticket_id: str = "T-1") -> None:
    async with store.begin([(SOURCE, ticket_id)]) as transaction:
        await _decide(transaction, id_, ticket_id)
        await transaction.commit()


async def _decide(transaction: port.Transaction, id_: str, ticket_id: str = "T-1") -> None:
    """Add an event to a ticket, and its id to what the ticket's ledger held."""
    assert not await known_to(transaction, [(SOURCE, id_)])
    found = await tickets_of(transaction, [(SOURCE, ticket_id)])
    before = b"".join(row.ledger for row in found.values())
    changed = ticket(ticket_id, ledger=before + id_.encode())
    await save(transaction, port.Changes(inbox=[event(id_, ticket_id)], tickets=[changed]))


@contextmanager
def _dying_worker(url: str) -> Iterator["subprocess.Popen[bytes]"]:
    worker = subprocess.Popen([sys.executable, "-c", _DYING_WORKER, url], stdout=subprocess.PIPE)
    assert worker.stdout
    try:
        assert worker.stdout.readline() == b"written\n"
        yield worker
    finally:
        worker.kill()
        worker.wait()
        worker.stdout.close()
