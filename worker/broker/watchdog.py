"""Sees what the driver does not tell: a consumer that died in silence.

A server may cancel a consumer (its queue was deleted, an acknowledgement was overdue) or lose
it, while connection and channel stay open. The only witness is the queue itself.
"""

from dataclasses import dataclass
from math import nan

from aiormq.abc import AbstractChannel

from worker.broker import depth, topology


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """What the broker says of its queues at one moment."""

    waiting: int
    """messages in the inbox that nobody holds"""
    consumers: int
    """of the inbox, ours and those of other workers"""
    dead_letters: int
    """those that nobody holds"""
    dead_letter_readers: int = 0
    """consumers of the dead letters: people who look at them"""
    unrouted: int


async def look(channel: AbstractChannel) -> Look:
    """Ask the broker. The channel must not be one that consumes: a missing queue closes it."""
    dead_letters = await depth.of(channel, topology.DEAD_LETTERS)
    unrouted = await depth.of(channel, topology.UNROUTED)
    # The last, for it is compared with our own counts.
    inbox = await depth.of(channel, topology.INBOX)
    return Look(
        waiting=inbox.waiting,
        consumers=inbox.consumers,
        dead_letters=dead_letters.waiting,
        dead_letter_readers=dead_letters.consumers,
        unrouted=unrouted.waiting,
    )


class Leftovers:
    """How many messages lie in a queue that nobody works off, told look after look."""

    def __init__(self) -> None:
        self.messages = nan
        """not a number until it is known"""
        self._was_empty = False

    def note(self, waiting: int, readers: int = 0) -> None:
        """`waiting` are those that nobody holds, `readers` the consumers: people who look at them.

        A queue that is busy, or has no leader, is said to have neither messages nor consumers: it
        takes two looks in a row to believe it, lest all that lies there seem new with the next.
        The broker does not count those that a person has in hand: while somebody reads them they
        have not become fewer. So a reader that never leaves, as a shovel, keeps the number at the
        most that it ever was.
        """
        if readers:
            self.messages = max(waiting, self.messages)
        elif waiting or self._was_empty:
            self.messages = waiting
        self._was_empty = not (waiting or readers)


class Watchdog:
    """Judges one look after the other."""

    def __init__(self) -> None:
        self._deserted = False
        self._starved_at: int | None = None

    def judge(self, seen: Look, *, delivered: int, in_hand: int) -> str | None:
        """Why our consumer must be dead, or None. `delivered` and `in_hand` are our own counts.

        A queue that is too busy to answer is said to have neither messages nor consumers, so it
        takes two looks to tell. Other workers' consumers hide the loss of ours from the count, so
        we also suspect a queue that holds messages and brings us none, from one look to the next,
        while our hands are empty.
        """
        deserted = seen.consumers == 0
        if deserted and self._deserted:
            return f"the broker has no consumer on {topology.INBOX}"
        self._deserted = deserted
        starved = seen.waiting > 0 and in_hand == 0
        if starved and self._starved_at == delivered:
            return f"{seen.waiting} messages wait in {topology.INBOX} and none is brought"
        self._starved_at = delivered if starved else None
        return None
