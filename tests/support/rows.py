"""Rows of the store, made for tests: every field can be named, none has to be."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta

from worker.store import port

NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)
SOURCE = "/psa"


def at(minutes: float) -> datetime:
    """So many minutes after noon of a Monday."""
    return NOON + timedelta(minutes=minutes)


def event(
    id_: str, ticket_id: str = "T-1", *, source: str = SOURCE, minutes: float = 0
) -> port.InboxRow:
    """An event of a ticket, received so many minutes after noon."""
    return port.InboxRow(
        source=source,
        id=id_,
        ticket_id=ticket_id,
        digest=f"digest of {id_}".encode(),
        body=f'{{"id":"{id_}"}}'.encode(),
        received_at=at(minutes),
    )


def ticket(
    ticket_id: str = "T-1",
    *,
    source: str = SOURCE,
    phase: port.Phase = "running",
    level: str | None = "high",
    deadline: datetime | None = None,
    wake_at: datetime | None = None,
    first_seen_at: datetime = NOON,
    last_event_at: datetime = NOON,
    ledger: bytes = b"{}",
) -> port.TicketRow:
    """A running ticket of level high, without a deadline."""
    return port.TicketRow(
        source=source,
        ticket_id=ticket_id,
        phase=phase,
        level=level,
        deadline=deadline,
        wake_at=wake_at,
        last_event_at=last_event_at,
        first_seen_at=first_seen_at,
        ledger=ledger,
    )


def message(
    id_: str, *, body: bytes = b"{}", created_at: datetime = NOON, since: datetime = NOON
) -> port.OutboxRow:
    """An event to be published."""
    return port.OutboxRow(
        id=id_,
        type="ticket.prioritized",
        routing_key="ticket.prioritized.high",
        priority=6,
        body=body,
        created_at=created_at,
        since=since,
    )


async def keep(
    store: port.Store,
    *,
    inbox: tuple[port.InboxRow, ...] = (),
    tickets: tuple[port.TicketRow, ...] = (),
    outbox: tuple[port.OutboxRow, ...] = (),
) -> None:
    """Commit these in one transaction."""
    async with store.begin() as transaction:
        await transaction.commit(port.Changes(inbox=inbox, tickets=tickets, outbox=outbox))


async def known_to(
    transaction: port.Transaction, events: Collection[port.EventKey]
) -> Mapping[port.EventKey, bytes]:
    """The digest of each of these events that is in the inbox."""
    nobody = (SOURCE, "nobody's")
    return (await transaction.archive([(event, nobody) for event in events])).known


async def tickets_of(
    transaction: port.Transaction, keys: Collection[port.TicketKey]
) -> Mapping[port.TicketKey, port.TicketRow]:
    """Those of these tickets that are known."""
    unheard = (SOURCE, "not heard of yet")
    return (await transaction.archive([(unheard, key) for key in keys])).tickets
