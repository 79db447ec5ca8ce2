"""Retiring beside workers that decide: nobody waits for long, and nothing is decided on less."""

import asyncio
import re
from typing import Any

import sqlalchemy as sa

from tests.support.postgres_server import PrivateServer
from tests.support.rows import SOURCE, at, event, keep, ticket, tickets_of
from worker.store import port
from worker.store.postgres import PostgresStore

KEY = (SOURCE, "T-1")
CLOSED = ticket(phase="closed", last_event_at=at(-1))


async def test_what_another_worker_decides_on_is_passed_over_at_once(
    postgres_store: PostgresStore, colleague: PostgresStore
) -> None:
    other = ticket("T-2", phase="answered", last_event_at=at(-1))
    await keep(postgres_store, inbox=(event("e-1"),), tickets=(CLOSED, other))
    async with postgres_store.begin([KEY]) as deciding, colleague.begin() as retiring:
        await tickets_of(deciding, [KEY])
        assert await retiring.retire(at(0), 10) == 1
        await retiring.commit()
        assert await deciding.histories([KEY]) == {KEY: [event("e-1")]}


async def test_two_workers_share_what_is_to_be_retired(
    postgres_store: PostgresStore, colleague: PostgresStore
) -> None:
    rows = [ticket(f"T-{n}", phase="closed", last_event_at=at(-n)) for n in range(1, 7)]
    await keep(postgres_store, tickets=tuple(rows))
    async with postgres_store.begin() as mine, colleague.begin() as theirs:
        assert [await mine.retire(at(0), 4), await theirs.retire(at(0), 4)] == [4, 2]
        await mine.commit()
        await theirs.commit()
    async with colleague.begin() as transaction:
        assert await transaction.forget(at(0), 10) == 6


async def test_an_event_that_waited_for_the_retiring_is_decided_on_the_whole_history(
    postgres_store: PostgresStore, colleague: PostgresStore, postgres: PrivateServer, database: str
) -> None:
    await keep(postgres_store, inbox=(event("e-1"),), tickets=(CLOSED,))

    async def decide() -> None:
        async with colleague.begin([KEY]) as transaction:
            (found,) = (await tickets_of(transaction, [KEY])).values()
            assert found.phase == "retired"
            assert await transaction.histories([KEY]) == {KEY: [event("e-1")]}
            revived = port.Changes(inbox=[event("late")], tickets=[ticket()])
            await transaction.commit(revived)

    async with postgres_store.begin() as retiring:
        assert await retiring.retire(at(0), 10) == 1
        deciding = asyncio.create_task(decide())
        await postgres.has_waiters(database)
        await retiring.commit()
    await deciding
    assert [row.key for row in await postgres_store.open_tickets()] == [KEY]


async def test_an_event_that_waited_for_the_forgetting_begins_a_new_ticket(
    postgres_store: PostgresStore, colleague: PostgresStore, postgres: PrivateServer, database: str
) -> None:
    waiting = ticket(phase="waiting", level=None, last_event_at=at(-1))
    await keep(postgres_store, inbox=(event("e-1"),), tickets=(waiting,))

    async def decide() -> None:
        async with colleague.begin([KEY]) as transaction:
            assert not await tickets_of(transaction, [KEY])
            await transaction.commit(port.Changes(inbox=[event("late")], tickets=[ticket()]))

    async with postgres_store.begin() as forgetting:
        assert await forgetting.forget(at(0), 10) == 1
        deciding = asyncio.create_task(decide())
        await postgres.has_waiters(database)
        await forgetting.commit()
    await deciding
    assert await postgres_store.histories([KEY]) == {KEY: [event("late")]}


async def test_what_is_over_is_found_without_reading_the_tickets_that_are_not(
    postgres_store: PostgresStore,
) -> None:
    asked: list[tuple[str, Any]] = []

    def note(_: object, __: object, statement: str, parameters: Any, *___: object) -> None:
        asked.append((statement, parameters))

    retired = ticket("T-2", phase="retired", last_event_at=at(-1))
    await keep(postgres_store, inbox=(event("e-1"),), tickets=(CLOSED, retired))
    engine = postgres_store._ready().sync_engine
    sa.event.listen(engine, "before_cursor_execute", note)
    async with postgres_store.begin() as transaction:
        assert await transaction.forget(at(0), 10) == await transaction.retire(at(0), 10) == 1
    sa.event.remove(engine, "before_cursor_execute", note)

    questions = [one for one in asked if not one[0].startswith("INSERT")]
    assert len(questions) == 8
    async with postgres_store._ready().connect() as connection:
        # On small tables a scan is the cheapest, where it is not forbidden.
        await connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        for statement, parameters in questions:
            rows = await connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
            plan = "\n".join(rows.scalars())
            assert "Seq Scan" not in plan, (statement, plan)
            assert not re.search("Sort", plan) or "unnest" in statement, (statement, plan)
