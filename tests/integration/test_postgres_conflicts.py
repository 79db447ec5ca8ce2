"""Transactions that get in each other's way: one of them is done again, from its beginning."""

import asyncio

from tests.support.postgres_fixtures import save
from tests.support.postgres_server import PrivateServer
from tests.support.rows import SOURCE, event, keep, known_to, ticket, tickets_of
from worker.pipeline.repeatable import repeatable
from worker.store import port
from worker.store.postgres import PostgresStore
from worker.store.transaction import SqlTransaction

KEYS = [(SOURCE, "T-1"), (SOURCE, "T-2")]


async def test_an_id_that_comes_in_two_tickets_at_once_is_kept_once_and_then_known(
    postgres_store: PostgresStore, colleague: PostgresStore, postgres: PrivateServer, database: str
) -> None:
    found: list[bool] = []

    @repeatable
    async def add_to_the_other_ticket() -> None:
        async with colleague.begin([KEYS[1]]) as transaction:
            found.append(bool(await known_to(transaction, [(SOURCE, "e-1")])))
            if not found[-1]:
                await transaction.commit(port.Changes(inbox=[event("e-1", "T-2")]))

    async with postgres_store.begin([KEYS[0]]) as transaction:
        await save(transaction, port.Changes(inbox=[event("e-1", "T-1")]))
        second = asyncio.create_task(add_to_the_other_ticket())
        await postgres.has_waiters(database)
        await transaction.commit()
    await second
    assert found == [False, True]


async def test_a_deadlock_ends_one_transaction_which_is_then_repeated(
    postgres_store: PostgresStore, colleague: PostgresStore, postgres: PrivateServer, database: str
) -> None:
    """As a person can bring it about who locks rows from a shell, in another order."""
    await keep(postgres_store, tickets=(ticket("T-1"), ticket("T-2")))
    tries: list[asyncio.Event] = []

    @repeatable
    async def decide(has_second: asyncio.Event) -> None:
        tries.append(has_second)
        async with colleague.begin() as transaction:
            await tickets_of(transaction, [KEYS[1]])
            has_second.set()
            if len(tries) == 1:
                await postgres.has_waiters(database)
            await tickets_of(transaction, [KEYS[0]])
            await transaction.commit(port.Changes(tickets=[ticket("T-2", ledger=b"mine")]))

    async with postgres_store.begin() as transaction:
        # The one who looks for a deadlock is the one whose transaction ends.
        await _never_looks_for_deadlocks(transaction)
        await tickets_of(transaction, [KEYS[0]])
        has_second = asyncio.Event()
        deciding = asyncio.create_task(decide(has_second))
        await has_second.wait()
        assert (await tickets_of(transaction, [KEYS[1]]))[KEYS[1]].ledger == b"{}"
        await transaction.commit()
    await deciding
    assert len(tries) == 2
    assert {row.ledger for row in await colleague.open_tickets()} == {b"{}", b"mine"}


async def _never_looks_for_deadlocks(transaction: port.Transaction) -> None:
    assert isinstance(transaction, SqlTransaction)
    await transaction._run(
        lambda connection: connection.exec_driver_sql("SET LOCAL deadlock_timeout = '1h'")
    )
