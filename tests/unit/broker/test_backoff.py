import pytest

from worker.broker.connection import Backoff


def test_waits_double_from_half_a_second_to_ten() -> None:
    backoff = Backoff(jitter=lambda: 0.0)
    assert [backoff.next() for _ in range(8)] == [0.5, 1, 2, 4, 8, 10, 10, 10]


@pytest.mark.parametrize(("jitter", "wait"), [(0.0, 0.5), (0.5, 0.375), (1.0, 0.25)])
def test_chance_takes_at_most_half_of_a_wait(jitter: float, wait: float) -> None:
    assert Backoff(jitter=lambda: jitter).next() == wait


def test_after_a_reset_waits_are_short_again() -> None:
    backoff = Backoff(jitter=lambda: 0.0)
    for _ in range(5):
        backoff.next()
    backoff.reset()
    assert [backoff.next(), backoff.next()] == [0.5, 1]
