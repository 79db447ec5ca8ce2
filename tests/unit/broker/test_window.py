import pytest

from worker.broker.ledger import Ledger
from worker.broker.window import FIRST_WINDOW, Window

_SUSPECT, _HEALTHY = True, False


class _Consumer:
    """What happens between a broker and who works for it, as the window and the ledger see it."""

    def __init__(self, prefetch: int = 9) -> None:
        self.ledger = Ledger()
        self.window = Window(prefetch, self.ledger)
        self.window.renew()
        self._next_tag = 1

    def bring(self, count: int = 1) -> list[int]:
        tags = [*range(self._next_tag, self._next_tag + count)]
        for tag in tags:
            self.ledger.deliver(tag)
        self._next_tag += count
        return tags

    def survive(self, tags: list[int], is_suspect: bool) -> None:
        self.window.hand_out(dict.fromkeys(tags, is_suspect))
        self.window.note_survived()

    def grown(self) -> "_Consumer":
        """One healthy message was worked off, and the window opened for that."""
        tags = self.bring()
        self.survive(tags, _HEALTHY)
        self.ledger.finish(tags)
        self.window.renew()
        return self


def test_the_window_grows_when_one_that_is_no_suspect_was_survived() -> None:
    consumer = _Consumer()
    tags = consumer.bring()
    consumer.window.hand_out(dict.fromkeys(tags, _HEALTHY))
    consumer.ledger.finish(tags)
    assert (consumer.window.open, consumer.window.is_due()) == (FIRST_WINDOW, False)
    consumer.window.note_survived()
    assert consumer.window.is_due()
    assert consumer.window.renew() == 9


def test_whoever_asks_with_empty_hands_has_survived_nothing() -> None:
    consumer = _Consumer()
    consumer.window.note_survived()
    assert not consumer.window.is_due()
    assert consumer.window.renew() == FIRST_WINDOW


def test_without_a_consumer_there_is_none_to_replace() -> None:
    consumer = _Consumer()
    consumer.survive(consumer.bring(), _HEALTHY)
    consumer.window.close()
    assert not consumer.window.is_due()


def test_a_suspect_is_in_the_way_from_when_it_was_survived_until_it_is_settled() -> None:
    consumer = _Consumer()
    consumer.window.hand_out(dict.fromkeys(consumer.bring(), _SUSPECT))
    assert not consumer.window.is_due()
    consumer.window.note_survived()
    assert consumer.window.is_due()
    consumer.ledger.finish([1])
    assert not consumer.window.is_due()


def test_a_new_consumer_goes_around_what_is_in_the_way_once() -> None:
    consumer = _Consumer()
    consumer.survive(consumer.bring(), _SUSPECT)
    assert consumer.window.renew() == FIRST_WINDOW
    assert not consumer.window.is_due()


def test_no_more_are_gone_around_than_may_be_in_hand() -> None:
    consumer = _Consumer(prefetch=2)
    for _ in range(2):
        consumer.window.renew()
        consumer.survive(consumer.bring(), _SUSPECT)
    assert not consumer.window.is_due()
    consumer.ledger.finish([1])
    assert consumer.window.is_due()


def test_a_full_window_of_what_cannot_be_finished_is_gone_around_too() -> None:
    consumer = _Consumer().grown()
    old = consumer.bring(7)
    assert consumer.window.renew() == 2
    # They were brought to another window.
    consumer.survive(old, _HEALTHY)
    assert not consumer.window.is_due()
    consumer.ledger.finish(old[:1])
    for tag, is_full in zip(consumer.bring(2), (False, True), strict=True):
        consumer.survive([tag], _HEALTHY)
        assert consumer.window.is_due() == is_full
    assert consumer.window.renew() == 1


@pytest.mark.parametrize("in_hand", [0, 1, 8, 9, 20])
def test_what_is_in_hand_leaves_a_new_consumer_the_rest_but_never_nothing(in_hand: int) -> None:
    consumer = _Consumer().grown()
    consumer.bring(in_hand)
    assert consumer.window.renew() == max(9 - in_hand, 1)


def test_a_consumer_with_little_room_is_replaced_as_what_left_it_no_more_is_settled() -> None:
    consumer = _Consumer(prefetch=400).grown()
    old = consumer.bring(400)
    opened = [consumer.window.renew()]
    for tag in [*old, *consumer.bring()]:
        consumer.ledger.finish([tag])
        if consumer.window.is_due():
            opened.append(consumer.window.renew())
    # So few times that the broker is hardly asked more often for it.
    assert opened == [1, 2, 4, 8, 16, 32, 64, 128, 228, 328, 400]


def test_an_empty_hand_leaves_a_new_consumer_all() -> None:
    consumer = _Consumer(prefetch=400).grown()
    (old,) = consumer.bring()
    assert consumer.window.renew() == 399
    assert not consumer.window.is_due()
    consumer.ledger.finish([old])
    assert consumer.window.is_due()
    assert consumer.window.renew() == 400
    assert not consumer.window.is_due()
