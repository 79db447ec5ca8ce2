"""The one order in which events are replayed, whatever order their lines are in.

Ordered are instants, then tickets by source and id, then a ticket's events as its history orders
them. So the same set of events gives the same bytes.

What was printed cannot be taken back, and any later line could still hold the earliest event.
So the lines are read twice. The first reading only looks whether times ever go backwards. If they
never do, the second decides line by line; what is held is the events of one instant. If they do,
the second puts times and places of the lines into a table on disk, and the events are read from
where they stand in the file, in the table's order. Input that cannot be read twice is copied to
disk first.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter

import jiter

from schemas import decoding, times
from schemas.decoding import Rejected
from schemas.inbound import Inbound
from worker import errors
from worker.replay.lines import Line, Lines
from worker.ticket import history
from worker.ticket.ids import TicketKey

HELD = 1_000
"""Lines of one instant that are sorted in memory; more of them are sorted on disk."""

Reject = Callable[[int, Rejected], None]
"""Told the number of a line that is no event, and why."""


class SortFailed(errors.RespondbyError):
    """The input is not in order, and there is no room on disk to sort it."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """An event with the line that it came on."""

    number: int
    offset: int
    entry: history.Entry

    @property
    def event(self) -> Inbound:
        return self.entry.event

    @property
    def time(self) -> datetime:
        return self.entry.event.time

    @property
    def ticket(self) -> TicketKey:
        return self.entry.event.source, self.entry.event.data.ticket_id


def in_order(lines: Iterable[Line]) -> bool:
    """Whether times never go backwards, and no instant has more lines than can be held."""
    last: datetime | None = None
    together = 0
    for line in lines:
        time = _time(line.body)
        if time is None:
            continue
        together = together + 1 if time == last else 1
        if together > HELD or (last is not None and time < last):
            return False
        last = time
    return True


def decoded(lines: Iterable[Line], reject: Reject) -> Iterator[Incoming]:
    """The events that the lines hold; `reject` hears of the others."""
    for line in lines:
        try:
            if line.body is None:
                raise Rejected("too_large", "the line is longer than an event may be")
            event = decoding.decode(line.body)
        except Rejected as rejected:
            reject(line.number, rejected)
        else:
            yield Incoming(line.number, line.offset, history.Entry(event, line.body))


def streamed(events: Iterable[Incoming]) -> Iterator[list[Incoming]]:
    """For events in order of time: those of one ticket and instant together, in replay's order."""
    for _, instant in groupby(events, key=attrgetter("time")):
        yield from _by_ticket(sorted(instant, key=attrgetter("ticket")))


def sorted_on_disk(lines: Lines, events: Iterable[Incoming]) -> Iterator[list[Incoming]]:
    """As `streamed`, for events in any order. Raises SortFailed."""
    try:
        # The empty name is a database on disk that is gone once it is closed.
        with closing(sqlite3.connect("")) as table:
            _fill(table, events)
            yield from _by_ticket(_read(table, lines))
    except sqlite3.Error as error:
        raise SortFailed from error


def _time(body: bytes | None) -> datetime | None:
    """The time that a line's event would have; None only when it cannot be an event."""
    if body is None:
        return None
    try:
        fields = jiter.from_json(body)
        return times.parse(fields.get("time")) if isinstance(fields, dict) else None
    except ValueError:
        return None


def _by_ticket(events: Iterable[Incoming]) -> Iterator[list[Incoming]]:
    for _, together in groupby(events, key=lambda incoming: (incoming.time, incoming.ticket)):
        yield _ordered(list(together))


def _ordered(together: list[Incoming]) -> list[Incoming]:
    if len(together) == 1:
        return together
    by_entry = {id(incoming.entry): incoming for incoming in together}
    whole = history.ordered(incoming.entry for incoming in together)
    return [by_entry[id(entry)] for entry in whole]


def _fill(table: sqlite3.Connection, events: Iterable[Incoming]) -> None:
    table.execute("CREATE TABLE line (time, source, ticket, number, place)")
    table.executemany(
        "INSERT INTO line VALUES (?, ?, ?, ?, ?)",
        (
            (_sortable(each.time), *each.ticket, each.number, each.offset)
            for each in events
        ),
    )


def _sortable(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="microseconds")


def _read(table: sqlite3.Connection, lines: Lines) -> Iterator[Incoming]:
    places = table.execute("SELECT number, place FROM line ORDER BY time, source, ticket, number")
    for number, place in places:
        body = lines.at(place)
        yield Incoming(number, place, history.Entry(decoding.decode(body), body))
