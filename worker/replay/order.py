"""The one order in which events are replayed, whatever order their lines are in.

Ordered are instants, then tickets by source and id, then a ticket's events as its history orders
them. So the same set of events gives the same bytes.

What was printed cannot be taken back, and the last line could still hold the earliest event. So
no byte may leave before all lines were seen, and they are read twice. The first reading looks only
for their places, and notes where order breaks for the first time: from that line on, places and
offsets go into a table on disk. The second reading validates and decides. It streams the lines
before the break and merges the others in from the table; where order never breaks, which is the
common case, the table is empty and all is streamed. In memory is at most one instant of the
streamed lines, and how often tickets and ids will come, in sketches of a fixed size.

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
from worker.replay import place as places
from worker.replay.lines import Line, Lines, Watch
from worker.replay.place import Place
from worker.replay.sketch import Sketch
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
    entry: history.Entry

    @property
    def event(self) -> Inbound:
        return self.entry.event


class Arrangement:
    """All events of the lines in their order; made by a first reading, which finds their places.

    Of a line in which there is none the first reading tells what is wrong. Whether the others hold
    good events is found and told when their turn comes.
    """

    def __init__(
        self,
        lines: Lines,
        disk: sqlite3.Connection,
        reject: Reject,
        *,
        watch: Watch | None = None,
        held: int = HELD,
    ) -> None:
        self.placed = 0
        """lines in which a place was found"""
        self.read = 0
        """so many of them by the second reading"""
        self.ids = Sketch()
        """of all placed lines, by source and id"""
        self.coming = Sketch()
        """placed lines that are not over yet, by ticket"""
        self._lines = lines
        self._disk = disk
        self._reject = reject
        self._last_in_order = 0
        """the number of the last line before the break"""
        disk.execute("CREATE TABLE line (time, source, ticket, number, offset)")
        disk.execute("CREATE TABLE placeless (number INTEGER PRIMARY KEY)")
        self._arrange(lines.read(watch), _Order(held))

    def _arrange(self, lines: Iterable[Line], order: "_Order") -> None:
        for line in lines:
            try:
                place = places.place(line)
            except Rejected as rejected:
                self._reject(line.number, rejected)
                self._disk.execute("INSERT INTO placeless VALUES (?)", (line.number,))
                continue
            self.placed += 1
            self.ids.add(place.id)
            self.coming.add(place.ticket)
            if order.holds(place.time):
                self._last_in_order = line.number
            else:
                self._disk.execute("INSERT INTO line VALUES (?, ?, ?, ?, ?)", _row(place, line))

    def groups(self) -> Iterator[list[Incoming]]:
        """The events of one ticket and instant together. Raises InputChanged.

        Who asks for the next is done with the last: they come no more.
        """
        for _, together in groupby(self._all(), key=itemgetter(0, 1)):
            group = [*together]
            self.read += len(group)
            yield group
            for incoming in group:
                self._is_over(incoming.ticket)
        if self.read != self.placed:
            raise InputChanged

    def _all(self) -> Iterator[Incoming]:
        return heapq.merge(self._streamed(), self._sorted())

    def _streamed(self) -> Iterator[Incoming]:
        in_order = takewhile(lambda line: line.number <= self._last_in_order, self._lines.read())
        events = self._decoded(self._placed(in_order))
        for _, instant in groupby(events, key=itemgetter(0)):
            yield from sorted(instant)

    def _placed(self, lines: Iterable[Line]) -> Iterator[Line]:
        """Without those that the first reading refused: the second would take some of them."""
        numbers = self._disk.execute("SELECT number FROM placeless ORDER BY number")
        placeless = next(numbers, None)
        for line in lines:
            if placeless == (line.number,):
                placeless = next(numbers, None)
            else:
                yield line

    def _sorted(self) -> Iterator[Incoming]:
        rows = self._disk.execute(
            "SELECT number, offset FROM line ORDER BY time, source, ticket, number"
        )
        return self._decoded(
            Line(number, offset, self._lines.at(offset)) for number, offset in rows
        )

    def _decoded(self, lines: Iterable[Line]) -> Iterator[Incoming]:
        for line in lines:
            try:
                incoming = _incoming(line)
            except Rejected as rejected:
                self._refuse(line, rejected)
            else:
                yield incoming

    def _refuse(self, line: Line, rejected: Rejected) -> None:
        try:
            place = places.place(line)
        except Rejected:
            raise InputChanged from None
        self.read += 1
        self._is_over(place.ticket)
        self._reject(line.number, rejected)

    def _is_over(self, ticket: TicketKey) -> None:
        try:
            self.coming.take(ticket)
        except KeyError:
            raise InputChanged from None


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


def _incoming(line: Line) -> Incoming:
    """Raises Rejected if the line is no event."""
    body = places.bounded(line)
    event = decoding.decode_again(body)
    entry = history.Entry(event, body)
    return Incoming(event.time, (event.source, event.data.ticket_id), line.number, entry)


def _row(place: Place, line: Line) -> tuple[str, str, str, int, int]:
    # In UTC, as all times are, so that their texts sort as they do.
    time = place.time.isoformat(timespec="microseconds")
    return time, *place.ticket, line.number, line.offset
