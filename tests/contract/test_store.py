"""What the pipeline relies on, whatever the store is made of."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.rows import SOURCE, at, event, keep, known_to, message, ticket, tickets_of
from worker import errors
from worker.store import port


async def test_what_was_committed_is_found_again_field_by_field(store: port.Store) -> None:
    known = ticket(deadline=at(0.000001), wake_at=at(-5), ledger=bytes(range(256)))
    waiting_out = message("m-1", body=bytes(range(256)), since=at(3))
    await keep(store, inbox=(event("e-1"),), tickets=(known,), outbox=(waiting_out,))

    async with store.begin() as transaction:
        assert await known_to(transaction, [(SOURCE, "e-1")]) == {(SOURCE, "e-1"): b"digest of e-1"}
        assert await tickets_of(transaction, [known.key]) == {known.key: known}
        assert await transaction.histories([known.key]) == {known.key: [event("e-1")]}
    assert await store.outbox(10) == [waiting_out]


async def test_nothing_is_kept_of_a_commit_that_was_refused(store: port.Store) -> None:
    await keep(store, inbox=(event("e-1"),))
    changes = port.Changes(
        inbox=[event("e-0"), event("e-1")], tickets=[ticket(wake_at=at(0))], outbox=[message("m-1")]
    )
    async with store.begin() as transaction:
        with pytest.raises(port.EventAlreadyKnown):
            await transaction.commit(changes)

    async with store.begin() as transaction:
        assert not await known_to(transaction, [(SOURCE, "e-0")])
        assert not await tickets_of(transaction, [(SOURCE, "T-1")])
    assert await store.outbox(10) == []
    assert await store.next_wake() is None


async def test_an_error_inside_a_transaction_takes_it_back(store: port.Store) -> None:
    async def fail_half_way() -> None:
        async with store.begin() as transaction:
            assert await transaction.retire(at(0), 10) == 1
            raise ZeroDivisionError

    await _keep_finished(store)
    with pytest.raises(ZeroDivisionError):
        await fail_half_way()
    assert await _tombstones(store) == set()


async def test_a_cancelled_transaction_is_taken_back_and_leaves_the_turn(store: port.Store) -> None:
    begun = asyncio.Event()

    async def never_ends() -> None:
        async with store.begin() as transaction:
            await transaction.retire(at(0), 10)
            begun.set()
            await asyncio.Event().wait()

    await _keep_finished(store)
    task = asyncio.create_task(never_ends())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await keep(store, outbox=(message("m-2"),))
    assert [row.id for row in await store.outbox(10)] == ["m-2"]
    assert await _tombstones(store) == set()


@pytest.mark.parametrize("turns", range(0, 12, 2))
async def test_who_is_cancelled_at_any_moment_leaves_all_or_nothing_and_the_turn(
    store: port.Store, turns: int
) -> None:
    changes = port.Changes(inbox=[event("e-1")], outbox=[message("m-1")])

    async def write() -> None:
        async with store.begin([ticket().key]) as transaction:
            await transaction.archive([((SOURCE, "e-1"), ticket().key)])
            await transaction.commit(changes)

    task = asyncio.create_task(write())
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    async with store.begin([ticket().key]) as transaction:
        known = await known_to(transaction, [(SOURCE, "e-1")])
        await transaction.commit()
    assert len(await store.outbox(10)) == len(known)


async def test_of_a_batch_the_tickets_of_new_events_are_told(store: port.Store) -> None:
    """A known event is a duplicate, and nothing is to be decided on its ticket."""
    known, other, third = ticket(), ticket("T-2"), ticket("T-3")
    await keep(store, inbox=(event("e-1"), event("e-2", "T-2")), tickets=(known, other, third))
    batch = [
        ((SOURCE, "e-1"), known.key),
        ((SOURCE, "e-9"), other.key),
        ((SOURCE, "e-9"), third.key),  # an id that comes for two tickets is of both
        ((SOURCE, "e-8"), (SOURCE, "T-9")),
    ]
    async with store.begin([ticket for _, ticket in batch]) as transaction:
        assert await transaction.archive(batch) == port.Archive(
            known={(SOURCE, "e-1"): b"digest of e-1"},
            tickets={other.key: other, third.key: third},
            histories={other.key: [event("e-2", "T-2")]},
        )
        assert await transaction.archive([]) == port.Archive({}, {}, {})


async def test_writers_on_one_ticket_take_turns(store: port.Store) -> None:
    order: list[str] = []

    async def write(name: str) -> None:
        async with store.begin([(SOURCE, "T-1"), (SOURCE, name)]) as transaction:
            order.append(name)
            await transaction.archive([((SOURCE, name), (SOURCE, "T-1"))])
            order.append(name)
            await transaction.commit(port.Changes(outbox=[message(name)]))

    await asyncio.gather(*(write(name) for name in "abc"))
    assert order[::2] == order[1::2]


@pytest.mark.parametrize("is_known", [True, False])
async def test_who_waited_for_a_ticket_decides_on_what_the_other_made_of_it(
    store: port.Store, is_known: bool
) -> None:
    """A second worker's batch must see the first one's, or one decision would be lost."""
    if is_known:
        await keep(store, tickets=(ticket(ledger=b"older"),))
    begun = asyncio.Event()

    async def decide_first() -> None:
        async with store.begin([ticket().key]) as transaction:
            begun.set()
            await asyncio.sleep(0)
            changes = port.Changes(inbox=[event("e-1")], tickets=[ticket(ledger=b"first")])
            await transaction.commit(changes)

    async def decide_second() -> None:
        await begun.wait()
        async with store.begin([ticket().key]) as transaction:
            assert await known_to(transaction, [(SOURCE, "e-1")])
            assert await tickets_of(transaction, [ticket().key]) == {
                ticket().key: ticket(ledger=b"first")
            }
            assert await transaction.histories([ticket().key]) == {ticket().key: [event("e-1")]}

    await asyncio.gather(decide_first(), decide_second())


async def test_tickets_may_be_named_in_any_order(store: port.Store) -> None:
    names = [f"T-{number}" for number in range(20)]
    await keep(store, tickets=tuple(ticket(name) for name in names[::2]))

    async def write(number: int) -> None:
        keys = [(SOURCE, name) for name in (names, names[::-1])[number % 2]]
        async with store.begin(keys) as transaction:
            found = await tickets_of(transaction, keys)
            await transaction.commit(port.Changes(tickets=[*found.values()]))

    await asyncio.gather(*(write(number) for number in range(6)))


async def test_an_event_that_is_there_already_cannot_be_added(store: port.Store) -> None:
    await keep(store, inbox=(event("e-1"),))
    async with store.begin() as transaction:
        with pytest.raises(port.EventAlreadyKnown):
            await transaction.commit(port.Changes(inbox=[event("e-1", "T-2")]))
        with pytest.raises(port.TransactionFailed):
            await transaction.commit()


async def test_equal_ids_of_two_sources_are_two_events_and_two_tickets(store: port.Store) -> None:
    ours, theirs = ticket(), ticket(source="/other")
    events = event("e-1"), event("e-1", source="/other")
    await keep(store, inbox=events, tickets=(ours, theirs))
    async with store.begin() as transaction:
        assert await tickets_of(transaction, [ours.key, theirs.key]) == {
            ours.key: ours,
            theirs.key: theirs,
        }
        assert await known_to(transaction, [theirs.key, (SOURCE, "e-1")]) == {
            (SOURCE, "e-1"): b"digest of e-1"
        }


async def test_a_history_holds_every_event_of_its_ticket_by_receipt(store: port.Store) -> None:
    await keep(store, inbox=(event("e-2", minutes=2), event("x", "T-2")), tickets=(ticket(),))
    await keep(store, inbox=(event("e-3", minutes=3), event("e-1", minutes=1)))
    async with store.begin() as transaction:
        histories = await transaction.histories([(SOURCE, "T-1"), (SOURCE, "T-3")])
    assert {key: [row.id for row in rows] for key, rows in histories.items()} == {
        (SOURCE, "T-1"): ["e-1", "e-2", "e-3"]
    }


async def test_a_ticket_is_replaced_whole(store: port.Store) -> None:
    await keep(store, tickets=(ticket(deadline=at(30), wake_at=at(15)),))
    closed = ticket(phase="closed", level="low", ledger=b"[]")
    await keep(store, tickets=(closed,))
    async with store.begin() as transaction:
        assert await tickets_of(transaction, [closed.key]) == {closed.key: closed}
    assert await store.next_wake() is None


async def test_many_keys_are_asked_at_once(store: port.Store) -> None:
    events = tuple(event(f"e-{n}", f"T-{n}", source=f"/psa-{n % 7}") for n in range(1000))
    await keep(store, inbox=events)
    async with store.begin() as transaction:
        assert len(await known_to(transaction, [row.key for row in events])) == 1000
        assert len(await transaction.histories([row.ticket_key for row in events])) == 1000
        assert not await known_to(transaction, [])


async def test_what_is_due_comes_oldest_first_and_no_more_than_asked(store: port.Store) -> None:
    rows = [ticket(f"T-{n}", wake_at=at(-n)) for n in range(5)]
    tickets = (*rows, ticket("later", wake_at=at(1)), ticket("never"))
    await keep(store, tickets=tickets)
    async with store.begin() as transaction:
        due = await transaction.due(at(0), 3)
    assert [row.ticket_id for row in due] == ["T-4", "T-3", "T-2"]


async def test_a_wake_up_is_due_at_its_very_instant(store: port.Store) -> None:
    await keep(store, tickets=(ticket(wake_at=at(0)),))
    async with store.begin() as transaction:
        assert await transaction.due(at(0) - timedelta(microseconds=1), 10) == []
        assert len(await transaction.due(at(0), 10)) == 1
    assert await store.next_wake() == at(0)


async def test_the_outbox_is_read_in_the_order_of_saving(store: port.Store) -> None:
    await keep(store, outbox=(message("b"), message("a", created_at=at(-60))))
    await keep(store, outbox=(message("c", created_at=at(-90)),))
    assert [row.id for row in await store.outbox(10)] == ["b", "a", "c"]
    assert [row.id for row in await store.outbox(2)] == ["b", "a"]


async def test_an_outbox_row_that_is_pending_keeps_its_first_form(store: port.Store) -> None:
    await keep(store, outbox=(message("a", body=b"first"), message("b")))
    await keep(store, outbox=(message("a", body=b"second"),))
    assert [(row.id, row.body) for row in await store.outbox(10)] == [("a", b"first"), ("b", b"{}")]


async def test_only_confirmed_rows_leave_the_outbox(store: port.Store) -> None:
    await keep(store, outbox=(message("a"), message("b"), message("c")))
    await store.confirmed(["a", "c", "never heard of"])
    await store.confirmed([])
    assert [row.id for row in await store.outbox(10)] == ["b"]


async def test_the_outbox_is_read_and_confirmed_by_whose_turn_it_is(store: port.Store) -> None:
    await keep(store, outbox=(message("a"), message("b")))
    async with store.turn():
        await store.confirmed([row.id for row in await store.outbox(1)])
    async with store.turn():
        assert [row.id for row in await store.outbox(9)] == ["b"]


async def test_the_census_counts_open_tickets_and_what_waits_to_leave(store: port.Store) -> None:
    tickets = (
        ticket("T-1", deadline=at(30), wake_at=at(25)),
        ticket("T-2", deadline=at(20), wake_at=at(15)),
        ticket("T-3", level="critical", phase="breached", deadline=at(-1)),
        ticket("T-4", phase="paused"),
        ticket("T-5", phase="answered", deadline=at(1)),
        ticket("T-6", phase="closed", deadline=at(1)),
        ticket("T-7", phase="waiting", level=None),
    )
    await keep(store, tickets=tickets, outbox=(message("a", created_at=at(-2)), message("b")))
    assert await store.census() == port.Census(
        tickets={("high", "running"): 2, ("critical", "breached"): 1, ("high", "paused"): 1},
        next_deadline={"high": at(20)},
        waiting=1,
        outbox_pending=2,
        outbox_oldest=at(-2),
    )


async def test_the_next_deadline_is_that_of_a_running_ticket_though_it_never_wakes(
    store: port.Store,
) -> None:
    """What was put aside, damaged, is told of by nothing else once its deadline has passed."""
    tickets = (
        ticket("T-1", deadline=at(-1)),
        ticket("T-2", deadline=at(20), wake_at=at(20)),
        ticket("T-3", level="low", deadline=at(-1), wake_at=at(-1)),
        ticket("T-4", level="low", deadline=at(20), wake_at=at(15)),
        ticket("T-5", level="medium", phase="paused", deadline=at(-20), wake_at=at(-20)),
        ticket("T-6", level="medium", phase="answered", deadline=at(-20)),
        ticket("T-7", level="medium", phase="closed", deadline=at(-20)),
        ticket("T-8", level="critical", phase="breached", deadline=at(-20)),
        ticket("T-9", level="critical"),
    )
    await keep(store, tickets=tickets)
    assert (await store.census()).next_deadline == {"high": at(-1), "low": at(-1)}


async def test_an_empty_store_has_an_empty_census(store: port.Store) -> None:
    assert await store.census() == port.Census(
        tickets={}, next_deadline={}, waiting=0, outbox_pending=0, outbox_oldest=None
    )


async def test_open_tickets_come_nearest_deadline_first_and_paused_ones_last(
    store: port.Store,
) -> None:
    tickets = (
        ticket("T-paused", phase="paused"),
        ticket("T-late", deadline=at(60)),
        ticket("T-soon", deadline=at(5)),
        ticket("T-over", phase="breached", deadline=at(-5)),
        ticket("T-done", phase="answered", deadline=at(1)),
    )
    await keep(store, tickets=tickets)
    assert [row.ticket_id for row in await store.open_tickets()] == [
        "T-over",
        "T-soon",
        "T-late",
        "T-paused",
    ]
    assert [row.ticket_id for row in await store.open_tickets(1)] == ["T-over"]


async def test_open_tickets_can_be_walked_through_by_key(store: port.Store) -> None:
    rows = [ticket(f"T-{n}", source=source) for source in ("/a", "/b") for n in range(3)]
    done = ticket("T-1a", source="/a", phase="closed")
    await keep(store, tickets=(*reversed(rows), done))
    walked: list[port.TicketRow] = []
    while page := await store.open_after(walked[-1].key if walked else None, 4):
        walked += page
    assert walked == rows
    async with store.begin() as transaction:
        assert await transaction.open_after(rows[0].key, 2) == rows[1:3]


async def test_a_reader_sees_histories_too(store: port.Store) -> None:
    await keep(store, inbox=(event("e-2", minutes=2), event("e-1", minutes=1)))
    assert await store.histories([(SOURCE, "T-1"), (SOURCE, "T-2")]) == {
        (SOURCE, "T-1"): [event("e-1", minutes=1), event("e-2", minutes=2)]
    }


async def test_those_who_wait_longest_are_told_first(store: port.Store) -> None:
    tickets = tuple(
        ticket(f"T-{n}", phase="waiting", level=None, first_seen_at=at(-n)) for n in range(4)
    )
    await keep(store, tickets=(*tickets, ticket("T-9", first_seen_at=at(-99))))
    waiting = await store.waiting(at(-1), 10)
    assert [row.ticket_id for row in waiting] == ["T-3", "T-2"]
    assert len(await store.waiting(at(-1), 1)) == 1


async def test_those_who_wait_can_be_walked_through_though_they_began_at_one_instant(
    store: port.Store,
) -> None:
    rows = [
        ticket(name, source=source, phase="waiting", level=None, first_seen_at=at(minutes))
        for minutes, names in ((-9, "xy"), (-8, "abc"))
        for source in ("/a", "/b")
        for name in names
    ]
    await keep(store, tickets=tuple(reversed(rows)))
    walked: list[port.TicketRow] = []
    while page := await store.waiting(at(-1), 4, after=walked[-1] if walked else None):
        walked += page
    assert walked == rows
    # The place is found though nobody waits there any more.
    await keep(store, tickets=(rows[2]._replace(phase="running", level="high"),))
    assert await store.waiting(at(-1), 2, after=rows[2]) == rows[3:5]


async def test_finished_tickets_are_retired_longest_ago_first_and_no_more_than_asked(
    store: port.Store,
) -> None:
    finished = [
        ticket(f"T-{n}", phase="closed" if n % 2 else "answered", last_event_at=at(-n))
        for n in range(1, 5)
    ]
    live = [
        ticket("T-running", last_event_at=at(-9)),
        ticket("T-paused", phase="paused", last_event_at=at(-9)),
        ticket("T-breached", phase="breached", last_event_at=at(-9)),
        ticket("T-waiting", phase="waiting", level=None, last_event_at=at(-9)),
        ticket("T-wakes", phase="closed", wake_at=at(1), last_event_at=at(-9)),
        ticket("T-new", phase="closed", last_event_at=at(0)),
    ]
    await keep(store, tickets=(*finished, *live))
    assert [await _retire(store, limit=3), await _tombstones(store)] == [3, {"T-4", "T-3", "T-2"}]
    assert [await _retire(store, limit=3), await _retire(store, limit=3)] == [1, 0]
    async with store.begin() as transaction:
        kept = await tickets_of(transaction, [row.key for row in (*finished, *live)])
    assert [kept[row.key] for row in finished] == [r._replace(phase="retired") for r in finished]
    assert [kept[row.key] for row in live] == live


async def test_a_tombstone_s_events_are_known_and_its_history_is_whole(store: port.Store) -> None:
    key = await _keep_finished(store)
    history = [event("e-1", minutes=1), event("e-3", minutes=2), event("e-2", minutes=3)]
    assert await _retire(store) == 1
    assert await store.histories([key]) == {key: history}
    async with store.begin() as transaction:
        assert await transaction.histories([key, (SOURCE, "T-2")]) == {
            key: history,
            (SOURCE, "T-2"): [event("x", "T-2")],
        }
        assert await known_to(transaction, [(SOURCE, "e-2")]) == {(SOURCE, "e-2"): b"digest of e-2"}
        with pytest.raises(port.EventAlreadyKnown):
            await transaction.commit(port.Changes(inbox=[event("e-2", "T-2")]))


async def test_a_tombstone_comes_back_to_life_with_all_of_its_past_as_often_as_it_likes(
    store: port.Store,
) -> None:
    key = await _keep_finished(store)
    for life in range(3):
        assert await _retire(store) == 1
        # The clock may have been set back since.
        late = event(f"late-{life}", minutes=2.5 - life)
        await keep(store, inbox=(late,), tickets=(ticket(phase="closed", last_event_at=at(-1)),))
        assert await _tombstones(store) == set()
    names = ["late-2", "e-1", "late-1", "e-3", "late-0", "e-2"]
    histories = await store.histories([key])
    assert [(row.id, row.body) for row in histories[key]] == [
        (name, event(name).body) for name in names
    ]


async def test_what_is_forgotten_leaves_nothing_and_its_names_are_free_again(
    store: port.Store,
) -> None:
    key = await _keep_finished(store)
    waiting = ticket("T-2", phase="waiting", level=None, last_event_at=at(-2))
    still_waits = waiting._replace(ticket_id="T-3", last_event_at=at(0))
    await keep(store, tickets=(waiting, still_waits), inbox=(event("y", "T-3"),))
    assert await _forget(store) == 1, "what is finished has to be retired first"
    await _retire(store)
    async with store.begin() as transaction:
        assert await transaction.forget(at(-1), 10) == 0, "it is no older than that"
        assert await transaction.forget(at(0), 10) == 1
        assert not await tickets_of(transaction, [key, waiting.key])
        assert not await transaction.histories([key, waiting.key])
        assert set(
            await known_to(transaction, [(SOURCE, n) for n in ("e-1", "e-2", "x", "y")])
        ) == {(SOURCE, "y")}
    assert len((await store.histories([key]))[key]) == 3, "nothing was committed"

    assert await _forget(store) == 1
    assert await _forget(store) == 0
    await keep(store, inbox=(event("e-1"),), tickets=(ticket(),))
    assert await store.histories([key, waiting.key, still_waits.key]) == {
        key: [event("e-1")],
        still_waits.key: [event("y", "T-3")],
    }


async def test_what_is_retired_and_not_committed_is_as_it_was(store: port.Store) -> None:
    key = await _keep_finished(store)
    async with store.begin() as transaction:
        assert await transaction.retire(at(0), 10) == 1
        assert (await tickets_of(transaction, [key]))[key].phase == "retired"
    assert await _tombstones(store) == set()
    assert len((await store.histories([key]))[key]) == 3


async def test_retiring_a_ticket_that_is_being_decided_on_loses_nothing(store: port.Store) -> None:
    key = await _keep_finished(store)
    begun = asyncio.Event()

    async def decide() -> None:
        async with store.begin([key]) as transaction:
            await tickets_of(transaction, [key])
            begun.set()
            await asyncio.sleep(0.01)
            history = await transaction.histories([key])
            assert all(row.body for row in history[key])
            reopened = ticket(phase="running", last_event_at=at(9))
            await transaction.commit(port.Changes(inbox=[event("late")], tickets=[reopened]))

    async def retire() -> int:
        await begun.wait()
        return await _retire(store)

    _, retired = await asyncio.gather(decide(), retire())
    assert retired == 0
    assert len((await store.histories([key]))[key]) == 4
    assert [row.phase for row in await store.open_tickets()] == ["running"]


@pytest.mark.parametrize(
    "instant",
    [
        datetime(1900, 1, 1, tzinfo=UTC),
        datetime(2199, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    ],
)
async def test_instants_keep_their_microseconds_in_any_year(
    store: port.Store, instant: datetime
) -> None:
    await keep(store, tickets=(ticket(wake_at=instant),))
    assert await store.next_wake() == instant


async def test_a_store_that_is_closed_says_so(store: port.Store) -> None:
    await store.close()
    with pytest.raises(errors.StoreUnavailable):
        await store.outbox(1)
    with pytest.raises(errors.StoreUnavailable):
        async with store.begin():
            pass
    with pytest.raises(errors.StoreUnavailable):
        await store.confirmed(["a"])


async def test_what_was_kept_is_there_after_closing_and_opening(store: port.Store) -> None:
    await keep(store, inbox=(event("e-1"),), tickets=(ticket(wake_at=at(1)),))
    await store.close()
    await store.open()
    assert await store.next_wake() == at(1)
    async with store.begin() as transaction:
        assert await known_to(transaction, [(SOURCE, "e-1")])


async def test_a_store_for_one_worker_cannot_be_opened_by_another(lone_store: port.Store) -> None:
    with pytest.raises(errors.StoreBusy):
        await lone_store.open()


async def _keep_finished(store: port.Store) -> port.TicketKey:
    """T-1, closed before noon, with three events; and an event of T-2."""
    events = event("e-1", minutes=1), event("e-2", minutes=3), event("e-3", minutes=2)
    closed = ticket(phase="closed", last_event_at=at(-1))
    await keep(store, inbox=(*events, event("x", "T-2")), tickets=(closed,))
    return closed.key


async def _retire(store: port.Store, limit: int = 10) -> int:
    async with store.begin() as transaction:
        retired = await transaction.retire(at(0), limit)
        await transaction.commit()
    return retired


async def _forget(store: port.Store) -> int:
    async with store.begin() as transaction:
        forgotten = await transaction.forget(at(0), 10)
        await transaction.commit()
    return forgotten


async def _tombstones(store: port.Store) -> set[str]:
    """The tickets that are tombstones."""
    async with store.begin() as transaction:
        rows = await tickets_of(transaction, [(SOURCE, f"T-{n}") for n in range(9)])
    return {row.ticket_id for row in rows.values() if row.phase == "retired"}
