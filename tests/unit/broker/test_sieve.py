"""What is taken out of a stream of frames, and what is left to the driver."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pamqp import commands, constants, frame
from pamqp.base import Frame
from pamqp.body import ContentBody
from pamqp.header import ContentHeader
from pamqp.heartbeat import Heartbeat

from worker.broker.sieve import Brought, Sieve

_CHANNEL, _OTHER = 3, 4
_SIGN_OF_LIFE = Heartbeat.marshal()


def _method(value: Frame, channel: int = _CHANNEL) -> bytes:
    return frame.marshal(value, channel)


def _content(body: bytes, channel: int = _CHANNEL, *, room: int = 4) -> list[bytes]:
    properties = commands.Basic.Properties(message_id="m", headers={"a": 1})
    pieces = [body[start : start + room] for start in range(0, len(body), room)]
    return [
        frame.marshal(ContentHeader(0, len(body), properties), channel),
        *(frame.marshal(ContentBody(piece), channel) for piece in pieces),
    ]


def _brought(tag: int, body: bytes, channel: int = _CHANNEL) -> list[bytes]:
    deliver = commands.Basic.Deliver("consumer", tag, tag % 2 == 0, "tickets", "ticket.created")
    return [_method(deliver, channel), *_content(body, channel)]


_RETURNED = [_method(commands.Basic.Return(312, "NO_ROUTE", "out", "key")), *_content(b"returned")]
_CANCELLED = _method(commands.Basic.CancelOk("consumer"))


class _Taken(list[Brought]):
    """What a sieve gave away, and what it left, of a stream that came in pieces."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        super().__init__()
        sieve = Sieve()
        sieve.takers[_CHANNEL] = self.append
        self.left = b"".join(sieve.sift(piece) for piece in pieces)

    @property
    def frames_left(self) -> bytes:
        """Without the signs of life, of which there are more the more pieces there were."""
        return self.left.replace(_SIGN_OF_LIFE, b"")


def test_a_message_is_taken_whole_and_the_driver_hears_that_the_broker_lives() -> None:
    taken = _Taken(_brought(7, b"a body in pieces"))
    (message,) = taken
    assert (message.tag, message.redelivered, message.body) == (7, False, b"a body in pieces")
    assert message.routing_key == "ticket.created"
    assert (message.properties.message_id, message.properties.headers) == ("m", {"a": 1})
    assert taken.left == _SIGN_OF_LIFE * 6


def test_a_frame_that_does_not_come_to_its_end_is_no_sign_of_life() -> None:
    deliver, *_ = _brought(7, b"a body")
    assert _Taken([deliver[:20], deliver[20:30]]).left == b""


def test_a_fault_of_who_takes_is_no_fault_of_the_stream() -> None:
    def take(_: Brought) -> None:
        raise ValueError("mine")

    sieve = Sieve()
    sieve.takers[_CHANNEL] = take
    with pytest.raises(ValueError, match="mine"):
        sieve.sift(b"".join(_brought(7, b"a body")))


def test_a_message_without_a_body_is_whole_with_its_header() -> None:
    assert [message.body for message in _Taken(_brought(8, b""))] == [b""]


def test_what_comes_again_is_marked() -> None:
    assert [message.redelivered for message in _Taken(_brought(8, b"x"))] == [True]


@given(st.data())
def test_it_is_the_same_however_the_stream_is_cut(data: st.DataObject) -> None:
    mine, others = _brought(1, b"first body") + _brought(2, b""), _brought(1, b"other", _OTHER)
    # Frames of two channels come in between each other; those of one keep their order.
    mixed: list[bytes] = []
    queues = [[*mine, *_RETURNED, _CANCELLED, *_brought(3, b"last")], others]
    while any(queues):
        mixed.append(data.draw(st.sampled_from([queue for queue in queues if queue])).pop(0))
    stream = b"".join(mixed)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)))))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    taken = _Taken(pieces)
    assert [message.body for message in taken] == [b"first body", b"", b"last"]
    is_taken = {*mine, *_brought(3, b"last")}
    assert taken.frames_left == b"".join(each for each in mixed if each not in is_taken)


def test_before_anybody_takes_all_is_the_drivers_and_nothing_is_added() -> None:
    sieve = Sieve()
    stream = b"".join(_brought(1, b"body"))
    assert sieve.sift(stream[:50]) + sieve.sift(stream[50:]) == stream
    assert sieve.sift(stream[:3]) == b""


@pytest.mark.parametrize(
    "unreadable",
    [
        b"AMQP\x00\x00\x09\x01",
        _CANCELLED[:-1] + b"\x00",
        b"\x01\x00\x03\x00\x00\x00\x04\x00\x3c\x00\x3c\xce",
    ],
    ids=["another protocol", "no end mark", "a method that is cut off"],
)
def test_what_cannot_be_read_is_left_to_the_driver_with_all_that_follows(unreadable: bytes) -> None:
    rest = unreadable + b"".join(_brought(2, b"y"))
    taken = _Taken([*_brought(1, b"x"), rest[:9], rest[9:]])
    assert taken.frames_left == rest
    assert [message.tag for message in taken] == [1]


def test_a_header_that_cannot_be_read_is_left_to_the_driver() -> None:
    deliver, *_ = _brought(1, b"x")
    header = b"\x02\x00\x03\x00\x00\x00\x02\x00\x3c" + bytes([constants.FRAME_END])
    taken = _Taken([deliver + header])
    assert (list(taken), taken.frames_left) == ([], header)
