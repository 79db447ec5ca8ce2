"""A database server that is away, silent, restarted, locked or full: nothing is half done."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from tests.support.authority import Authority
from tests.support.postgres_fixtures import reader_at, save, store_at
from tests.support.postgres_server import PASSWORD, PrivateServer
from tests.support.proxy import Proxy
from tests.support.rows import SOURCE, at, event, keep, known_to, message, ticket
from worker import errors
from worker.store import port
from worker.store import postgres as stores
from worker.store.postgres import PostgresStore
from worker.store.server_clock import ServerClock

KEY = (SOURCE, "T-1")


async def test_after_a_restart_of_the_server_the_store_is_away_and_then_is_not(
    postgres_store: PostgresStore, postgres: PrivateServer
) -> None:
    await keep(postgres_store, outbox=(message("a"),))

    async def be_cut_off() -> None:
        async with postgres_store.begin([KEY]) as transaction:
            await save(transaction, port.Changes(outbox=[message("lost")]))
            await asyncio.to_thread(postgres.restart)
            await transaction.commit()

    with pytest.raises(errors.StoreUnavailable):
        await be_cut_off()
    await keep(postgres_store, outbox=(message("b"),))
    assert [row.id for row in await postgres_store.outbox(9)] == ["a", "b"]


async def test_connections_that_died_while_nobody_looked_cost_one_try(
    postgres_store: PostgresStore, postgres: PrivateServer
) -> None:
    async with postgres_store.turn():
        await postgres_store.outbox(9)
    await asyncio.to_thread(postgres.restart)
    with pytest.raises(errors.StoreUnavailable):
        await postgres_store.outbox(9)
    async with postgres_store.turn():
        assert await postgres_store.outbox(9) == []


async def test_a_commit_whose_answer_got_lost_is_unknown_and_may_be_repeated(
    postgres: PrivateServer, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _behind_a_proxy(postgres, database, monkeypatch) as (proxy, store):

        async def commit_unheard() -> None:
            async with store.begin([KEY]) as transaction:
                await save(transaction, port.Changes(inbox=[event("e-1")]))
                proxy.mute()
                await transaction.commit()

        with pytest.raises(errors.StoreUnavailable):
            await commit_unheard()
        async with store.begin([KEY]) as transaction:
            assert await known_to(transaction, [(SOURCE, "e-1")])


async def test_a_server_that_falls_silent_is_given_up(
    postgres: PrivateServer, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _behind_a_proxy(postgres, database, monkeypatch) as (proxy, store):
        await store.outbox(9)
        proxy.mute()
        async with asyncio.timeout(5):
            with pytest.raises(errors.StoreUnavailable, match="does not answer"):
                await store.outbox(9)
        assert await store.outbox(9) == []


async def test_a_server_that_has_become_a_standby_is_left_for_the_next_one(
    postgres: PrivateServer, database: str
) -> None:
    """Whoever is connected to it would be told for ever that it is read-only."""
    read_only = f"ALTER DATABASE {database} SET default_transaction_read_only"
    postgres.query(f"{read_only} = on")
    async with _store(postgres.url(database)) as store:
        with pytest.raises(errors.StoreUnavailable, match="read-only"):
            await keep(store, outbox=(message("a"),))
        postgres.query(f"{read_only} = off")
        await keep(store, outbox=(message("b"),))
        assert [row.id for row in await store.outbox(9)] == ["b"]


async def test_a_ticket_that_somebody_holds_for_long_is_waited_for_so_long_and_no_longer(
    postgres: PrivateServer, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(stores._SESSION, "lock_timeout", "100ms")
    async with _store(postgres.url(database)) as store, store.begin([KEY]):
        with pytest.raises(errors.StoreUnavailable, match="lock timeout"):
            await store.begin([KEY]).__aenter__()


async def test_a_worker_that_is_frozen_in_a_transaction_loses_it(
    postgres_store: PostgresStore,
    postgres: PrivateServer,
    database: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(stores._SESSION, "idle_in_transaction_session_timeout", "100ms")

    async def be_frozen(store: PostgresStore) -> None:
        async with store.begin([KEY]) as transaction:
            await save(transaction, port.Changes(outbox=[message("never")]))
            async with postgres_store.begin([KEY]):
                pass  # it waited for the ticket, and has it
            await transaction.commit()

    async with _store(postgres.url(database)) as frozen:
        with pytest.raises(errors.StoreUnavailable):
            await be_frozen(frozen)
    assert await postgres_store.outbox(9) == []


async def test_when_every_connection_is_in_use_the_store_counts_as_away(
    postgres: PrivateServer, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stores, "CONNECTIONS", 1)
    monkeypatch.setattr(stores, "CONNECT_WITHIN", 1.0)
    async with _store(postgres.url(database)) as store, store.begin():
        with pytest.raises(errors.StoreUnavailable, match="every connection is in use"):
            await store.outbox(9)


async def test_a_server_with_too_few_connections_counts_as_away(
    postgres: PrivateServer, database: str
) -> None:
    postgres.query(f"ALTER DATABASE {database} CONNECTION LIMIT 0")
    postgres.query("CREATE ROLE nobody_special LOGIN PASSWORD 'x'")
    url = postgres.url(database).replace(f"respondby:{PASSWORD}", "nobody_special:x")
    with pytest.raises(errors.StoreUnavailable, match="too many connections"):
        await reader_at(url).open()


async def test_data_that_no_database_can_hold_does_not_pass_for_a_store_that_is_away(
    postgres_store: PostgresStore,
) -> None:
    # The event contract refuses it; should it get here, waiting would not mend it.
    with pytest.raises(Exception, match="invalid byte sequence") as raised:
        await keep(postgres_store, tickets=(ticket("T\0"),))
    assert not isinstance(raised.value, errors.RespondbyError)


async def test_a_step_that_failed_cannot_be_committed(postgres_store: PostgresStore) -> None:
    async with postgres_store.begin() as transaction:
        await save(transaction, port.Changes(outbox=[message("a")]))
        with pytest.raises(DBAPIError):
            await transaction.due(at(0), 2**70)
        with pytest.raises(port.TransactionFailed):
            await transaction.commit()


@pytest.mark.parametrize(
    ("wrong", "error", "said"),
    [
        ({PASSWORD: "guessed"}, errors.StoreUnavailable, "password authentication failed"),
        ({"/tickets_": "/nowhere_"}, errors.StoreMissing, "does not exist"),
        ({"127.0.0.1:": "127.0.0.2:"}, errors.StoreUnavailable, "cannot be reached"),
        ({"127.0.0.1:": "127.0.0.1:9"}, errors.StoreUnavailable, "port must be 0-65535"),
        ({"/tickets": "/tickets?sslmode=strict"}, errors.BadSetting, "sslmode"),
    ],
)
async def test_a_url_that_leads_nowhere_is_told_without_its_password(
    postgres: PrivateServer,
    database: str,
    wrong: dict[str, str],
    error: type[Exception],
    said: str,
) -> None:
    url = postgres.url(database)
    for right, instead in wrong.items():
        assert right in url
        url = url.replace(right, instead)
    for made in (store_at(url), reader_at(url)):
        with pytest.raises(error, match=said) as raised:
            await made.open()
        told = repr(raised.value) + repr(made) + made.name
        assert not any(word in told for word in (PASSWORD, "guessed"))


async def test_a_password_that_was_renewed_serves_from_the_next_connection_on(
    postgres: PrivateServer, database: str
) -> None:
    right = postgres.url(database)
    urls = iter([right.replace(PASSWORD, "old"), right.replace(PASSWORD, "old")])
    store = PostgresStore(lambda: next(urls, right), ServerClock())
    with pytest.raises(errors.StoreUnavailable, match="password authentication failed"):
        await store.open()
    await store.open()
    await store.close()


async def test_a_database_of_another_encoding_is_refused(postgres: PrivateServer) -> None:
    postgres.query("CREATE DATABASE latin ENCODING LATIN1 LOCALE 'C' TEMPLATE template0")
    with pytest.raises(errors.StoreForeign, match="LATIN1"):
        await store_at(postgres.url("latin")).open()


async def test_the_server_s_certificate_is_checked_if_the_url_says_so(
    postgres: PrivateServer, database: str, tmp_path: Path
) -> None:
    url = f"{postgres.url(database)}?sslmode=verify-full&sslrootcert="
    authority, another = Authority(tmp_path), Authority(tmp_path, "another").certificate
    with postgres.speaking_tls(authority.sign("database")):
        trusted = url + str(authority.certificate)
        async with _store(trusted) as store, store._ready().connect() as connection:
            used = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
            assert (await connection.exec_driver_sql(used)).scalar() is True
        with pytest.raises(errors.StoreUnavailable, match="CERTIFICATE_VERIFY_FAILED"):
            await reader_at(url + str(another)).open()


@asynccontextmanager
async def _store(url: str) -> AsyncIterator[PostgresStore]:
    store = store_at(url)
    await store.open()
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def _behind_a_proxy(
    postgres: PrivateServer, database: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Proxy, PostgresStore]]:
    """A store that gives the server half a second for an answer, and the network between."""
    monkeypatch.setattr(stores, "ANSWER_WITHIN", 0.5)
    async with Proxy(postgres.url(database)) as proxy, _store(proxy.url) as store:
        yield proxy, store
