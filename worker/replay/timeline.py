"""Virtual time: tickets whose events and alerts happen in order, at no other clock's pace."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from schemas.outbound import Outbound
from worker.policy.policy import Policy
from worker.ticket import decide
from worker.ticket.announce import Announcer
from worker.ticket.history import Entry
from worker.ticket.ids import TicketKey
from worker.ticket.ledger import Ledger

BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class _Ticket:
    announcer: Announcer
    ledger: Ledger = field(default_factory=Ledger)
    phase: decide.Phase = "waiting"
    history: list[Entry] = field(default_factory=list)
    wake_at: datetime | None = None


class Timeline:
    """Every ticket, and the instants at which time itself has to be decided upon."""

    def __init__(self, policy: Policy, source: str) -> None:
        self._policy = policy
        self._source = source
        self._now = BEGINNING
        self._tickets: dict[TicketKey, _Ticket] = {}
        # A wake-up that its ticket no longer has stays until its instant comes, and is dropped.
        self._wakes: list[tuple[datetime, TicketKey]] = []

    def happen(self, key: TicketKey, entry: Entry) -> tuple[Outbound, ...]:
        """What an event gives rise to; it must not be earlier than one before it."""
        self._now = entry.event.time
        ticket = self._tickets.get(key)
        if ticket is None:
            ticket = self._tickets[key] = _Ticket(Announcer(self._source, key))
        decision = decide.on_event(
            ticket.announcer, ticket.ledger, ticket.history, entry, self._policy
        )
        ticket.history.append(entry)
        return self._after(key, ticket, decision)

    def before(self, instant: datetime) -> Iterator[Outbound]:
        """The alerts due earlier than `instant`, in order of their time, then of their ticket."""
        while self._wakes and self._wakes[0][0] < instant:
            yield from self._wake()

    def through(self, instant: datetime) -> Iterator[Outbound]:
        """The alerts due at `instant` or earlier."""
        while self._wakes and self._wakes[0][0] <= instant:
            yield from self._wake()

    def _wake(self) -> tuple[Outbound, ...]:
        at, key = heapq.heappop(self._wakes)
        ticket = self._tickets[key]
        if ticket.wake_at != at:
            return ()
        # An alert may become known after the instant that it is about; time never runs back.
        self._now = max(self._now, at)
        decision = decide.on_time(
            ticket.announcer, ticket.ledger, ticket.phase, self._now, live_=False
        )
        return self._after(key, ticket, decision)

    def _after(
        self, key: TicketKey, ticket: _Ticket, decision: decide.Decision
    ) -> tuple[Outbound, ...]:
        ticket.ledger, ticket.phase = decision.ledger, decision.phase
        wake_at = decision.ledger.wake_at
        if wake_at != ticket.wake_at:
            ticket.wake_at = wake_at
            if wake_at is not None:
                heapq.heappush(self._wakes, (wake_at, key))
        return decision.outbound
