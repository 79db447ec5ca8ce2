"""A batch of events decided in memory: between what the store knew and what it shall know."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from schemas.decoding import Rejected
from worker.pipeline import rows
from worker.pipeline.reading import Read
from worker.policy.policy import Policy
from worker.store.port import (
    Changes,
    EventKey,
    InboxRow,
    OutboxRow,
    TicketKey,
    TicketRow,
    Transaction,
)
from worker.ticket import decide
from worker.ticket import ledger as ledgers
from worker.ticket.announce import Announcer
from worker.ticket.decide import Decision
from worker.ticket.history import Entry
from worker.ticket.ledger import Ledger

Result = Literal["applied", "duplicate", "stale"]


@dataclass(slots=True)
class File:
    """One ticket on the desk: its history and what was published of it."""

    history: list[Entry]
    ledger: Ledger
    first_seen_at: datetime
    last_event_at: datetime


@dataclass(slots=True)
class Desk:
    """Takes events one by one and gathers all that follows, to be kept in one transaction."""

    policy: Policy
    source: str
    now: datetime
    known: dict[EventKey, bytes]
    files: dict[TicketKey, File]
    inbox: list[InboxRow] = field(default_factory=list)
    tickets: dict[TicketKey, TicketRow] = field(default_factory=dict)
    outbox: list[OutboxRow] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)

    def take(self, read: Read) -> Result:
        """Decide on one event. Raises Rejected where its id is known with another body."""
        event, source = read.event, read.event.source
        digest = self.known.get((source, event.id))
        if digest is not None:
            if digest != read.digest:
                raise Rejected("id_conflict", "this id came before, with another body")
            return "duplicate"
        key = (source, event.data.ticket_id)
        file = self.files.get(key) or File([], Ledger(), read.delivery.received_at, event.time)
        announcer = Announcer(self.source, key)
        decision = decide.on_event(announcer, file.ledger, file.history, read.entry, self.policy)
        self._keep(key, file, read, decision)
        return "stale" if decision.late and not decision.outbound else "applied"

    def _keep(self, key: TicketKey, file: File, read: Read, decision: Decision) -> None:
        file.history.append(read.entry)
        file.ledger = decision.ledger
        file.last_event_at = max(file.last_event_at, read.event.time)
        self.files[key] = file
        self.known[key[0], read.event.id] = read.digest
        self.inbox.append(_inbox_row(read))
        self.tickets[key] = rows.ticket(key, decision, file.last_event_at, file.first_seen_at)
        self.outbox += rows.outbox(decision, self.now)
        self.decisions.append(decision)

    def changes(self) -> Changes:
        return Changes(inbox=self.inbox, tickets=[*self.tickets.values()], outbox=self.outbox)


async def laid_out(
    transaction: Transaction, batch: Sequence[Read], policy: Policy, source: str, now: datetime
) -> Desk:
    """A desk with all that the store knows of the batch's events and tickets."""
    known = await transaction.known({(read.event.source, read.event.id) for read in batch})
    keys = {(read.event.source, read.event.data.ticket_id) for read in batch}
    tickets = await transaction.tickets(keys)
    histories = await transaction.histories(tickets.keys()) if tickets else {}
    files = {key: _file(row, histories) for key, row in tickets.items()}
    return Desk(policy, source, now, dict(known), files)


def _file(row: TicketRow, histories: Mapping[TicketKey, Sequence[InboxRow]]) -> File:
    return File(
        [rows.entry(known) for known in histories[row.key]],
        ledgers.decode(row.ledger),
        row.first_seen_at,
        row.last_event_at,
    )


def _inbox_row(read: Read) -> InboxRow:
    return InboxRow(
        source=read.event.source,
        id=read.event.id,
        ticket_id=read.event.data.ticket_id,
        digest=read.digest,
        body=read.delivery.body,
        received_at=read.delivery.received_at,
    )
