from math import isnan

from worker.broker.watchdog import Leftovers, Look, Watchdog


def _look(waiting: int = 0, consumers: int = 1) -> Look:
    return Look(waiting=waiting, consumers=consumers, dead_letters=0, unrouted=0)


def test_a_queue_without_any_consumer_from_one_look_to_the_next_has_lost_ours() -> None:
    watchdog = Watchdog()
    assert watchdog.judge(_look(consumers=0), delivered=9, in_hand=3) is None
    assert "no consumer" in (watchdog.judge(_look(consumers=0), delivered=9, in_hand=3) or "")


def test_a_queue_that_was_too_busy_to_answer_now_and_then_has_lost_no_consumer() -> None:
    watchdog = Watchdog()
    for consumers in (0, 1, 0, 1, 0):
        assert watchdog.judge(_look(consumers=consumers), delivered=9, in_hand=3) is None


def test_messages_that_wait_from_look_to_look_and_are_not_brought_mean_a_dead_consumer() -> None:
    watchdog = Watchdog()
    assert watchdog.judge(_look(waiting=5), delivered=9, in_hand=0) is None
    assert "5 messages wait" in (watchdog.judge(_look(waiting=5), delivered=9, in_hand=0) or "")


def test_a_consumer_that_brings_something_between_two_looks_is_alive() -> None:
    watchdog = Watchdog()
    for delivered in range(5):
        assert watchdog.judge(_look(waiting=5), delivered=delivered, in_hand=0) is None


def test_a_consumer_whose_hands_are_full_is_not_suspected() -> None:
    watchdog = Watchdog()
    for _ in range(3):
        assert watchdog.judge(_look(waiting=5), delivered=9, in_hand=2) is None


def test_a_suspicion_is_dropped_when_the_queue_was_seen_empty() -> None:
    watchdog = Watchdog()
    for waiting in (5, 0, 5):
        assert watchdog.judge(_look(waiting=waiting), delivered=9, in_hand=0) is None


def test_a_queue_that_is_said_to_be_empty_once_has_kept_its_messages() -> None:
    leftovers = Leftovers()
    told = []
    for waiting in (7, 0, 7, 0, 8, 0, 0, 2):
        leftovers.note(waiting)
        told.append(leftovers.messages)
    assert told == [7, 7, 7, 7, 8, 8, 0, 2]


def test_a_queue_that_is_said_to_be_empty_at_the_first_look_is_not_known_until_the_second() -> None:
    leftovers = Leftovers()
    leftovers.note(0)
    assert isnan(leftovers.messages)
    leftovers.note(0)
    assert leftovers.messages == 0


def test_a_queue_with_messages_is_known_at_the_first_look_and_by_a_reader_too() -> None:
    alone, read = Leftovers(), Leftovers()
    alone.note(7)
    read.note(7, readers=1)
    assert (alone.messages, read.messages) == (7, 7)


def test_messages_have_not_become_fewer_while_somebody_reads_them() -> None:
    leftovers = Leftovers()
    told = []
    for waiting, readers in ((7, 0), (0, 1), (3, 1), (9, 1), (0, 1), (0, 0), (0, 0)):
        leftovers.note(waiting, readers)
        told.append(leftovers.messages)
    assert told == [7, 7, 7, 9, 9, 9, 0]
