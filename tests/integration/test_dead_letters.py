"""Looking at the dead letters of a real broker, giving them back and throwing them away."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from aio_pika.abc import AbstractIncomingMessage, HeadersType

from tests.support import broker_ports
from tests.support.broker import Broker
from tests.support.burial import bury, give_up, letter, seen
from tests.support.operator import Operator
from tests.support.waiting import running, until
from worker import errors
from worker.broker import letters, topology
from worker.broker.address import Address
from worker.broker.dead_letter import Choice, Letter
from worker.broker.dead_letters import DeadLetters, Tally
from worker.broker.look import Look
from worker.broker.memory import MemoryObserver

Watch = Callable[[int, int], None]
ALL = Choice()


def box(url: str, watch: Watch = lambda *_: None, within: float = 5) -> DeadLetters:
    return DeadLetters(Address.from_url(url), MemoryObserver(), watch, confirm_within=within)


def ids(count: int) -> list[str]:
    return [f"id-{number:04}" for number in range(count)]


async def test_looking_thirty_times_changes_nothing(broker_url: str) -> None:
    names = ids(100)
    await bury(broker_url, [letter(name) for name in names])
    for _ in range(30):
        assert await seen(box(broker_url)) == names


async def test_more_letters_than_the_broker_gives_back_in_order_at_once_keep_their_order(
    broker_url: str,
) -> None:
    names = ids(3000)
    await bury(broker_url, [letter(name) for name in names])
    for _ in range(3):
        assert await seen(box(broker_url)) == names


async def test_a_look_that_stops_early_changes_nothing_either(broker_url: str) -> None:
    names = ids(300)
    await bury(broker_url, [letter(name) for name in names])
    for depth in (1, 5, 2):
        async with box(broker_url).look() as look:
            for _ in range(depth):
                await look.next()
    async with box(broker_url).look() as look:
        first = await look.next()
    assert [one.id for one in first] == names[: len(first)]
    assert await seen(box(broker_url)) == names


async def test_a_look_that_is_broken_off_loses_nothing(broker_url: str) -> None:
    names = ids(100)
    await bury(broker_url, [letter(name) for name in names])

    async def break_off() -> None:
        async with box(broker_url).look() as look:
            await look.next()
            raise KeyError

    for _ in range(3):
        with pytest.raises(KeyError):
            await break_off()
    await until(lambda: _has(broker_url, 100), "all are back")
    assert sorted(await seen(box(broker_url))) == names


async def test_no_dead_letters_are_seen_to_be_none(broker_url: str) -> None:
    await bury(broker_url, [])
    async with box(broker_url).look() as look:
        assert await look.next() == []
    assert (look.total, look.others) == (0, 0)


async def test_progress_is_told_and_ends_at_the_end(broker_url: str) -> None:
    await bury(broker_url, [letter(name) for name in ids(400)])
    told: list[tuple[int, int]] = []
    await seen(box(broker_url, lambda *now: told.append(now)))
    assert [total for _, total in told] == [400] * len(told)
    assert told == sorted(told)
    assert told[-1] == (400, 400)


async def test_of_large_letters_few_are_on_their_way_at_once(broker_url: str) -> None:
    large = [letter(name, body=b"x" * 4_000_000) for name in ids(30)]
    await bury(broker_url, large)
    sizes = []
    async with box(broker_url).look() as look:
        while found := await look.next():
            sizes.append(len(found))
    assert sum(sizes) == 30
    assert sizes[1:-1] == [4] * len(sizes[1:-1])


async def test_a_missing_queue_is_told_with_its_name(broker_url: str) -> None:
    with pytest.raises(errors.TopologyMismatch, match=r"queue 'respondby\.dead-letters' is miss"):
        await seen(box(broker_url))


async def test_a_queue_that_is_deleted_meanwhile_ends_the_look(
    broker_url: str, operator: Operator
) -> None:
    await bury(broker_url, [letter(name) for name in ids(40)])

    async def look_on() -> None:
        async with box(broker_url).look() as look:
            await look.next()
            await operator.delete_queue(topology.DEAD_LETTERS)
            while await look.next():
                pass

    with pytest.raises(errors.BrokerUnavailable, match=r"respondby\.dead-letters"):
        await look_on()


async def test_two_who_look_at_once_see_each_other_and_lose_nothing(broker_url: str) -> None:
    names = ids(300)
    await bury(broker_url, [letter(name) for name in names])
    async with box(broker_url).look() as first:
        held = [one.id for one in await first.next()]
        async with box(broker_url).look() as second:
            rest = []
            while found := await second.next():
                rest += [one.id for one in found]
    assert (first.others, second.others) == (0, 1)
    assert sorted(held + rest) == names
    assert sorted(await seen(box(broker_url))) == names


async def test_a_look_ends_though_somebody_else_takes_what_it_waits_for(
    broker_url: str, operator: Operator
) -> None:
    await bury(broker_url, [letter(name) for name in ids(60)])
    async with box(broker_url).look() as look:
        first = await look.next()
        taken = await operator.take_all(topology.DEAD_LETTERS)
        assert await look.next() == []
    assert look.seen == look.total == len(first)
    assert len(first) + len(taken) == 60


async def test_what_goes_back_is_what_came_in(broker_url: str, operator: Operator) -> None:
    await bury(broker_url, [letter("m-1", body=b"\xff\x00{")])
    tally = Tally()
    await box(broker_url).requeue(ALL, tally)
    assert (tally.done, tally.refused) == (1, 0)
    (message,) = await operator.take_all(topology.INBOX)
    assert (message.body, message.message_id) == (b"\xff\x00{", "m-1")
    assert message.content_type == "application/json"
    assert _own(message) == {"traceparent": "00-m-1"}
    assert message.delivery_mode == 2
    assert await operator.waiting(topology.DEAD_LETTERS) == 0


async def test_what_the_broker_gave_up_says_so_and_can_be_given_back(
    broker_url: str, operator: Operator
) -> None:
    await bury(broker_url, [])
    await operator.send(b"kills", routing_key="ticket.paused", headers={"mine": 1})
    await give_up(operator)

    async with box(broker_url).look() as look:
        (found,) = await look.next()
    assert found.reason == "delivery_limit"
    assert found.error == "the broker gave it up: delivery_limit in respondby.tickets"
    assert found.routing_key == "ticket.paused"
    assert found.since is not None

    await box(broker_url).requeue(Choice({found.id}), Tally())
    (message,) = await operator.take_all(topology.INBOX)
    assert (message.body, _own(message)) == (b"kills", {"mine": 1})


async def test_only_what_is_chosen_goes_back_however_deep_it_lies(
    broker_url: str, operator: Operator
) -> None:
    names = ids(600)
    deep = {names[3], names[300], names[599]}
    await bury(
        broker_url,
        [letter(name, "too_large" if name in deep else "not_json") for name in names],
    )
    tally = Tally()
    await box(broker_url).requeue(Choice(reasons={"too_large"}), tally)
    assert tally.reasons == {"too_large": 3}
    assert {m.message_id for m in await operator.take_all(topology.INBOX)} == deep
    assert await seen(box(broker_url)) == [name for name in names if name not in deep]


async def test_all_letters_of_an_id_are_meant_and_an_unknown_id_is_none_of_them(
    broker_url: str, operator: Operator
) -> None:
    await bury(broker_url, [letter("twice"), letter("once"), letter("twice"), letter("other")])
    tally = Tally()
    await box(broker_url).requeue(Choice({"twice", "once", "unknown"}), tally)
    assert tally.ids == {"twice": 2, "once": 1}
    assert Counter(m.message_id for m in await operator.take_all(topology.INBOX)) == tally.ids
    assert await seen(box(broker_url)) == ["other"]


async def test_what_comes_in_during_a_requeue_is_left_for_the_next_one(broker_url: str) -> None:
    names = ids(100)
    await bury(broker_url, [letter(name) for name in names])
    again: list[str] = []

    async with box(broker_url).look() as look:
        while found := await look.next():
            # As a worker does that can still not process them.
            await bury(broker_url, [letter(f"again-{one.id}") for one in found])
            await look.remove(found)
            again += [f"again-{one.id}" for one in found]

    assert again == [f"again-{name}" for name in names]
    assert await seen(box(broker_url)) == again


async def test_nothing_leaves_before_the_broker_has_its_copy(
    broker_url: str, operator: Operator
) -> None:
    names = ids(300)
    await bury(broker_url, [letter(name) for name in names])
    await operator.delete_queue(topology.INBOX)
    tally = Tally()
    await box(broker_url).requeue(ALL, tally)
    assert tally.done == 0
    assert tally.refused > 0
    assert await seen(box(broker_url)) == names


async def test_a_broker_in_alarm_keeps_the_letters_and_is_told(
    own_broker: Broker, own_vhost: str
) -> None:
    url, names, tally = own_broker.url(own_vhost), ids(50), Tally()
    await bury(url, [letter(name) for name in names])
    own_broker.alarm()
    try:
        with pytest.raises(errors.BrokerUnavailable, match="memory or disk alarm"):
            await box(url, within=1).requeue(ALL, tally)
    finally:
        own_broker.end_alarm()
    assert tally.done == 0
    await until(lambda: _has(url, 50), "all are back")
    assert sorted(await seen(box(url))) == names


async def test_ended_between_confirm_and_acknowledgement_a_letter_is_in_both_places(
    broker_url: str, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bury(broker_url, [letter("m-1"), letter("m-2")])

    async def ended(*_: object) -> None:
        raise asyncio.CancelledError

    with monkeypatch.context() as patch:
        patch.setattr(Look, "remove", ended)
        with pytest.raises(asyncio.CancelledError):
            await box(broker_url).requeue(ALL, Tally())
    await until(lambda: _has(broker_url, 2), "they are back")
    assert sorted(await seen(box(broker_url))) == ["m-1", "m-2"]

    await box(broker_url).requeue(ALL, Tally())
    copies = Counter(m.message_id for m in await operator.take_all(topology.INBOX))
    assert copies == {"m-1": 2, "m-2": 2}
    assert await seen(box(broker_url)) == []


async def test_what_has_left_does_not_come_back_when_the_connection_is_closed(
    broker_url: str, operator: Operator
) -> None:
    for act in (box(broker_url).requeue, box(broker_url).drop):
        await bury(broker_url, [letter(name) for name in ids(1500)])
        await act(ALL, Tally())
        assert await seen(box(broker_url)) == []
    assert await operator.waiting(topology.INBOX) == 1500


@pytest.mark.parametrize("fault", [ZeroDivisionError, asyncio.CancelledError])
async def test_what_was_counted_has_left_though_it_is_broken_off_right_after(
    broker_url: str, operator: Operator, fault: type[BaseException]
) -> None:
    class Ended(Tally):
        """Who counts is ended as soon as some hundred are done."""

        def count(self, *what: Any) -> None:
            super().count(*what)
            if self.done > 300:
                raise fault

    names = ids(1500)
    for act in (box(broker_url).requeue, box(broker_url).drop):
        await bury(broker_url, [letter(name) for name in names])
        tally = Ended()
        with pytest.raises(fault):
            await act(ALL, tally)
        assert 300 < tally.done < 1500
        await until(lambda: _has(broker_url, 1500 - tally.done), "what was not counted is back")  # noqa: B023
        assert sorted(await seen(box(broker_url))) == names[tally.done :]
        await box(broker_url).drop(ALL, Tally())
    assert await operator.waiting(topology.INBOX) > 300


async def test_what_is_leaving_when_it_is_interrupted_leaves_and_is_counted(
    broker_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bury(broker_url, [letter(name) for name in ids(600)])
    tally = Tally()
    leave = Look.remove

    async def interrupted(look: Look, letters: Sequence[Letter]) -> None:
        if tally.done:
            dropping.cancel()
        await leave(look, letters)

    with monkeypatch.context() as patch:
        patch.setattr(Look, "remove", interrupted)
        dropping = asyncio.create_task(box(broker_url).drop(ALL, tally))
        with pytest.raises(asyncio.CancelledError):
            await dropping
    assert (tally.done, tally.unsure) == (16 + 64, 0), "the first window, and the one after it"
    await until(lambda: _has(broker_url, 600 - tally.done), "all others are back")


async def test_of_what_is_leaving_when_the_broker_goes_nothing_is_claimed(
    broker_url: str, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bury(broker_url, [letter(name) for name in ids(600)])
    tally = Tally()
    leave = Look.remove

    async def cut_off(look: Look, letters: Sequence[Letter]) -> None:
        if tally.done:
            await operator.delete_queue(topology.DEAD_LETTERS)
        await leave(look, letters)

    with monkeypatch.context() as patch:
        patch.setattr(Look, "remove", cut_off)
        with pytest.raises(errors.BrokerUnavailable):
            await box(broker_url).drop(ALL, tally)
    assert (tally.done, tally.unsure) == (16, 64), "the first window, and the one after it"


async def test_two_who_give_back_at_once_give_back_each_letter_once(
    broker_url: str, operator: Operator
) -> None:
    names = ids(900)
    await bury(broker_url, [letter(name) for name in names])
    tallies = Tally(), Tally()
    await asyncio.gather(*(box(broker_url).requeue(ALL, tally) for tally in tallies))
    assert sum(tally.done for tally in tallies) == 900
    assert sorted(str(m.message_id) for m in await operator.take_all(topology.INBOX)) == names
    assert await operator.waiting(topology.DEAD_LETTERS) == 0


async def test_only_what_is_chosen_is_dropped(broker_url: str) -> None:
    names = ids(400)
    await bury(broker_url, [letter(name, name[-1]) for name in names])
    counted, tally = Tally(), Tally()
    choice = Choice(reasons={"3", "7"})
    await box(broker_url).count(choice, counted)
    assert await seen(box(broker_url)) == names, "counting changes nothing"

    await box(broker_url).drop(choice, tally)

    assert tally.reasons == counted.reasons == {"3": 40, "7": 40}
    assert await seen(box(broker_url)) == [name for name in names if name[-1] not in "37"]


async def test_the_depth_that_is_told_does_not_fall_while_somebody_looks(
    broker_url: str, operator: Operator
) -> None:
    await bury(broker_url, [letter(name) for name in ids(20)])
    inbox = broker_ports.inbox(broker_url)
    async with running(inbox):
        await until(lambda: inbox.dead_letter_messages == 20, "the worker knows them")
        async with box(broker_url).look() as look:
            assert await look.next()
            assert await operator.waiting(topology.DEAD_LETTERS) < 20
            # Seen with the next look of the worker, which reads the dead letters first.
            await operator.send(b"nobody listens", exchange=topology.OUT)
            await until(lambda: inbox.unrouted_messages == 1, "the worker looks once more")
            assert inbox.dead_letter_messages == 20
        await box(broker_url).drop(ALL, Tally())
        await until(lambda: inbox.dead_letter_messages == 0, "the worker sees that they are gone")


def _own(message: AbstractIncomingMessage) -> HeadersType:
    """Without what the broker puts on whatever it brings, and what tells where it came in."""
    foreign = {"x-delivery-count", letters.ROUTING_KEY}
    return {name: v for name, v in message.headers.items() if name not in foreign}


async def _has(url: str, count: int) -> bool:
    async with Operator(url) as operator:
        return await operator.waiting(topology.DEAD_LETTERS) == count
