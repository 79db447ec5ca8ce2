"""A store in memory, for tests and trials: the same promises, kept until the process ends.

Every question looks at all rows; it is meant for thousands of tickets, not for millions.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from worker import errors
from worker.store import port


@dataclass(kw_only=True, slots=True)
class _Rows:
    inbox: dict[port.EventKey, port.InboxRow] = field(default_factory=dict)
    tickets: dict[port.TicketKey, port.TicketRow] = field(default_factory=dict)
    outbox: dict[str, port.OutboxRow] = field(default_factory=dict)

    def retired(self, over: Collection[port.TicketRow]) -> "_Rows":
        tombstones = {row.key: row._replace(phase="retired") for row in over}
        return replace(self, tickets={**self.tickets, **tombstones})

    def without(self, tickets: Collection[port.TicketKey]) -> "_Rows":
        return _Rows(
            inbox={key: row for key, row in self.inbox.items() if row.ticket_key not in tickets},
            tickets={key: row for key, row in self.tickets.items() if key not in tickets},
            outbox=self.outbox,
        )


class _Transaction:
    """Tickets that are retired or forgotten are so in `_mine` only, until that is committed."""

    def __init__(self, kept: _Rows) -> None:
        self._kept = self._mine = kept
        self._failed = False

    async def archive(
        self, events: Collection[tuple[port.EventKey, port.TicketKey]]
    ) -> port.Archive:
        inbox, tickets = self._mine.inbox, self._mine.tickets
        known = {event: inbox[event].digest for event, _ in events if event in inbox}
        new = {ticket for event, ticket in events if event not in known}
        found = {key: tickets[key] for key in new if key in tickets}
        return port.Archive(known, found, await self.histories(found))

    async def histories(
        self, keys: Collection[port.TicketKey]
    ) -> Mapping[port.TicketKey, Sequence[port.InboxRow]]:
        return _histories(self._mine.inbox.values(), keys)

    async def open_after(
        self, after: port.TicketKey | None, limit: int
    ) -> Sequence[port.TicketRow]:
        return _open_after(self._mine.tickets.values(), after, limit)

    async def due(self, now: datetime, limit: int) -> Sequence[port.TicketRow]:
        due = [
            (row.wake_at, row.key, row)
            for row in self._mine.tickets.values()
            if row.wake_at is not None and row.wake_at <= now
        ]
        return [row for _, _, row in sorted(due, key=lambda entry: entry[:2])][:limit]

    async def retire(self, before: datetime, limit: int) -> int:
        finished = _longest_ago(self._mine.tickets.values(), ("answered", "closed"), before)
        over = [row for row in finished if row.wake_at is None][:limit]
        self._mine = self._mine.retired(over)
        return len(over)

    async def forget(self, before: datetime, limit: int) -> int:
        at_rest = _longest_ago(self._mine.tickets.values(), ("retired", "waiting"), before)
        over = {row.key for row in at_rest[:limit]}
        self._mine = self._mine.without(over)
        return len(over)

    async def commit(self, changes: port.Changes = port.NOTHING) -> None:
        if self._failed:
            raise port.TransactionFailed
        new = {row.key: row for row in changes.inbox}
        if len(new) < len(changes.inbox) or not new.keys().isdisjoint(self._mine.inbox):
            self._failed = True
            raise port.EventAlreadyKnown
        kept = self._kept
        kept.inbox, kept.tickets = self._mine.inbox, self._mine.tickets
        kept.inbox.update(new)
        kept.tickets.update((row.key, row) for row in changes.tickets)
        for message in changes.outbox:
            kept.outbox.setdefault(message.id, message)


class MemoryStore:
    """Keeps its rows when closed, so that a worker's restart can be played."""

    def __init__(self) -> None:
        self._rows = _Rows()
        self._writing, self._publishing = asyncio.Lock(), asyncio.Lock()
        self._open = False

    async def open(self) -> None:
        if self._open:
            raise errors.StoreBusy
        self._open = True

    async def close(self) -> None:
        self._open = False

    @asynccontextmanager
    async def begin(
        self,
        tickets: Collection[port.TicketKey] = (),  # noqa: ARG002 - who writes holds them all
    ) -> AsyncIterator[port.Transaction]:
        async with self._writing:
            yield _Transaction(self._ready())

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        async with self._publishing:
            yield

    async def confirmed(self, ids: Collection[str]) -> None:
        async with self._writing:
            for each in ids:
                self._ready().outbox.pop(each, None)

    async def next_wake(self) -> datetime | None:
        tickets = self._ready().tickets.values()
        return min((row.wake_at for row in tickets if row.wake_at is not None), default=None)

    async def outbox(self, limit: int) -> Sequence[port.OutboxRow]:
        return list(self._ready().outbox.values())[:limit]

    async def waiting(
        self, before: datetime, limit: int, after: port.TicketRow | None = None
    ) -> Sequence[port.TicketRow]:
        waiting = [row for row in self._in_phases("waiting") if row.first_seen_at < before]
        later = (row for row in waiting if after is None or _waits(row) > _waits(after))
        return sorted(later, key=_waits)[:limit]

    async def open_tickets(self, limit: int | None = None) -> Sequence[port.TicketRow]:
        rows = self._in_phases(*port.OPEN_PHASES)
        timed = [(row.deadline, row.key, row) for row in rows if row.deadline is not None]
        untimed = [row for row in rows if row.deadline is None]
        ordered = [row for _, _, row in sorted(timed, key=lambda entry: entry[:2])]
        return [*ordered, *sorted(untimed, key=lambda row: row.key)][:limit]

    async def open_after(
        self, after: port.TicketKey | None, limit: int
    ) -> Sequence[port.TicketRow]:
        return _open_after(self._ready().tickets.values(), after, limit)

    async def histories(
        self, keys: Collection[port.TicketKey]
    ) -> Mapping[port.TicketKey, Sequence[port.InboxRow]]:
        return _histories(self._ready().inbox.values(), keys)

    async def census(self) -> port.Census:
        tickets = [row for row in self._in_phases(*port.OPEN_PHASES) if row.level is not None]
        pending = list(self._ready().outbox.values())
        return port.Census(
            tickets=Counter((row.level or "", row.phase) for row in tickets),
            next_deadline=_earliest(row for row in tickets if row.phase == "running"),
            waiting=len(self._in_phases("waiting")),
            outbox_pending=len(pending),
            outbox_oldest=pending[0].created_at if pending else None,
        )

    def _in_phases(self, *phases: port.Phase) -> list[port.TicketRow]:
        return [row for row in self._ready().tickets.values() if row.phase in phases]

    def _ready(self) -> _Rows:
        if not self._open:
            raise errors.StoreUnavailable("the store is not open")
        return self._rows


def _histories(
    inbox: Iterable[port.InboxRow], keys: Collection[port.TicketKey]
) -> Mapping[port.TicketKey, Sequence[port.InboxRow]]:
    wanted = set(keys)
    found: dict[port.TicketKey, list[port.InboxRow]] = {}
    for row in inbox:
        if row.ticket_key in wanted:
            found.setdefault(row.ticket_key, []).append(row)
    return {
        key: sorted(rows, key=lambda row: (row.received_at, row.id)) for key, rows in found.items()
    }


def _open_after(
    tickets: Iterable[port.TicketRow], after: port.TicketKey | None, limit: int
) -> Sequence[port.TicketRow]:
    found = (row for row in tickets if row.phase in port.OPEN_PHASES)
    later = (row for row in found if after is None or row.key > after)
    return sorted(later, key=lambda row: row.key)[:limit]


def _waits(row: port.TicketRow) -> tuple[datetime, port.TicketKey]:
    """Its place among those that wait."""
    return row.first_seen_at, row.key


def _longest_ago(
    tickets: Iterable[port.TicketRow], phases: Collection[port.Phase], before: datetime
) -> Sequence[port.TicketRow]:
    found = (row for row in tickets if row.phase in phases and row.last_event_at < before)
    return sorted(found, key=lambda row: row.last_event_at)


def _earliest(rows: Iterable[port.TicketRow]) -> dict[str, datetime]:
    earliest: dict[str, datetime] = {}
    for row in rows:
        if row.level is not None and row.deadline is not None:
            earliest[row.level] = min(row.deadline, earliest.get(row.level, row.deadline))
    return earliest
