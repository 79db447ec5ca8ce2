from worker.broker.ledger import Ledger
from worker.broker.window import FIRST_WINDOW, Window

_SUSPECT, _HEALTHY = True, False


def _window(ledger: Ledger, prefetch: int = 9) -> Window:
    return Window(prefetch, ledger)


def test_the_window_grows_when_one_that_is_no_suspect_was_survived() -> None:
    window = _window(Ledger())
    window.hand_out({1: _HEALTHY})
    assert window.size == FIRST_WINDOW
    assert window.note_survived()
    assert window.size == 9


def test_whoever_asks_with_empty_hands_has_survived_nothing() -> None:
    window = _window(Ledger())
    assert not window.note_survived()
    assert (window.size, window.is_stuck()) == (FIRST_WINDOW, False)


def test_a_suspect_is_in_the_way_from_when_it_was_survived_until_it_is_settled() -> None:
    ledger = Ledger()
    window = _window(ledger)
    ledger.deliver(1)
    window.hand_out({1: _SUSPECT})
    assert not window.is_stuck()
    window.note_survived()
    assert (window.size, window.is_stuck()) == (FIRST_WINDOW, True)
    ledger.finish([1])
    assert not window.is_stuck()


def test_a_new_consumer_goes_around_what_is_in_the_way_once() -> None:
    ledger = Ledger()
    window = _window(ledger)
    ledger.deliver(1)
    window.hand_out({1: _SUSPECT})
    window.note_survived()
    window.renew()
    assert not window.is_stuck()


def test_no_more_are_gone_around_than_may_be_in_hand() -> None:
    ledger = Ledger()
    window = _window(ledger, prefetch=2)
    for tag in (1, 2):
        ledger.deliver(tag)
        window.renew()
        window.hand_out({tag: _SUSPECT})
        window.note_survived()
    assert not window.is_stuck()
    ledger.finish([1])
    assert window.is_stuck()
