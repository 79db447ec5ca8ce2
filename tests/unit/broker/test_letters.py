from datetime import UTC, datetime
from typing import Any

import pytest
from pamqp import commands, frame
from pamqp.header import ContentHeader

from worker.broker import letters
from worker.broker.port import DeadLetter, Delivery


def _letter(error: str = "line 1", **more: Any) -> DeadLetter:
    given: dict[str, Any] = {"body": b"x", "routing_key": "ticket.created", **more}
    delivery = Delivery(received_at=datetime(2026, 3, 2, tzinfo=UTC), token=None, **given)
    return DeadLetter(delivery=delivery, reason="not_json", error=error)


def _headers(letter: DeadLetter) -> dict[str, Any]:
    return dict(letters.publication(letter).properties.headers or {})


def _size(letter: DeadLetter) -> int:
    """Of the frame that holds all properties."""
    return len(frame.marshal(ContentHeader(0, 1, letters.publication(letter).properties), 1))


def test_a_letter_says_why_it_is_there_and_where_it_came_in() -> None:
    assert _headers(_letter()) == {
        "x-respondby-reason": "not_json",
        "x-respondby-error": "line 1",
        "x-respondby-original-routing-key": "ticket.created",
    }


def test_headers_of_ours_that_came_with_the_message_are_replaced_and_not_missed() -> None:
    letter = _letter(headers={"x-respondby-reason": "forged", "x-respondby-error": "forged"})
    assert _headers(letter)["x-respondby-reason"] == "not_json"
    assert letters.dropped(letter) == []


def test_a_message_keeps_its_id_and_one_without_gets_a_new_one() -> None:
    assert letters.publication(_letter(message_id="m-1")).message_id == "m-1"
    new = {letters.publication(_letter(message_id=none)).message_id for none in (None, "", None)}
    assert len(new) == 3
    assert "" not in new


def test_the_headers_that_fit_are_kept_and_the_others_are_named() -> None:
    headers = {"huge": "h" * 70_000, "small": "s", "large": "l" * 60_000, "late": "l" * 6_000}
    letter = _letter(headers=headers)
    assert headers.keys() & _headers(letter).keys() == {"small", "large"}
    assert letters.dropped(letter) == ["huge", "late"]


def test_however_many_headers_came_all_fit_into_one_frame() -> None:
    headers = {f"header-{number}": "é" * 100 for number in range(5_000)}
    assert _size(_letter(error="é" * 5_000, headers=headers)) < 128 * 1024


@pytest.mark.parametrize("strange", [2**70, object(), {"nested": object()}, [object()], "\ud800"])
def test_a_header_that_has_no_form_on_the_wire_is_dropped_and_named(strange: object) -> None:
    letter = _letter(headers={"strange": strange, "plain": 1})
    assert "strange" not in _headers(letter)
    assert _headers(letter)["plain"] == 1
    assert letters.dropped(letter) == ["strange"]


def test_a_header_whose_name_is_too_long_for_the_wire_is_dropped() -> None:
    long = "é" * 64 + "n"
    assert letters.dropped(_letter(headers={long: 1, long[:64]: 2})) == [long]


def test_an_error_is_cut_to_a_line_that_the_wire_can_carry() -> None:
    assert _headers(_letter(error="\ud800" + "e" * 5_000))["x-respondby-error"] == "?" + "e" * 999


def test_what_was_buried_once_is_buried_again_the_same_way() -> None:
    letter = _letter(headers={"x-death": [{"count": 2, "time": datetime(2026, 3, 2, tzinfo=UTC)}]})
    sent = frame.marshal(ContentHeader(0, 1, letters.publication(letter).properties), 1)
    _, _, read = frame.unmarshal(sent)
    assert isinstance(read, ContentHeader)
    assert isinstance(read.properties, commands.Basic.Properties)
    again = _letter(headers=read.properties.headers)
    assert _headers(again) == _headers(letter)


def test_properties_that_have_grown_too_long_by_being_read_do_not_stop_a_letter() -> None:
    grown = (b"\xff" * 100).decode("utf-8", "replace")
    letter = _letter(
        message_id=grown, content_type=grown, content_encoding=grown, routing_key=grown
    )
    assert _size(letter) > 0
    made = letters.publication(letter)
    assert made.message_id != grown
    assert len(made.routing_key.encode()) <= 255
    assert _headers(letter)["x-respondby-original-routing-key"] == grown
