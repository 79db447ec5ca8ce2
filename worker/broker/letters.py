"""How a message that can never be processed is written down for a person."""

import math
import struct
import uuid
from collections.abc import Iterator, Mapping
from typing import cast

from pamqp import commands, encode
from pamqp.common import FieldTable, FieldValue

from worker.broker import topology
from worker.broker.port import DeadLetter, Delivery
from worker.broker.volley import Publication

REASON = "x-respondby-reason"
ERROR = "x-respondby-error"
ROUTING_KEY = "x-respondby-original-routing-key"

#: What is put on a letter, beside what it came with.
OURS = {REASON, ERROR, ROUTING_KEY}
#: When the letter is given back, the broker would send a copy to each queue that these name.
_CARBON_COPIES = {"CC", "BCC"}
#: Bytes of original headers that are kept. All headers must fit one frame (128 KiB unless the
#: broker was told otherwise), or the broker closes the connection.
_HEADER_BYTES = 65_536
_ERROR_LENGTH = 1000
#: Bytes that a property can hold.
_SHORT_BYTES = 255
#: Bytes of a header's name; the driver cuts longer ones off, by which two may become one.
_NAME_BYTES = 128


def publication(letter: DeadLetter) -> Publication:
    """The bytes as they came, with its name and headers, and why it is here.

    A message without an id gets one, by which it can be given back or dropped.
    """
    delivery = letter.delivery
    return Publication(
        exchange=topology.DEAD,
        # The exchange sends every letter to its one queue, whatever the key.
        routing_key=short(delivery.routing_key) or "",
        body=delivery.body,
        properties=commands.Basic.Properties(
            message_id=short(delivery.message_id) or str(uuid.uuid4()),
            content_type=short(delivery.content_type),
            content_encoding=short(delivery.content_encoding),
            delivery_mode=2,
            timestamp=delivery.received_at,
            app_id="respondby",
            headers={**dict(kept(delivery.headers)), **_reasons(letter)},
        ),
    )


def dropped(letter: DeadLetter) -> list[str]:
    """The names of headers that were too large or too strange to be kept."""
    headers = letter.delivery.headers
    return sorted(set(headers) - {name for name, _ in kept(headers)} - OURS)


def short(text: str | None) -> str | None:
    """The text, where a message's property can hold it.

    One that was not UTF-8 has grown by being read, and must not keep its letter from being buried.
    """
    return text if text is not None and len(text.encode()) <= _SHORT_BYTES else None


def _reasons(letter: DeadLetter) -> FieldTable:
    return {
        REASON: letter.reason,
        ERROR: _writable(letter.error[:_ERROR_LENGTH]),
        ROUTING_KEY: _came_in_with(letter.delivery),
    }


def _came_in_with(delivery: Delivery) -> str:
    """Its routing key; of one that was given back, straight to the inbox, the key before that."""
    before = delivery.headers.get(ROUTING_KEY) if delivery.routing_key == topology.INBOX else None
    return before if isinstance(before, str) and before else delivery.routing_key


def kept(headers: Mapping[str, object]) -> Iterator[tuple[str, FieldValue]]:
    """Of a message's own headers, those that can be sent on: they fit, and make no copies."""
    room: float = _HEADER_BYTES
    for name, value in headers.items():
        if name in OURS | _CARBON_COPIES:
            continue
        written = cast(FieldValue, value)
        size = _size(name, written)
        if size <= room:
            room -= size
            yield name, written


def _size(name: str, value: FieldValue) -> float:
    try:
        if len(name.encode()) > _NAME_BYTES:
            return math.inf
        return len(encode.field_table({name: value}))
    except (TypeError, ValueError, OverflowError, struct.error):
        # It was read from the wire, but has no form in which to write it.
        return math.inf


def _writable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
