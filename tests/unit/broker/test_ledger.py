from hypothesis import given
from hypothesis import strategies as st

from worker.broker.ledger import Ledger


def _delivered(count: int) -> Ledger:
    ledger = Ledger()
    for tag in range(1, count + 1):
        ledger.deliver(tag)
    return ledger


def test_nothing_is_acknowledged_before_something_is_finished() -> None:
    assert _delivered(3).advance() is None


def test_what_is_finished_in_order_is_acknowledged_by_its_last_tag_once() -> None:
    ledger = _delivered(3)
    ledger.finish([1, 2])
    assert ledger.advance() == 2
    assert ledger.advance() is None


def test_what_lies_beyond_a_gap_waits_until_the_gap_is_closed() -> None:
    ledger = _delivered(4)
    ledger.finish([2, 3])
    assert ledger.advance() is None
    ledger.finish([1])
    assert ledger.advance() == 3


def test_what_is_finished_beyond_a_gap_is_no_longer_in_hand() -> None:
    ledger = _delivered(3)
    ledger.finish([2])
    assert (ledger.delivered, ledger.finished, ledger.in_hand) == (3, 1, 2)


def test_finishing_twice_changes_nothing() -> None:
    ledger = _delivered(3)
    ledger.finish([1, 1, 3])
    assert ledger.advance() == 1
    ledger.finish([1, 3])
    assert (ledger.finished, ledger.advance()) == (2, None)


def test_what_piles_up_beyond_a_gap_is_acknowledged_one_by_one_and_only_once() -> None:
    ledger = _delivered(6)
    ledger.finish([2, 4])
    assert ledger.overdue(3) == []
    ledger.finish([5])
    assert ledger.overdue(3) == [2, 4, 5]
    assert ledger.overdue(1) == []


def test_no_tag_is_acknowledged_that_the_broker_has_forgotten() -> None:
    ledger = _delivered(5)
    ledger.finish([2, 3])
    assert ledger.overdue(2) == [2, 3]
    ledger.finish([1])
    assert ledger.advance() == 1
    ledger.finish([4])
    assert ledger.advance() == 4


@given(st.permutations(range(1, 31)), st.integers(1, 7), st.integers(1, 12))
def test_in_any_order_each_is_acknowledged_once_and_none_before_it_is_finished(
    order: list[int], at_once: int, many: int
) -> None:
    ledger = _delivered(30)
    finished: set[int] = set()
    broker = set(range(1, 31))
    for start in range(0, 30, at_once):
        ledger.finish(order[start : start + at_once])
        finished.update(order[start : start + at_once])
        if (upto := ledger.advance()) is not None:
            assert upto in broker
            broker = {tag for tag in broker if tag > upto}
        for alone in ledger.overdue(many):
            assert alone in broker
            broker.remove(alone)
        assert broker | finished == set(range(1, 31))
        assert ledger.in_hand == 30 - len(finished)
    assert broker == set()
