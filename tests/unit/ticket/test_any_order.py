"""The same end in whatever order events arrive and however time passes, over random histories."""

from itertools import permutations

import hypothesis.strategies as st
from hypothesis import given

from tests.support.histories import LONG_AFTER, START, STEP, ends, enough, histories
from tests.support.tickets import HIGH, LOW, Case, created, responded, updated, with_clients
from worker.ticket.history import Entry


def _case(*entries: Entry) -> Case:
    case = Case(with_clients())
    case.take(*entries)
    return case


@enough
@given(histories(), st.data())
def test_the_end_is_the_same_in_whatever_order_and_however_often_events_arrive(
    entries: list[Entry], data: st.DataObject
) -> None:
    last = data.draw(ends(entries[-1].event.time))
    in_order, shuffled = _case(*entries), Case(with_clients())
    in_order.until(last)
    doubled = data.draw(st.lists(st.sampled_from(entries), max_size=3))
    shuffled.take(*data.draw(st.permutations([*entries, *doubled])))
    shuffled.wake(last)
    assert shuffled.end == in_order.end


def test_the_end_is_the_same_though_a_sequence_moves_the_answer_before_what_had_come_already() -> (
    None
):
    opened = created("10:00", facts=HIGH)
    answer = responded("11:00", "answer", sequence=1)
    unnumbered = updated("11:00", "b", facts=LOW)
    numbered = updated("11:00", "a", sequence=2, facts=LOW)
    found = {
        _case(opened, *arrived).end for arrived in permutations([answer, unnumbered, numbered])
    }
    assert len(found) == 1


@enough
@given(histories(), st.data())
def test_the_end_is_the_same_though_time_passes_between_the_events(
    entries: list[Entry], data: st.DataObject
) -> None:
    last = data.draw(ends(entries[-1].event.time))
    at_once, replayed = _case(*entries), Case(with_clients())
    at_once.until(last)
    replayed.play(*entries, until=last)
    assert replayed.end == at_once.end


@enough
@given(histories(), st.data())
def test_the_end_is_the_same_though_events_are_late_and_time_passes_meanwhile(
    entries: list[Entry], data: st.DataObject
) -> None:
    last = data.draw(ends(entries[-1].event.time))
    replayed, late = Case(with_clients()), Case(with_clients())
    replayed.play(*entries, until=last)
    now = START
    for entry in data.draw(st.permutations(entries)):
        now = min(max(now, entry.event.time) + data.draw(st.integers(0, 5)) * STEP, last)
        late.wake(now)
        late.take(entry)
    late.until(last)
    assert late.end == replayed.end


@enough
@given(histories(), st.data())
def test_a_sleepy_live_worker_ends_the_same_but_for_warnings_that_came_too_late(
    entries: list[Entry], data: st.DataObject
) -> None:
    replayed, sleepy = Case(with_clients()), Case(with_clients())
    replayed.play(*entries, until=LONG_AFTER)
    for entry in entries:
        if data.draw(st.booleans()):
            sleepy.wake(entry.event.time, live=True)
        sleepy.take(entry)
    sleepy.wake(LONG_AFTER, live=True)
    missing = replayed.end.standing - sleepy.end.standing
    assert sleepy.end._replace(standing=frozenset()) == replayed.end._replace(standing=frozenset())
    assert sleepy.end.standing <= replayed.end.standing
    assert all(alert.threshold is not None for alert in missing)
