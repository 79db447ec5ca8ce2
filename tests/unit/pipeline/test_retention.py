"""Tickets long after their last event: kept small, revived whole, and forgotten in the end."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, closing
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import hypothesis.strategies as st
from hypothesis import given, settings

from tests.support.clock import ManualClock
from tests.support.histories import LONG_AFTER, START, STEP, enough, histories
from tests.support.house import SOURCE, House, ago, event
from tests.support.rows import keep, ticket, tickets_of
from tests.support.tickets import SOURCE as THEIRS
from tests.support.tickets import TICKET, with_clients
from worker import errors
from worker.pipeline import reading, rows
from worker.pipeline.retention import AT_ONCE, TOMBSTONE
from worker.store import port
from worker.store.memory import MemoryStore
from worker.store.sqlite import SqliteStore
from worker.ticket.history import Entry

KEY = (SOURCE, "T-1")
DAY = timedelta(days=1).total_seconds()


class FlakyStore(MemoryStore):
    """A store that can be away."""

    away = False

    @asynccontextmanager
    async def begin(
        self, tickets: Collection[port.TicketKey] = ()
    ) -> AsyncIterator[port.Transaction]:
        if self.away:
            raise errors.StoreUnavailable
        async with super().begin(tickets) as transaction:
            yield transaction


async def test_a_finished_ticket_is_retired_when_its_time_is_over_and_no_sooner() -> None:
    house = House(retention="1h")
    async with house.working():
        for name in ("T-answered", "T-closed", "T-open"):
            await house.send("ticket.created", name)
        await house.send("ticket.responded", "T-answered")
        await house.send("ticket.closed", "T-closed")
        await house.clock.advance(3600 - 1)
        assert await _phases(house) == ["answered", "closed", "breached"]
        await house.clock.advance(11 * 60)
        assert await _phases(house) == ["retired", "retired", "breached"]
        await house.clock.leap(1000 * DAY)
        assert await _phases(house) == [None, None, "breached"]
    told = [fields for name, fields in house.log.lines if name == "tickets_retired"]
    assert told == [{"retired": 2, "forgotten": 0}, {"retired": 0, "forgotten": 2}]


async def test_a_short_retention_is_looked_after_as_often() -> None:
    house = House(retention="5s")
    async with house.working():
        await house.send("ticket.created")
        await house.send("ticket.closed")
        await house.clock.advance(11)
        assert await _phase(house) == "retired"


async def test_a_late_event_revives_a_tombstone_for_another_retention() -> None:
    house = House(retention="1h")
    async with house.working():
        await house.send("ticket.created")
        await house.send("ticket.closed")
        await _until_retired(house)
        await house.clock.leap(300 * DAY)
        await house.send("ticket.reopened")
        revision = house.published("ticket.prioritized")[-1]
        assert revision["data"]["revision"] == 2
        assert revision["data"]["level"] == "critical"
        await house.clock.advance(30 * 60)
        assert house.published("objective.breached")
        await house.send("ticket.closed")
        await house.clock.advance(3600 - 1)
        assert await _phase(house) == "closed"
        await house.clock.leap(TOMBSTONE.total_seconds() - DAY)
        assert await _phase(house) == "retired"


async def test_a_damaged_tombstone_takes_only_its_own_late_events_along(tmp_path: Path) -> None:
    house = House(SqliteStore(tmp_path / "respondby.db"))
    await house.store.open()
    created = event("ticket.created", at=house.clock.now())
    closed = event("ticket.closed", at=house.clock.now())
    assert await _taken(house, created, closed) == []
    await house.worker.retention._some(lambda them: them.retire(house.clock.now() + STEP, 9))
    with closing(sqlite3.connect(tmp_path / "respondby.db")) as database:
        database.execute("UPDATE tombstones SET bodies = X'00'")
        database.commit()

    late = event("ticket.reopened", at=house.clock.now())
    another = event("ticket.created", "T-2", at=house.clock.now())
    assert await _taken(house, late, another) == [("undecidable", "TicketDamaged", late)]
    assert [await _phase(house, name) for name in ("T-1", "T-2")] == [
        "retired",
        "running",
    ]
    ((name, fields),) = house.log.lines
    assert name == "event_undecidable"
    assert isinstance(fields["exc_info"], rows.TicketDamaged)
    await house.store.close()


async def test_an_earlier_response_that_comes_a_year_late_corrects_the_record() -> None:
    house = House(retention="1h")
    async with house.working():
        await house.send("ticket.created", notified_at=ago(house.clock, 40))
        early = event(
            "ticket.responded", at=house.clock.now(), id_="e", responded_at=ago(house.clock, 30)
        )
        await house.clock.advance(60)
        await house.send("ticket.responded")
        await _until_retired(house)
        await house.clock.leap(365 * DAY)
        delivery = house.inbox.deliver(early)
        await house.until(lambda: delivery in house.inbox.settled)
        first, second = house.published("response.recorded")
    assert (first["data"]["outcome"], second["data"]["outcome"]) == ("missed", "met")
    assert second["data"]["replaces"] == first["id"]
    assert second["data"]["response_seconds"] == 600


async def test_a_repetition_revives_nothing_and_another_body_is_a_conflict_still() -> None:
    house = House(retention="1h")
    async with house.working():
        created = await house.send("ticket.created")
        await house.send("ticket.closed")
        await _until_retired(house)
        await house.clock.leap(100 * DAY)
        said = len(house.published())
        again = house.inbox.deliver(created.body)
        await house.until(lambda: again in house.inbox.settled)
        other = event("ticket.created", "T-2", at=house.clock.now(), id_=_id_of(created.body))
        house.inbox.deliver(other)
        await house.until(lambda: len(house.publisher.buried) == 1)
        assert house.publisher.buried[0].reason == "id_conflict"
        assert len(house.published()) == said
        assert await _phase(house) == "retired"


async def test_old_events_that_came_just_now_are_kept_as_long_as_new_ones() -> None:
    """Their repetitions are on their way, too."""
    house = House(retention="1h")
    long_ago = house.clock.now() - timedelta(days=3650)
    async with house.working():
        for type_ in ("ticket.created", "ticket.closed"):
            delivery = house.inbox.deliver(event(type_, at=long_ago))
            await house.until(lambda one=delivery: one in house.inbox.settled)  # type: ignore[misc]
        await house.clock.advance(3600 - 1)
        assert await _phase(house) == "closed"
        await _until_retired(house)
        await house.clock.leap(TOMBSTONE.total_seconds() - DAY)
        assert await _phase(house) == "retired"


async def test_events_whose_ticket_never_came_are_forgotten_with_the_tombstones() -> None:
    house = House(retention="1h")
    async with house.working():
        await house.send("ticket.responded")
        await house.clock.leap(TOMBSTONE.total_seconds())
        assert await _phase(house) == "waiting"
        await house.clock.leap(DAY)
        assert await _phase(house) is None
        assert not await house.store.histories([KEY])


async def test_a_backlog_is_worked_off_bit_by_bit_and_input_is_served_between() -> None:
    store = FlakyStore()
    house = House(store, retention="1h")
    await store.open()
    long_ago = house.clock.now() - timedelta(days=30)
    old = [ticket(f"T-{n}", phase="closed", last_event_at=long_ago) for n in range(4 * AT_ONCE)]
    await keep(store, tickets=tuple(old))
    await store.close()
    async with house.working():
        await house.clock.advance(10 * 60)
        assert await _retired(house, old) == AT_ONCE
        await house.send("ticket.created", "T-new")
        await house.clock.advance(0.6)
        assert await _retired(house, old) == 2 * AT_ONCE
        store.away = True
        await house.clock.advance(60)
        store.away = False
        await house.clock.advance(10 * 60 + 5)
        assert await _retired(house, old) == 4 * AT_ONCE


@settings(enough, max_examples=25)
@given(histories(), st.data())
def test_retired_or_not_a_ticket_says_the_same_to_the_byte_in_whatever_order_its_events_come(
    entries: list[Entry], data: st.DataObject
) -> None:
    now, plan = START, []
    for entry in data.draw(st.permutations([*entries, *entries[:2]])):
        now = max(now, entry.event.time) + data.draw(st.integers(0, 5)) * STEP
        plan.append((now, entry, data.draw(st.booleans())))
    plan.append((LONG_AFTER, entries[0], True))
    with TemporaryDirectory() as folder:
        kept = asyncio.run(_lived(MemoryStore(), plan, retiring=False))
        revived = asyncio.run(_lived(SqliteStore(Path(folder, "db")), plan, retiring=True))
    assert revived == kept


_Plan = list[tuple[datetime, Entry, bool]]


async def _lived(store: port.Store, plan: _Plan, *, retiring: bool) -> tuple[object, ...]:
    """What was said, where the ticket stands, and its history."""
    house = House(store)
    house.clock, house.policy = ManualClock(START), with_clients()
    house.open_for_business()
    await store.open()
    for now, entry, retire in plan:
        await house.clock.leap((now - house.clock.now()).total_seconds())
        while await house.worker.timers._fire():
            pass
        await house.worker.intake._commit([reading.read(house.inbox.deliver(entry.body), 10**6)])
        if retire and retiring:
            await house.worker.retention._some(lambda them: them.retire(LONG_AFTER + STEP, 9))
    said = [(row.id, row.body) for row in await store.outbox(10**6)]
    async with store.begin() as transaction:
        (row,) = (await tickets_of(transaction, [(THEIRS, TICKET)])).values()
    history = await store.histories([row.key])
    await store.close()
    return said, row.level, row.deadline, row.wake_at, row.ledger, history


async def _taken(house: House, *bodies: bytes) -> list[tuple[str, str, bytes]]:
    """What became dead letters of these: reason, error and body."""
    batch = [reading.read(house.inbox.deliver(body), 10**6) for body in bodies]
    dead = await house.worker.intake._commit(batch)
    return [(letter.reason, letter.error, letter.delivery.body) for letter in dead]


async def _phase(house: House, name: str = "T-1") -> str | None:
    async with house.store.begin() as transaction:
        found = await tickets_of(transaction, [(SOURCE, name)])
    return found[SOURCE, name].phase if found else None


async def _phases(house: House) -> list[str | None]:
    return [await _phase(house, name) for name in ("T-answered", "T-closed", "T-open")]


async def _retired(house: House, rows: list[port.TicketRow]) -> int:
    async with house.store.begin() as transaction:
        found = await tickets_of(transaction, [row.key for row in rows])
    return sum(row.phase == "retired" for row in found.values())


async def _until_retired(house: House) -> None:
    await house.clock.advance(71 * 60)
    assert await _phase(house) == "retired"


def _id_of(body: bytes) -> str:
    return json.loads(body)["id"]  # type: ignore[no-any-return]
