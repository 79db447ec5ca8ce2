"""What must survive a crash, as rows, and the port through which the pipeline keeps them.

The store gives rows no meaning: bodies and ledgers are bytes, and only the ticket package reads
them. Times are aware, in UTC. Every method raises `StoreUnavailable` when the store cannot be
reached or written for now; nothing of that call was then kept, save for a `commit` whose answer
got lost: it was kept whole or not at all.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from worker import errors
from worker.ticket import ids, phase

EventKey = tuple[str, str]
"""(source, event id)"""

TicketKey = ids.TicketKey

Phase = phase.Phase

OPEN_PHASES = phase.OPEN


class EventAlreadyKnown(errors.StoreConflict):
    """An event to be added to the inbox is there already; this transaction cannot be committed.

    Whoever asks `archive` first meets it only where another worker adds the event of a ticket that
    only that worker holds: the id stands in two tickets' events.
    """


class TurnTaken(errors.RespondbyError):
    """Another worker has the turn to publish, and has had it for some seconds."""


class TransactionFailed(errors.RespondbyError):
    """A step of this transaction failed, so it cannot be committed."""


class InboxRow(NamedTuple):
    """One event that passed validation, as it came."""

    source: str
    id: str
    ticket_id: str
    digest: bytes
    """SHA-256 of the body."""
    body: bytes
    """Empty in a history whose tombstone is damaged."""
    received_at: datetime

    @property
    def key(self) -> EventKey:
        return self.source, self.id

    @property
    def ticket_key(self) -> TicketKey:
        return self.source, self.ticket_id


class TicketRow(NamedTuple):
    """Where a ticket stands, as far as it has to be found again without reading its history."""

    source: str
    ticket_id: str
    phase: Phase
    level: str | None
    """None only while nothing has been decided."""
    deadline: datetime | None
    wake_at: datetime | None
    """When time itself has to be decided upon; None: never."""
    last_event_at: datetime
    """When it was last heard of: the latest `time` of its events, or receipt if that is later."""
    first_seen_at: datetime
    ledger: bytes
    """What was published so far, encoded by the ticket package."""

    @property
    def key(self) -> TicketKey:
        return self.source, self.ticket_id


class OutboxRow(NamedTuple):
    """One event to publish."""

    id: str
    """Deterministic, so that one event has one row."""
    type: str
    routing_key: str
    priority: int
    body: bytes
    created_at: datetime
    since: datetime
    """From when its delay counts: for an alert, when it was true and could be known; else, when
    the event that caused it was received."""


class Changes(NamedTuple):
    """All that follows from a batch of decisions."""

    inbox: Sequence[InboxRow] = ()
    tickets: Sequence[TicketRow] = ()
    outbox: Sequence[OutboxRow] = ()


NOTHING = Changes()


class Archive(NamedTuple):
    """What is known of a batch's events and of the tickets that are to be decided on."""

    known: Mapping[EventKey, bytes]
    """The digest of each event that is in the inbox."""
    tickets: Mapping[TicketKey, TicketRow]
    """Those that are known."""
    histories: Mapping[TicketKey, Sequence[InboxRow]]
    """Of each such ticket every event, by receipt; one without any is absent."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Census:
    """What the gauges show, all of one moment."""

    tickets: Mapping[tuple[str, Phase], int]
    """How many tickets per (level, phase), open phases only; nothing is listed as 0."""
    next_deadline: Mapping[str, datetime]
    """Per level the earliest deadline of a running ticket. It lies in the past only as long as no
    breach is told: for ever, if the ticket was put aside because it is damaged."""
    waiting: int
    outbox_pending: int
    outbox_oldest: datetime | None
    """`created_at` of the row that is next to be published."""


class Transaction(Protocol):
    """One write transaction: first it reads, then it decides, and last it keeps what follows.

    `retire` and `forget` write at once, and what comes after them in the transaction sees it.

    It decides only on tickets that it holds: those with which it began, and those that `due` and
    `open_after` gave it. Nobody else decides on one of them until it ends.
    """

    async def archive(self, events: Collection[tuple[EventKey, TicketKey]]) -> Archive:
        """What is known of these events, and of the tickets of those that are not known yet."""
        ...

    async def histories(
        self, keys: Collection[TicketKey]
    ) -> Mapping[TicketKey, Sequence[InboxRow]]:
        """Every event of each of these tickets, by receipt; a ticket without any is absent."""
        ...

    async def due(self, now: datetime, limit: int) -> Sequence[TicketRow]:
        """At most `limit` tickets whose `wake_at` is not after `now`, oldest `wake_at` first.

        Those that another transaction holds are left out: it decides on them.
        """
        ...

    async def open_after(self, after: TicketKey | None, limit: int) -> Sequence[TicketRow]:
        """At most `limit` tickets in an open phase whose key comes after this one, by key."""
        ...

    async def retire(self, before: datetime, limit: int) -> int:
        """Make tombstones of finished tickets last heard of before that instant; how many.

        At most `limit`, longest ago first. It leaves out what wakes again and what another
        transaction holds. All that is asked of a tombstone by key is answered as ever: its events
        are known, and its history is whole. It comes back to life when it is saved. A history
        that was damaged by then is left as it is, in case that it can be mended.
        """
        ...

    async def forget(self, before: datetime, limit: int) -> int:
        """Delete all there is of tombstones last heard of before that instant; how many.

        So with waiting tickets. At most `limit`, and none that another transaction holds.
        """
        ...

    async def commit(self, changes: Changes = NOTHING) -> None:
        """Add to the inbox and the outbox, add or replace tickets, and keep everything.

        An outbox id that is pending already keeps its first row. Raises `EventAlreadyKnown` for
        an event that the inbox has (ask `archive` first), and `TransactionFailed` if an earlier
        step failed; nothing is kept then.
        """
        ...


class Reader(Protocol):
    """What can be asked without taking part in the work. Answers show committed rows only."""

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def next_wake(self) -> datetime | None:
        """The earliest `wake_at` of all tickets."""
        ...

    async def outbox(self, limit: int) -> Sequence[OutboxRow]:
        """At most `limit` rows to publish, in the order in which they were saved."""
        ...

    async def census(self) -> Census: ...

    async def waiting(
        self, before: datetime, limit: int, after: TicketRow | None = None
    ) -> Sequence[TicketRow]:
        """At most `limit` waiting tickets first seen before that instant, longest waiting first.

        `after`: only those that come after this one in that order, be it waiting still or not.
        """
        ...

    async def open_tickets(self, limit: int | None = None) -> Sequence[TicketRow]:
        """Tickets in an open phase, nearest deadline first, those without one last."""
        ...

    async def open_after(self, after: TicketKey | None, limit: int) -> Sequence[TicketRow]:
        """At most `limit` tickets in an open phase whose key comes after this one, by key."""
        ...

    async def histories(
        self, keys: Collection[TicketKey]
    ) -> Mapping[TicketKey, Sequence[InboxRow]]:
        """Every event of each of these tickets, by receipt; a ticket without any is absent."""
        ...


class Store(Reader, Protocol):
    """The whole port. `open` locks, migrates and makes ready.

    `open` raises `StoreBusy` where the store is for one worker, and another one has it.
    """

    def begin(
        self, tickets: Collection[TicketKey] = ()
    ) -> AbstractAsyncContextManager[Transaction]:
        """A write transaction that holds these tickets, be they known or new.

        It waits for those who hold one of them; where the store is for one worker, all writers
        take turns, so a transaction must not open another one inside itself. It is rolled back
        unless `commit` was called. Where another one gets in its way, the block raises
        `StoreConflict`: then all of it may be repeated.
        """
        ...

    def turn(self) -> AbstractAsyncContextManager[None]:
        """The right to publish from the outbox, which one worker has at a time.

        That keeps the order of a ticket's events, of which two workers could hold one each. It
        ends with the block, and with the worker. Raises `TurnTaken` where another worker has it:
        not at once, so that one may ask again without a rest.
        """
        ...

    async def confirmed(self, ids: Collection[str]) -> None:
        """The broker has these: they leave the outbox. Unknown ids are ignored."""
        ...
