import math

from hypothesis import given
from hypothesis import strategies as st
from pamqp import commands
from pamqp.common import FieldTable

from worker.broker.lane import WINDOW, WINDOW_BYTES, Ceiling, windows
from worker.broker.volley import Publication


def _publications(
    ids: list[str], body: bytes = b"", headers: FieldTable | None = None
) -> list[Publication]:
    return [
        Publication(
            exchange="x",
            routing_key="",
            body=body,
            properties=commands.Basic.Properties(message_id=message_id, headers=headers),
        )
        for message_id in ids
    ]


def test_no_more_than_a_window_is_on_its_way() -> None:
    ids = [str(number) for number in range(2 * WINDOW + 1)]
    assert [len(window) for window in windows(_publications(ids))] == [WINDOW, WINDOW, 1]


def test_the_same_id_again_begins_a_new_window() -> None:
    assert list(windows(_publications(["a", "b", "a", "c", "a"]))) == [[0, 1], [2, 3], [4]]


def test_large_bodies_are_on_their_way_a_few_at_a_time_and_the_largest_alone() -> None:
    halves = _publications(["a", "b", "c"], bytes(WINDOW_BYTES // 2))
    assert list(windows(halves)) == [[0, 1], [2]]
    assert list(windows(_publications(["a", "b"], bytes(WINDOW_BYTES + 1)))) == [[0], [1]]


def test_headers_count_as_the_body_does() -> None:
    halves = _publications(["a", "b", "c"], headers={"x": "h" * (WINDOW_BYTES // 2 - 100)})
    assert list(windows(halves)) == [[0, 1], [2]]


def test_nothing_is_no_window() -> None:
    assert list(windows([])) == []


@given(st.lists(st.sampled_from("abcde"), max_size=60))
def test_windows_hold_all_in_order_and_no_id_twice(ids: list[str]) -> None:
    made = list(windows(_publications(ids)))
    assert [index for window in made for index in window] == list(range(len(ids)))
    for window in made:
        assert len({ids[index] for index in window}) == len(window)


def test_how_much_the_broker_takes_is_known_to_one_more_connection_and_then_learnt_anew() -> None:
    ceiling = Ceiling()
    ceiling.learn(Exception("PRECONDITION_FAILED - invalid expiration"))
    assert ceiling.size == math.inf
    ceiling.learn(Exception("message size 9 is larger than configured max size 8"))
    for size in (8, math.inf):
        ceiling.connected()
        assert ceiling.size == size
