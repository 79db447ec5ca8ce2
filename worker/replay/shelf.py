"""Tickets by their key: those in use in memory, the others on disk."""

import sqlite3
from collections import OrderedDict
from dataclasses import dataclass, field

from schemas import decoding
from worker.replay.sketch import Sketch
from worker.ticket import ledger as ledgers
from worker.ticket.history import Entry
from worker.ticket.ids import TicketKey
from worker.ticket.ledger import Ledger
from worker.ticket.phase import Phase

ROOM = 32 * 1024 * 1024
"""Bytes that the tickets in memory may weigh."""
_EVENT_WEIGHS = 2_000
_TICKET_WEIGHS = 4_000
_NOTHING_TOLD = Ledger()


@dataclass(slots=True)
class Ticket:
    """One ticket's history and what was published of it."""

    ledger: Ledger = _NOTHING_TOLD
    phase: Phase = "waiting"
    history: list[Entry] = field(default_factory=list)
    weight: int = _TICKET_WEIGHS

    def add(self, entry: Entry) -> int:
        """A line to its history; says how much heavier the ticket is now."""
        self.history.append(entry)
        # A text is there as bytes and as a string.
        heavier = _EVENT_WEIGHS + 2 * len(entry.body)
        self.weight += heavier
        return heavier


class Shelf:
    """Where a replay keeps its tickets, those that something can still happen to.

    What has not been used for long makes room for others.
    """

    def __init__(self, disk: sqlite3.Connection, coming: Sketch, room: int = ROOM) -> None:
        """`coming`: the events that are not over yet, by ticket."""
        self._disk = disk
        self._coming = coming
        self._away = Sketch()
        self._room = room
        self._weight = 0
        self._near: OrderedDict[TicketKey, Ticket] = OrderedDict()
        self._in_work: TicketKey | None = None
        disk.execute(
            "CREATE TABLE ticket "
            "(source, ticket_id, phase, ledger, history, PRIMARY KEY (source, ticket_id))"
        )

    def ticket(self, key: TicketKey) -> Ticket:
        """The ticket, to be worked on until the next one is asked for."""
        self._leave()
        self._in_work = key
        ticket = self._near.get(key)
        if ticket is None:
            ticket = self._near[key] = self._fetched(key)
            self._take_on(ticket.weight)
        else:
            self._near.move_to_end(key)
        return ticket

    def add(self, ticket: Ticket, entry: Entry) -> None:
        """What happened to the ticket that was asked for last."""
        self._take_on(ticket.add(entry))

    def _leave(self) -> None:
        """Forget the ticket that was worked on, if nothing can happen to it any more."""
        key = self._in_work
        if key is None or self._coming.count(key):
            return
        ticket = self._near[key]
        if ticket.ledger.wake_at is None:
            self._weight -= ticket.weight
            del self._near[key]

    def _take_on(self, weight: int) -> None:
        self._weight += weight
        # The last one is being worked on.
        while self._weight > self._room and len(self._near) > 1:
            self._put_away(*self._near.popitem(last=False))

    def _put_away(self, key: TicketKey, ticket: Ticket) -> None:
        self._weight -= ticket.weight
        self._away.add(key)
        # A body is one line of the input, so lines keep them apart.
        history = b"\n".join(entry.body for entry in ticket.history)
        self._disk.execute(
            "INSERT OR REPLACE INTO ticket VALUES (?, ?, ?, ?, ?)",
            (*key, ticket.phase, ledgers.encode(ticket.ledger), history),
        )

    def _fetched(self, key: TicketKey) -> Ticket:
        if not self._away.count(key):
            return Ticket()
        rows = self._disk.execute(
            "SELECT phase, ledger, history FROM ticket WHERE source = ? AND ticket_id = ?", key
        )
        row = rows.fetchone()
        if row is None:
            return Ticket()
        phase, ledger, history = row
        ticket = Ticket(ledgers.decode(ledger), phase)
        for body in history.split(b"\n") if history else ():
            ticket.add(Entry(decoding.decode_again(body), body))
        return ticket
