"""A dead letter on a page and as JSON."""

import json
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from worker.broker.dead_letter import Letter
from worker.cli import dead_text


def _letter(body: bytes = b"", **more: Any) -> Letter:
    given = {"id": "m-1", "reason": "not_json", "error": "line 1", "routing_key": "ticket.created"}
    return Letter(**{**given, "body": body, **more})


def _body(body: bytes) -> list[str]:
    lines = list(dead_text.page(_letter(body)))
    return [line.removeprefix("  ") for line in lines[lines.index("body") + 1 :]]


def test_a_page_tells_all_that_is_known() -> None:
    since = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
    death = {"reason": "delivery_limit", "time": since, "routing-keys": ["a", "b"]}
    letter = _letter(
        b"x", since=since, message_id="m\t1", headers={"n": 1, "t": "00-1"}, deaths=(death,)
    )
    assert list(dead_text.page(letter)) == [
        "id            m-1",
        "reason        not_json",
        "error         line 1",
        "message id    m\\t1",
        "routing key   ticket.created",
        "since         Tue 2026-11-24 09:30:00Z",
        "content type  -",
        "size          1 bytes",
        "headers",
        "  n: 1",
        "  t: 00-1",
        "death",
        "  reason: delivery_limit",
        "  time: 2026-11-24T09:30:00Z",
        '  routing-keys: ["a", "b"]',
        "body",
        "  x",
    ]


def test_json_is_shown_with_an_indent_and_in_its_own_letters() -> None:
    assert _body('{"a":{"ä":[1.0,true,"→"]}}'.encode()) == [
        "{",
        '  "a": {',
        '    "ä": [',
        "      1.0,",
        "      true,",
        '      "→"',
        "    ]",
        "  }",
        "}",
    ]


@pytest.mark.parametrize(
    "text", ['{"a":1,"a":2}', '{"a":1e999}', '{"a":NaN}', "{", "[" * 50_000, "9" * 5_000, "a\tb"]
)
def test_what_an_indent_would_change_is_shown_as_it_is(text: str) -> None:
    assert _body(text.encode()) == [text.replace("\t", "\\t")]


def test_what_would_move_a_cursor_is_seen_and_not_done() -> None:
    lines = list(
        dead_text.page(
            _letter(
                b'a\x1b[2J\r\nb\xe2\x80\xae"\xc2\x9b',
                reason="\x1bc",
                error="\x07",
                routing_key="\r",
                headers={"\x1b": "\n", "nested": {"\x1b": ["\x9b"]}},
            )
        )
    )
    assert all(line.isprintable() for line in lines)
    assert lines[-2:] == ["  a\\x1b[2J\\r", '  b\\u202e"\\x9b']


def test_escapes_of_json_do_not_move_a_cursor_either() -> None:
    assert _body(b'["\\u001b[2J\\ud800\\u202e"]')[1] == '  "\\u001b[2J\\ud800\\u202e"'


def test_bytes_that_are_no_text_are_shown_in_hex() -> None:
    assert _body(b"\xff\x00 text\x1b and more of it") == [
        "00000000  ff 00 20 74 65 78 74 1b 20 61 6e 64 20 6d 6f 72  .. text. and mor",
        "00000010  65 20 6f 66 20 69 74                             e of it",
    ]


@pytest.mark.parametrize("byte", [b"a", b"\xff"])
def test_a_body_is_cut_where_nobody_would_read_on(byte: bytes) -> None:
    assert _body(byte * 65_536)[-1] != "… and 0 more; --json has all of it"
    assert _body(byte * 65_539)[-1] == "… and 3 more; --json has all of it"


def test_as_json_a_letter_is_one_line_with_every_byte_of_it() -> None:
    strange = {
        "time": datetime(2026, 3, 2, tzinfo=UTC),
        "bytes": b"a\xff",
        "number": Decimal("1.5"),
        "none": None,
    }
    letter = _letter('{"ä":\n1}'.encode(), headers=strange, content_type="text/plain")
    line = dead_text.written(dead_text.document(letter, whole=True))
    assert "\n" not in line
    assert line.isascii()
    assert json.loads(line) == {
        "id": "m-1",
        "reason": "not_json",
        "error": "line 1",
        "routing_key": "ticket.created",
        "since": None,
        "size": 9,
        "content_type": "text/plain",
        "content_encoding": None,
        "headers": {
            "time": "2026-03-02T00:00:00Z",
            "bytes": "a\\xff",
            "number": "1.5",
            "none": None,
        },
        "deaths": [],
        "body": '{"ä":\n1}',
    }


def test_as_json_a_body_that_is_no_text_is_base64() -> None:
    made = dead_text.document(_letter(b"\xff"), whole=True)
    assert made["body_base64"] == "/w=="
    assert "body" not in made


def test_a_list_as_json_holds_no_body() -> None:
    assert dead_text.document(_letter(b"secret"), whole=False) == {
        "id": "m-1",
        "reason": "not_json",
        "error": "line 1",
        "routing_key": "ticket.created",
        "since": None,
        "size": 6,
    }


def test_letters_are_counted_by_reason_the_most_frequent_first() -> None:
    assert dead_text.counted(Counter()) == "0 dead letters"
    assert dead_text.counted(Counter(a=1)) == "1 dead letter (1 a)"
    assert dead_text.counted(Counter(a=1, b=2)) == "3 dead letters (2 b, 1 a)"
