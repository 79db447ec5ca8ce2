"""What the broker sends, cut into frames: messages go to who takes them, the rest to the driver.

The driver reads a message as three frames, in nine steps, through two queues and into a task of its
own, which costs more than to decide on its ticket. Here it is three slices of what came.
"""

import struct
from collections.abc import Callable
from typing import NamedTuple

from pamqp import commands, constants, heartbeat
from pamqp.header import ContentHeader

_METHOD, _HEADER, _BODY = constants.FRAME_METHOD, constants.FRAME_HEADER, constants.FRAME_BODY
_KINDS = frozenset((_METHOD, _HEADER, _BODY, constants.FRAME_HEARTBEAT))
#: A frame begins with its kind, its channel and the length of its payload; it ends with a mark.
HEAD = struct.Struct(">BHI")
_AROUND = HEAD.size + 1
_DELIVER = struct.pack(">I", commands.Basic.Deliver.index)
_TAG = struct.Struct(">QB")

#: What is raised by bytes that are no frames, or not such as they should be.
_UNREADABLE = (ValueError, IndexError, struct.error)


class Brought(NamedTuple):
    """A message, as the broker brought it to a consumer."""

    tag: int
    """by which its channel knows it"""
    redelivered: bool
    routing_key: str
    properties: commands.Basic.Properties
    body: bytes


Take = Callable[[Brought], None]


class Sieve:
    """For one connection. Frames of a channel that nobody takes from are the driver's."""

    def __init__(self) -> None:
        self.takers: dict[int, Take] = {}
        """who is given what is brought, at once and in order, by the number of the channel"""
        self._pieces: list[bytes] = []
        """of a frame that has not come to its end"""
        self._missing = 0
        """how much of it, at least"""
        self._begun: dict[int, _Begun] = {}
        self._is_torn = False

    def sift(self, data: bytes) -> bytes:
        """Of these bytes, what is the driver's: whole frames.

        What cannot be read is its too, with all that comes after it: it knows what to say.
        """
        if self._is_torn:
            return data
        self._pieces.append(data)
        self._missing -= len(data)
        if self._missing > 0:
            return b""
        left, brought = self._cut(b"".join(self._pieces))
        for take, message in brought:
            take(message)
        return left

    def _cut(self, stream: bytes) -> tuple[bytes, list[tuple[Take, Brought]]]:
        left: list[bytes] = []
        brought: list[tuple[Take, Brought]] = []
        start = 0
        try:
            while (end := _end(stream, start)) <= len(stream):
                frame = stream[start:end]
                if not self._takes(frame, brought):
                    left.append(frame)
                start = end
        except _UNREADABLE:
            self._is_torn = True
            return b"".join(left) + stream[start:], brought
        self._pieces, self._missing = [stream[start:]], end - len(stream)
        if start and not left:
            # The driver gives up a broker of which it has not heard a whole frame for long.
            left.append(heartbeat.Heartbeat.value)
        return b"".join(left), brought

    def _takes(self, frame: bytes, brought: list[tuple[Take, Brought]]) -> bool:
        kind, channel, _ = HEAD.unpack_from(frame)
        take = self.takers.get(channel)
        if take is None:
            return False
        payload = frame[HEAD.size : -1]
        if kind == _METHOD:
            if not payload.startswith(_DELIVER):
                return False
            self._begun[channel] = _Begun(payload)
            return True
        message = self._begun.get(channel)
        if message is None:
            return False  # a part of one that the broker returns
        if message.is_whole_with(kind, payload):
            del self._begun[channel]
            brought.append((take, message.brought()))
        return True


class _Begun:
    """A message that is on its way."""

    def __init__(self, deliver: bytes) -> None:
        # Behind the method: the consumer's tag, the message's, the exchange, the routing key.
        at = len(_DELIVER) + 1 + deliver[len(_DELIVER)]
        self._tag, self._redelivered = _TAG.unpack_from(deliver, at)
        at += _TAG.size
        at += 1 + deliver[at]
        self._routing_key = deliver[at + 1 : at + 1 + deliver[at]]
        self._header = ContentHeader()
        self._body: list[bytes] = []
        self._missing = 0

    def is_whole_with(self, kind: int, payload: bytes) -> bool:
        """Whether nothing is missing after this frame of it."""
        if kind == _HEADER:
            self._header.unmarshal(payload)
            self._missing = self._header.body_size
        else:
            self._body.append(payload)
            self._missing -= len(payload)
        return self._missing <= 0

    def brought(self) -> Brought:
        return Brought(
            self._tag,
            bool(self._redelivered & 1),
            self._routing_key.decode("utf-8", "replace"),
            self._header.properties,
            b"".join(self._body),
        )


def _end(stream: bytes, start: int) -> int:
    """Where the frame ends that starts there, or the shortest would; ValueError if it is none."""
    here = len(stream) - start
    if here and stream[start] not in _KINDS:
        raise ValueError("it is no frame")
    if here < HEAD.size:
        return start + _AROUND
    end: int = start + _AROUND + HEAD.unpack_from(stream, start)[2]
    if end <= len(stream) and stream[end - 1] != constants.FRAME_END:
        raise ValueError("its end is not marked")
    return end
