"""A batch of events decided in memory: between what the store knew and what it shall know."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

from schemas.decoding import Rejected
from worker.pipeline import rows
from worker.pipeline.reading import Read
from worker.policy.policy import Policy
from worker.store.port import (
    Archive,
    Changes,
    EventKey,
    InboxRow,
    OutboxRow,
    TicketKey,
    TicketRow,
)
from worker.ticket import decide
from worker.ticket.announce import Announcer
from worker.ticket.decide import Decision
from worker.ticket.history import Entry
from worker.ticket.ledger import Ledger

Result = Literal["applied", "duplicate", "stale"]


class File(NamedTuple):
    """One ticket on the desk: its history and what was published of it."""

    history: tuple[Entry, ...]
    ledger: Ledger
    first_seen_at: datetime
    last_event_at: datetime


@dataclass(slots=True)
class Desk:
    """Takes events one by one and gathers all that follows, to be kept in one transaction."""

    policy: Policy
    source: str
    now: datetime
    archive: Archive
    decisions: list[Decision] = field(default_factory=list)
    _known: dict[EventKey, bytes] = field(default_factory=dict)
    _files: dict[TicketKey, File] = field(default_factory=dict)
    _inbox: list[InboxRow] = field(default_factory=list)
    _tickets: dict[TicketKey, TicketRow] = field(default_factory=dict)
    _outbox: list[OutboxRow] = field(default_factory=list)

    def take(self, read: Read) -> Result:
        """Decide on one event; whatever it raises, the desk is as it was before.

        Raises Rejected where its id is known with another body.
        """
        digest = self._known.get(read.key) or self.archive.known.get(read.key)
        if digest is not None:
            if digest != read.digest:
                raise Rejected("id_conflict", "this id came before, with another body")
            return "duplicate"
        key = read.ticket_key
        file = self._files.get(key) or self._file(key, read)
        announcer = Announcer(self.source, key)
        decision = decide.on_event(announcer, file.ledger, file.history, read.entry, self.policy)
        self._keep(key, file, read, decision)
        return "stale" if decision.late and not decision.outbound else "applied"

    def _file(self, key: TicketKey, read: Read) -> File:
        """The ticket's file; a new one if this is the first that is heard of it."""
        row = self.archive.tickets.get(key)
        if row is None:
            return File((), Ledger(), read.delivery.received_at, read.event.time)
        return opened(row, self.archive.histories[key])

    def _keep(self, key: TicketKey, file: File, read: Read, decision: Decision) -> None:
        # An old event may have come just now, and its repetitions with it.
        last_event_at = max(file.last_event_at, read.event.time, read.delivery.received_at)
        history = (*file.history, read.entry)
        # What could fail comes first.
        ticket = rows.ticket(key, decision, last_event_at, file.first_seen_at)
        outbox = [*rows.caused(decision, read.delivery.received_at, self.now)]
        self._files[key] = File(history, decision.ledger, file.first_seen_at, last_event_at)
        self._known[read.key] = read.digest
        self._inbox.append(_inbox_row(read))
        self._tickets[key] = ticket
        self._outbox += outbox
        self.decisions.append(decision)

    def changes(self) -> Changes:
        return Changes(inbox=self._inbox, tickets=[*self._tickets.values()], outbox=self._outbox)


def opened(row: TicketRow, history: Sequence[InboxRow]) -> File:
    """The file of a ticket that the store knows. Raises TicketDamaged."""
    entries = tuple(rows.entry(known) for known in history)
    return File(entries, rows.ledger(row), row.first_seen_at, row.last_event_at)


def _inbox_row(read: Read) -> InboxRow:
    source, id_ = read.key
    return InboxRow(
        source=source,
        id=id_,
        ticket_id=read.event.data.ticket_id,
        digest=read.digest,
        body=read.delivery.body,
        received_at=read.delivery.received_at,
    )
