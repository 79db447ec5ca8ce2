"""Counts that may be too high, and are never too low."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.replay import sketch
from worker.replay.sketch import Sketch

_keys = st.tuples(st.just("/psa"), st.sampled_from(["a", "b", "c", "d", "e"]))


@given(added=st.lists(_keys), data=st.data())
def test_no_count_is_too_low_though_keys_share_places(
    added: list[tuple[str, str]], data: st.DataObject
) -> None:
    taken = data.draw(st.integers(0, len(added)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sketch, "_ROOM", 3)
        counted = Sketch()
        for key in added:
            counted.add(key)
        for key in added[:taken]:
            counted.take(key)
        assert all(counted.count(key) >= added[taken:].count(key) for key in added)


def test_keys_are_counted_each_for_itself_while_there_is_room() -> None:
    counted = Sketch()
    counted.add(("/psa", "a"))
    counted.add(("/psa", "a"))
    counted.take(("/psa", "a"))
    assert [counted.count(("/psa", name)) for name in "ab"] == [1, 0]


def test_what_was_too_many_to_count_stays_many() -> None:
    counted, key = Sketch(), ("/psa", "a")
    for _ in range(1_000):
        counted.add(key)
    for _ in range(999):
        counted.take(key)
    assert counted.count(key) > 1


def test_what_was_never_added_cannot_be_taken() -> None:
    with pytest.raises(KeyError):
        Sketch().take(("/psa", "a"))
