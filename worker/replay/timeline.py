"""Virtual time: tickets whose events and alerts happen in order, at no other clock's pace."""

import heapq
from collections.abc import Iterator
from datetime import UTC, datetime

from schemas.decoding import Rejected
from schemas.outbound import Outbound
from worker.policy.policy import Policy
from worker.replay.shelf import Shelf, Ticket
from worker.ticket import decide
from worker.ticket.announce import Announcer
from worker.ticket.history import Entry
from worker.ticket.ids import TicketKey

_BEGINNING = datetime.min.replace(tzinfo=UTC)


class Timeline:
    """Every ticket, and the instants at which time itself has to be decided upon.

    In memory are the wake-ups to come and, through the shelf, the tickets in use.
    """

    def __init__(self, policy: Policy, source: str, shelf: Shelf) -> None:
        self._policy = policy
        self._source = source
        self._shelf = shelf
        self._now = _BEGINNING
        self._due: dict[TicketKey, datetime] = {}
        # A wake-up that its ticket no longer has stays until its instant comes, and is dropped.
        self._wakes: list[tuple[datetime, TicketKey]] = []

    def happen(self, key: TicketKey, entry: Entry) -> tuple[Outbound, ...]:
        """What an event gives rise to; it must not be earlier than one before it.

        Raises Rejected with `undecidable`; nothing has happened then.
        """
        self._now = entry.event.time
        ticket = self._shelf.ticket(key)
        decision = self._decided(key, ticket, entry)
        self._shelf.add(ticket, entry)
        return self._after(key, ticket, decision)

    def before(self, instant: datetime) -> Iterator[Outbound]:
        """The alerts due earlier than `instant`, in order of their time, then of their ticket."""
        while self._wakes and self._wakes[0][0] < instant:
            yield from self._wake()

    def through(self, instant: datetime) -> Iterator[Outbound]:
        """The alerts due at `instant` or earlier."""
        while self._wakes and self._wakes[0][0] <= instant:
            yield from self._wake()

    def _decided(self, key: TicketKey, ticket: Ticket, entry: Entry) -> decide.Decision:
        announcer = Announcer(self._source, key)
        try:
            return decide.on_event(announcer, ticket.ledger, ticket.history, entry, self._policy)
        except Exception as error:  # as live, one event that breaks a decision stops no other
            raise Rejected("undecidable", type(error).__name__) from error

    def _wake(self) -> tuple[Outbound, ...]:
        at, key = heapq.heappop(self._wakes)
        if self._due.get(key) != at:
            return ()
        self._now = at
        ticket = self._shelf.ticket(key)
        announcer = Announcer(self._source, key)
        decision = decide.on_time(announcer, ticket.ledger, ticket.phase, at, live_=False)
        return self._after(key, ticket, decision)

    def _after(
        self, key: TicketKey, ticket: Ticket, decision: decide.Decision
    ) -> tuple[Outbound, ...]:
        ticket.ledger, ticket.phase = decision.ledger, decision.phase
        self._expect(key, decision.ledger.wake_at)
        return decision.outbound

    def _expect(self, key: TicketKey, wake_at: datetime | None) -> None:
        if wake_at is None:
            self._due.pop(key, None)
            return
        # What was due before it became known is told now: time never runs back, and the events
        # that are still to come at this instant come before it.
        at = max(wake_at, self._now)
        if self._due.get(key) != at:
            self._due[key] = at
            heapq.heappush(self._wakes, (at, key))
