"""Another policy applied to the tickets that are open, because a person asks for it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from worker import errors
from worker.clock import Clock
from worker.observe.logs import Log, LogEvent
from worker.pipeline import desk, rows
from worker.pipeline.accounts import Accounts
from worker.pipeline.policies import Policies
from worker.pipeline.relay import Relay
from worker.pipeline.repeatable import repeatable
from worker.pipeline.timers import Timers
from worker.policy.policy import Policy
from worker.store.port import Changes, Reader, Store, TicketKey, TicketRow, Transaction
from worker.ticket import decide
from worker.ticket.announce import Announcer
from worker.ticket.decide import Decision

Note = Callable[[rows.TicketDamaged], None]
"""Told of a ticket that cannot be read, and is left as it is."""

#: How many tickets are looked at in one transaction: input and alerts get their turn in between.
AT_ONCE = 100


class OtherPolicy(errors.RespondbyError):
    """The policy in force is not the one that is to be applied."""


@dataclass(frozen=True, slots=True)
class Change:
    """A ticket on which the policy decides otherwise than what was last published."""

    row: TicketRow
    decision: Decision


@dataclass(frozen=True, slots=True)
class Applied:
    """How many open tickets there were, and how many were decided otherwise."""

    seen: int
    changed: int


@dataclass(slots=True)
class Application:
    """Publishes the revisions to which the policy in force leads, page by page.

    Should it be interrupted, asking again does the rest: what is done already differs no more.
    """

    store: Store
    policies: Policies
    source: str
    clock: Clock
    accounts: Accounts
    relay: Relay
    timers: Timers
    log: Log
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def apply(self, digest: str) -> Applied:
        """Raises OtherPolicy unless the policy in force has this digest, and StoreUnavailable."""
        policy = self.policies.current
        if policy.digest != digest:
            raise OtherPolicy(f"the worker decides by the policy {policy.name}, {policy.digest}")
        seen = changed = 0
        after: TicketKey | None = None
        async with self._turn:
            while True:
                page, changes = await self._apply_to_page(policy, after)
                if not page:
                    return Applied(seen, changed)
                seen, changed, after = seen + len(page), changed + len(changes), page[-1].key

    @repeatable
    async def _apply_to_page(
        self, policy: Policy, after: TicketKey | None
    ) -> tuple[Sequence[TicketRow], list[Change]]:
        now = self.clock.now()
        async with self.store.begin() as transaction:
            page = await transaction.open_after(after, AT_ONCE)
            changes = await _changes(transaction, page, policy, self.source, now, self._note)
            kept = _kept(changes, now)
            await transaction.commit(kept)
        self.accounts.decided([], [change.decision for change in changes])
        self.relay.added(len(kept.outbox))
        self.timers.expect(row.wake_at for row in kept.tickets)
        return page, changes

    def _note(self, damaged: rows.TicketDamaged) -> None:
        self.log.error(LogEvent.TICKET_DAMAGED, error=str(damaged))


async def preview(
    reader: Reader, policy: Policy, source: str, now: datetime, note: Note
) -> AsyncIterator[tuple[int, list[Change]]]:
    """What applying the policy would change, page by page, with the number of tickets seen."""
    page = await reader.open_after(None, AT_ONCE)
    while page:
        yield len(page), await _changes(reader, page, policy, source, now, note)
        page = await reader.open_after(page[-1].key, AT_ONCE)


async def _changes(
    store: Reader | Transaction,
    page: Sequence[TicketRow],
    policy: Policy,
    source: str,
    now: datetime,
    note: Note,
) -> list[Change]:
    histories = await store.histories([row.key for row in page]) if page else {}
    found = []
    for row in page:
        try:
            file = desk.opened(row, histories[row.key])
        except rows.TicketDamaged as damaged:
            note(damaged)  # the others are to have their policy all the same
            continue
        announcer = Announcer(source, row.key)
        decision = decide.on_policy(announcer, file.ledger, file.history, policy, now)
        if decision is not None:
            found.append(Change(row, decision))
    return found


def _kept(changes: list[Change], now: datetime) -> Changes:
    tickets = [rows.again(change.row, change.decision) for change in changes]
    outbox = [out for change in changes for out in rows.caused(change.decision, now, now)]
    return Changes(tickets=tickets, outbox=outbox)
