import struct
from datetime import UTC, datetime

import pytest
from pamqp import commands, frame
from pamqp.header import ContentHeader

from worker.broker import wire

_HEADERS, _MESSAGE_ID, _TIMESTAMP = 1 << 13, 1 << 7, 1 << 6
_LATIN = "é".encode("latin-1")


@pytest.fixture(autouse=True)
def _tolerant() -> None:
    wire.read_tolerantly()
    wire.read_tolerantly()


def _read(flags: int, values: bytes) -> commands.Basic.Properties:
    payload = struct.pack(">HHQH", 60, 0, 1, flags) + values
    sent = struct.pack(">BHI", 2, 1, len(payload)) + payload + b"\xce"
    _, _, header = frame.unmarshal(sent)
    assert isinstance(header, ContentHeader)
    return header.properties


def _table(*entries: bytes) -> bytes:
    content = b"".join(entries)
    return struct.pack(">I", len(content)) + content


@pytest.mark.parametrize("instant", [2**64 - 1, 1_700_000_000_000_000, 253_402_300_800_000])
def test_a_time_that_no_calendar_has_is_left_out_and_the_rest_is_read(instant: int) -> None:
    read = _read(_MESSAGE_ID | _TIMESTAMP, b"\x01m" + struct.pack(">Q", instant))
    assert (read.message_id, read.timestamp) == ("m", None)


def test_a_text_that_is_not_utf_8_is_read_as_far_as_it_can_be() -> None:
    read = _read(_MESSAGE_ID | _TIMESTAMP, b"\x02m" + _LATIN + struct.pack(">Q", 1_700_000_000))
    assert read.message_id == "m\N{REPLACEMENT CHARACTER}"
    assert read.timestamp == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


def test_headers_that_cannot_be_read_are_left_out_and_what_follows_is_read() -> None:
    read = _read(_HEADERS | _MESSAGE_ID, _table(b"\x01" + _LATIN + b"t\x01") + b"\x01m")
    assert (read.headers, read.message_id) == ({}, "m")


def test_a_header_of_an_unknown_kind_does_no_harm() -> None:
    read = _read(_HEADERS | _MESSAGE_ID, _table(b"\x01a?\x01") + b"\x01m")
    assert (read.headers, read.message_id) == ({}, "m")


def test_a_nested_table_that_cannot_be_read_leaves_its_neighbours() -> None:
    nested = b"\x01nF" + _table(b"\x01" + _LATIN + b"t\x01")
    time = b"\x01wT" + struct.pack(">Q", 1_700_000_000_000_000)
    read = _read(_HEADERS, _table(nested, time, b"\x01kt\x01"))
    assert read.headers == {"n": {}, "w": None, "k": True}


def test_tables_nested_deeper_than_the_stack_do_no_harm() -> None:
    deep = _table()
    for _ in range(5_000):
        deep = _table(b"\x01nF" + deep)
    read = _read(_HEADERS | _MESSAGE_ID, deep + b"\x01m")
    assert read.message_id == "m"


def test_what_can_be_read_is_read_as_before() -> None:
    properties = commands.Basic.Properties(
        content_type="application/json",
        headers={"text": "é", "list": [1, {"a": None}], "time": datetime(2026, 3, 2, tzinfo=UTC)},
        message_id="é" * 100,
        timestamp=datetime(2026, 3, 2, tzinfo=UTC),
    )
    _, _, read = frame.unmarshal(frame.marshal(ContentHeader(0, 1, properties), 1))
    assert isinstance(read, ContentHeader)
    assert read.properties == properties
