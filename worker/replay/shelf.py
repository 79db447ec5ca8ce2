"""Tickets by their key: those in use in memory, the others on disk."""

import sqlite3
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from schemas import decoding
from worker.ticket import ledger as ledgers
from worker.ticket.history import Entry
from worker.ticket.ids import TicketKey
from worker.ticket.ledger import Ledger
from worker.ticket.phase import Phase

ROOM = 32 * 1024 * 1024
"""Bytes that the tickets in memory may weigh."""
_EVENT_WEIGHS = 2_000
_TICKET_WEIGHS = 4_000


@dataclass(slots=True)
class Ticket:
    """One ticket's history and what was published of it."""

    ledger: Ledger = field(default_factory=Ledger)
    phase: Phase = "waiting"
    history: list[Entry] = field(default_factory=list)

    @property
    def weight(self) -> int:
        """About as many bytes as it takes in memory: texts are there as bytes and as strings."""
        texts = sum(2 * len(entry.body) for entry in self.history)
        return texts + len(self.history) * _EVENT_WEIGHS + _TICKET_WEIGHS


class Shelf:
    """Where a replay keeps its tickets. What has not been used for long makes room for others."""

    def __init__(self, disk: sqlite3.Connection, room: int = ROOM) -> None:
        self._disk = disk
        self._room = room
        self._weight = 0
        self._near: OrderedDict[TicketKey, Ticket] = OrderedDict()
        disk.execute(
            "CREATE TABLE ticket "
            "(source, ticket_id, phase, ledger, history, PRIMARY KEY (source, ticket_id))"
        )

    @contextmanager
    def taken(self, key: TicketKey) -> Iterator[Ticket]:
        """The ticket, to be worked on; afterwards it is put back as it then is."""
        ticket = self._near.pop(key, None)
        if ticket is None:
            ticket = self._fetched(key)
        else:
            self._weight -= ticket.weight
        try:
            yield ticket
        finally:
            self._near[key] = ticket
            self._weight += ticket.weight
            self._make_room()

    def _make_room(self) -> None:
        while self._weight > self._room:
            key, ticket = self._near.popitem(last=False)
            self._weight -= ticket.weight
            # A body is one line of the input, so lines keep them apart.
            history = b"\n".join(entry.body for entry in ticket.history)
            self._disk.execute(
                "INSERT OR REPLACE INTO ticket VALUES (?, ?, ?, ?, ?)",
                (*key, ticket.phase, ledgers.encode(ticket.ledger), history),
            )

    def _fetched(self, key: TicketKey) -> Ticket:
        rows = self._disk.execute(
            "SELECT phase, ledger, history FROM ticket WHERE source = ? AND ticket_id = ?", key
        )
        row = rows.fetchone()
        if row is None:
            return Ticket()
        phase, ledger, history = row
        bodies = history.split(b"\n") if history else []
        entries = [Entry(decoding.decode(body), body) for body in bodies]
        return Ticket(ledgers.decode(ledger), phase, entries)
