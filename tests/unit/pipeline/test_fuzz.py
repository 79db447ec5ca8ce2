"""Whatever comes in is an event or refused, and every event can be decided, kept and told."""

import time
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import fuzz


@given(fuzz.bodies())
def test_any_body_is_an_event_or_refused_in_one_line_of_our_own(body: bytes) -> None:
    fuzz.is_read_or_refused(body)


@given(fuzz.bodies())
def test_any_body_is_decoded_again_as_it_was_before(body: bytes) -> None:
    fuzz.is_decoded_again_as_before(body)


@given(st.lists(fuzz.written() | fuzz.damaged(), max_size=12))
@settings(deadline=None)  # the first decision reads the policy
def test_whatever_is_taken_is_decided_kept_and_told(sent: Sequence[bytes]) -> None:
    fuzz.are_decided(sent)


def test_what_is_more_or_less_an_event_is_one_often_enough() -> None:
    # Else the tests above would see refusals only.
    taken = []

    @given(fuzz.written())
    @settings(derandomize=True, database=None)
    def look(body: bytes) -> None:
        taken.append(fuzz.is_read_or_refused(body))

    look()
    assert len(taken) / 4 < sum(taken) < len(taken)


@pytest.mark.parametrize("piece", fuzz.PIECES, ids=repr)
@pytest.mark.parametrize("before", [b"", b'{"a":', b'["', b'{"specversion":"'])
def test_no_piece_repeated_makes_a_body_costly(before: bytes, piece: bytes) -> None:
    body = before + piece * (250_000 // len(piece))
    began = time.process_time()
    fuzz.is_read_or_refused(body)
    assert time.process_time() - began < 1
