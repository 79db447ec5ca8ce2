"""A volley: publications written to a channel in one go, and the broker's answer to each.

The driver's own `basic_publish` costs a task, two futures and a lock for every publication, which
is most of what publishing costs. Here the confirms are put where the driver looks for them, and
all frames are handed to it as one.
"""

import asyncio
import struct
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache, partial
from typing import NamedTuple

from aiormq import Channel
from aiormq.abc import ChannelFrame, ConfirmationFrameType
from aiormq.exceptions import ChannelInvalidStateError
from pamqp import commands, constants, encode, frame
from pamqp.common import FieldTable

from worker.broker import faults
from worker.broker.sieve import HEAD

Answer = asyncio.Future[ConfirmationFrameType]

#: Stands for a message_id; no other property holds it.
_PLACE = "\0message_id\0"
_CONTENT = struct.Struct(">HxxQ")

#: What the driver raises for a publication that cannot be put into frames.
_UNWRITABLE = (ValueError, TypeError, OverflowError, struct.error)


class Unwritable(Exception):
    """A publication cannot be put into frames, and was not written."""


class Publication(NamedTuple):
    """A message, ready for the wire. Its properties hold a `message_id`."""

    exchange: str
    routing_key: str
    body: bytes
    properties: commands.Basic.Properties

    @property
    def message_id(self) -> str:
        return self.properties.message_id or ""

    @property
    def size(self) -> int:
        """Bytes on the wire, of body and headers; what else there is hardly counts."""
        return len(self.body) + _size(self.properties.headers)

    def written(self) -> bytes:
        """Its properties as they go over the wire."""
        return self.properties.marshal()


class Stamp:
    """Properties without headers that many messages share; each has a message_id of its own.

    So pamqp writes them once, and not for every message.
    """

    def __init__(self, properties: commands.Basic.Properties) -> None:
        """Takes them over; what message_id they have does not matter."""
        properties.message_id = _PLACE
        self._before, self._after = properties.marshal().split(encode.short_string(_PLACE))

    def on(self, message_id: str) -> bytes:
        return self._before + encode.short_string(message_id) + self._after


class Stamped(NamedTuple):
    """A publication whose properties are a stamp's."""

    exchange: str
    routing_key: str
    body: bytes
    message_id: str
    stamp: Stamp

    @property
    def size(self) -> int:
        return len(self.body)

    def written(self) -> bytes:
        return self.stamp.on(self.message_id)


Shot = Publication | Stamped
"""One of a volley."""


@asynccontextmanager
async def fired(channel: Channel, shots: Sequence[Shot]) -> AsyncIterator[list[Answer]]:
    """Write all of them, mandatory, to a channel with confirms; the answers come in the block.

    An answer is a confirm, or raises: DeliveryError where the broker refuses it or no queue takes
    it, Unwritable, or what closed the channel. No two publications may have one message_id: the
    driver finds by it which one a returned message was.
    """
    frames = [_frames(channel, shot) for shot in shots]
    answers: list[Answer] = []
    ended = channel.closing
    ended.add_done_callback(partial(_end, answers))
    try:
        async with channel.lock:
            answers += _expected(channel, shots, frames)
            await _write(channel, b"".join(each for each in frames if isinstance(each, bytes)))
        yield answers
    finally:
        ended.cancel()
        for answer in answers:
            answer.cancel()
        for shot in shots:
            channel.message_id_delivery_tag.pop(shot.message_id, None)


async def _write(channel: Channel, payload: bytes) -> None:
    # Waits for the socket: else the driver's queue of writes fills up, and who waits for room
    # there is never told that the connection is gone.
    drained = channel.create_future()
    written = ChannelFrame(payload=payload, should_close=False, drain_future=drained)
    await channel.write_queue.put(written)
    await drained


def _expected(
    channel: Channel, shots: Sequence[Shot], frames: Sequence[bytes | Unwritable]
) -> Iterator[Answer]:
    for shot, written in zip(shots, frames, strict=True):
        answer: Answer = channel.loop.create_future()
        if isinstance(written, Unwritable):
            answer.set_exception(written)
            answer.exception()  # nobody asks if the others cannot be written either
        else:
            # The broker counts what it gets on a channel, and names it by that number.
            channel.delivery_tag += 1
            channel.confirmations[channel.delivery_tag] = answer
            channel.message_id_delivery_tag[shot.message_id] = channel.delivery_tag
        yield answer


def _end(answers: Sequence[Answer], ended: asyncio.Future[None]) -> None:
    """The channel is closed: what was not answered never will be."""
    if ended.cancelled():
        return
    fault = ended.exception() or ChannelInvalidStateError("the channel was closed")
    for answer in answers:
        if not answer.done():
            answer.set_exception(fault)
            answer.exception()  # nobody may be left to ask for it, and that is no fault


def _frames(channel: Channel, shot: Shot) -> bytes | Unwritable:
    body = shot.body
    # Negative where frames are of any size, as a broker may be told to take them.
    room = channel.max_content_size if channel.max_content_size > 0 else max(len(body), 1)
    pieces = (body[start : start + room] for start in range(0, len(body), room))
    number = channel.number
    try:
        about = _CONTENT.pack(commands.Basic.frame_id, len(body))
        about += shot.written()
        return b"".join(
            (
                _method(shot.exchange, shot.routing_key, number),
                _frame(constants.FRAME_HEADER, about, number),
                *(_frame(constants.FRAME_BODY, piece, number) for piece in pieces),
            )
        )
    except _UNWRITABLE as error:
        return Unwritable(faults.describe(error))


def _frame(kind: int, payload: bytes, channel: int) -> bytes:
    """As pamqp's `marshal` frames it."""
    return HEAD.pack(kind, channel, len(payload)) + payload + constants.FRAME_END_CHAR


def _size(headers: FieldTable | None) -> int:
    try:
        return len(encode.field_table(headers)) if headers else 0
    except _UNWRITABLE:
        return 0  # it is not written


@lru_cache(maxsize=256)
def _method(exchange: str, routing_key: str, channel: int) -> bytes:
    publish = commands.Basic.Publish(
        exchange=exchange, routing_key=routing_key, mandatory=True, immediate=False
    )
    return frame.marshal(publish, channel)
