"""What the driver reads of a stream that goes through a sieve."""

import asyncio

import pytest
from pamqp import commands, frame
from pamqp.body import ContentBody
from pamqp.header import ContentHeader
from pamqp.heartbeat import Heartbeat

from worker.broker.sieve import Brought, Sieve
from worker.broker.transport import Reader

_ANSWER = frame.marshal(commands.Basic.QosOk(), 1)
_MESSAGE = b"".join(
    frame.marshal(part, 1)
    for part in (
        commands.Basic.Deliver("consumer", 1, False, "tickets", "ticket.created"),
        ContentHeader(0, 4, commands.Basic.Properties()),
        ContentBody(b"body"),
    )
)


async def test_the_driver_reads_what_is_its_own_and_messages_are_taken_on_the_way() -> None:
    source, sieve, taken = asyncio.StreamReader(), Sieve(), list[Brought]()
    sieve.takers[1] = taken.append
    reader = Reader(source, sieve)
    source.feed_data(_MESSAGE + _ANSWER[:5])
    # Of the message it hears only that the broker lives.
    assert await reader.readexactly(8) == Heartbeat.marshal()
    assert [message.body for message in taken] == [b"body"]
    source.feed_data(_ANSWER[5:])
    assert await reader.readexactly(len(_ANSWER)) == _ANSWER


async def test_a_stream_is_over_when_all_of_it_was_read() -> None:
    source = asyncio.StreamReader()
    reader = Reader(source, Sieve())
    source.feed_data(_ANSWER)
    source.feed_eof()
    assert await reader.readexactly(2) == _ANSWER[:2]
    assert not reader.at_eof()
    await reader.readexactly(len(_ANSWER) - 2)
    assert reader.at_eof()


async def test_a_stream_that_ends_too_early_says_so() -> None:
    source = asyncio.StreamReader()
    source.feed_data(_ANSWER[:5])
    source.feed_eof()
    with pytest.raises(asyncio.IncompleteReadError):
        await Reader(source, Sieve()).readexactly(1)
