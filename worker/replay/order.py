"""The one order in which events are replayed, whatever order their lines are in.

Ordered are instants, then tickets by source and id, then a ticket's events as its history orders
them. So the same set of events gives the same bytes.

What was printed cannot be taken back, and the last line could still hold the earliest event. So
no byte may leave before all lines were seen, and they are read twice. The first reading checks
them, and notes where order breaks for the first time: from that line on, times and places of the
lines go into a table on disk. The second reading decides. It streams the lines before the break
and merges the others in from the table; where order never breaks, which is the common case, the
table is empty and all is streamed. In memory is at most one instant of the streamed lines.

A pipe cannot be read twice: its lines are kept on disk, and the second reading begins when the
pipe ends. Deciding at once would give another result for every order in which the same events
come, since alerts would have been printed that an event which comes later prevents.
"""

import heapq
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import groupby, takewhile
from operator import itemgetter
from typing import NamedTuple

from schemas import decoding
from schemas.decoding import Rejected
from schemas.inbound import Inbound
from worker import errors
from worker.replay.lines import Line, Lines, Watch
from worker.ticket import history
from worker.ticket.ids import TicketKey

HELD = 1_000
"""Lines of one instant that are sorted in memory; from there on the rest is sorted on disk."""

Reject = Callable[[int, Rejected], None]
"""Told the number of a line that is no event, and why."""


class InputChanged(errors.RespondbyError):
    """The input was changed while it was read: what was printed is not what it says now."""


class Incoming(NamedTuple):
    """An event with the line that it came on.

    Its first three fields are its place among all events, save for the order of one ticket at
    one instant; numbers differ, so that two of them can be compared.
    """

    time: datetime
    ticket: TicketKey
    number: int
    offset: int
    entry: history.Entry

    @property
    def event(self) -> Inbound:
        return self.entry.event


class Arrangement:
    """All events of the lines in their order; made by a first reading, which finds bad lines."""

    def __init__(
        self,
        lines: Lines,
        disk: sqlite3.Connection,
        reject: Reject,
        *,
        watch: Watch | None = None,
        held: int = HELD,
    ) -> None:
        self.events = 0
        self.read = 0
        """so many of them by the second reading"""
        self._lines = lines
        self._disk = disk
        self._last_in_order = 0
        """the number of the last line before the break"""
        disk.execute("CREATE TABLE line (time, source, ticket, number, offset)")
        order = _Order(held)
        for incoming in _decoded(lines.read(watch), reject):
            self.events += 1
            if order.holds(incoming.time):
                self._last_in_order = incoming.number
            else:
                disk.execute("INSERT INTO line VALUES (?, ?, ?, ?, ?)", _row(incoming))

    def groups(self) -> Iterator[Iterator[Incoming]]:
        """The events of one ticket and instant together. Raises InputChanged."""
        for _, together in groupby(self._all(), key=itemgetter(0, 1)):
            yield together

    def _all(self) -> Iterator[Incoming]:
        for incoming in heapq.merge(self._streamed(), self._sorted()):
            self.read += 1
            yield incoming
        if self.read != self.events:
            raise InputChanged

    def _streamed(self) -> Iterator[Incoming]:
        events = _decoded(self._lines.read(), _was_told_before)
        in_order = takewhile(lambda each: each.number <= self._last_in_order, events)
        for _, instant in groupby(in_order, key=itemgetter(0)):
            yield from sorted(instant)

    def _sorted(self) -> Iterator[Incoming]:
        lines = self._disk.execute(
            "SELECT number, offset FROM line ORDER BY time, source, ticket, number"
        )
        for number, offset in lines:
            line = Line(number, offset, self._lines.at(offset))
            yield from _decoded([line], _was_told_before)


class _Order:
    """Whether times have never gone backwards, and no instant has more lines than can be held."""

    def __init__(self, held: int) -> None:
        self._held = held
        self._last: datetime | None = None
        self._together = 0
        self._broken = False

    def holds(self, time: datetime) -> bool:
        """Whether it still holds after an event of this time; once broken, it stays broken."""
        self._together = self._together + 1 if time == self._last else 1
        backwards = self._last is not None and time < self._last
        self._broken = self._broken or backwards or self._together > self._held
        self._last = time
        return not self._broken


def ordered(together: Iterable[Incoming]) -> list[Incoming]:
    """Events of one ticket and instant, all different, as the ticket's history orders them."""
    known = [*together]
    if len(known) < 2:
        return known
    by_entry = {id(incoming.entry): incoming for incoming in known}
    whole = history.ordered(incoming.entry for incoming in by_entry.values())
    return [by_entry[id(entry)] for entry in whole]


def _decoded(lines: Iterable[Line], reject: Reject) -> Iterator[Incoming]:
    """The events that the lines hold; `reject` hears of the others."""
    for line in lines:
        try:
            if line.body is None:
                raise Rejected("too_large", "the line is longer than an event may be")
            event = decoding.decode(line.body)
        except Rejected as rejected:
            reject(line.number, rejected)
        else:
            ticket = event.source, event.data.ticket_id
            entry = history.Entry(event, line.body)
            yield Incoming(event.time, ticket, line.number, line.offset, entry)


def _was_told_before(number: int, rejected: Rejected) -> None:
    """Bad lines were reported by the first reading."""


def _row(incoming: Incoming) -> tuple[str, str, str, int, int]:
    # In UTC, as all times are, so that their texts sort as they do.
    time = incoming.time.isoformat(timespec="microseconds")
    return time, *incoming.ticket, incoming.number, incoming.offset
