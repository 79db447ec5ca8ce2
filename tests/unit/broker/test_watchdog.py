from worker.broker.watchdog import Look, Watchdog


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
