"""Between what the ticket package decides and what the store and the broker keep."""

from collections.abc import Iterator
from datetime import datetime

from schemas import outbound
from schemas.decoding import Rejected
from schemas.decoding import decode as decode_event
from schemas.outbound import Outbound
from worker import errors
from worker.broker.port import Message
from worker.store.port import InboxRow, OutboxRow, TicketRow
from worker.ticket import ledger as ledgers
from worker.ticket.decide import Decision
from worker.ticket.history import Entry
from worker.ticket.ledger import Ledger

#: AMQP priorities of the outbound events, by level.
PRIORITIES = {"critical": 9, "high": 6, "medium": 3, "low": 0}


class TicketDamaged(errors.RespondbyError):
    """What the store kept of a ticket cannot be read any more."""


def entry(row: InboxRow) -> Entry:
    """An event as it was when it came; it passed validation then. Raises TicketDamaged."""
    try:
        event = decode_event(row.body)
    except Rejected as error:
        # A fault of what is kept must not be blamed on the event that is decided on.
        source, ticket_id = row.ticket_key
        raise TicketDamaged(f"the history of {ticket_id} from {source} is damaged") from error
    return Entry(event, row.body, row.received_at)


def ledger(row: TicketRow) -> Ledger:
    """What was published of the ticket. Raises TicketDamaged."""
    try:
        return ledgers.decode(row.ledger)
    except ValueError as error:
        raise TicketDamaged(
            f"the ledger of {row.ticket_id} from {row.source} is damaged"
        ) from error


def ticket(
    key: tuple[str, str], decision: Decision, last_event_at: datetime, first_seen_at: datetime
) -> TicketRow:
    return TicketRow(
        source=key[0],
        ticket_id=key[1],
        phase=decision.phase,
        level=decision.level,
        deadline=decision.deadline,
        wake_at=decision.ledger.wake_at,
        last_event_at=last_event_at,
        first_seen_at=first_seen_at,
        ledger=ledgers.encode(decision.ledger),
    )


def again(row: TicketRow, decision: Decision) -> TicketRow:
    """A ticket that was decided on though no event of it came."""
    return ticket(row.key, decision, row.last_event_at, row.first_seen_at)


def caused(decision: Decision, received_at: datetime, now: datetime) -> Iterator[OutboxRow]:
    """What is to be published because of an event."""
    for event in decision.outbound:
        yield outbox(event, since=received_at, now=now)


def due(decision: Decision, now: datetime) -> Iterator[OutboxRow]:
    """What is to be published because its time has come."""
    for event, planned in zip(decision.outbound, decision.due, strict=True):
        # An alert cannot be early for a ticket that came late: its lag counts from then.
        yield outbox(event, since=max(planned.at, planned.known_at or planned.at), now=now)


def outbox(event: Outbound, *, since: datetime, now: datetime) -> OutboxRow:
    return OutboxRow(
        id=event.id,
        type=event.type,
        routing_key=f"{event.type}.{event.data.level}",
        priority=PRIORITIES[event.data.level],
        body=outbound.encode(event),
        created_at=now,
        since=since,
    )


def message(row: OutboxRow) -> Message:
    return Message(
        id=row.id,
        type=row.type,
        routing_key=row.routing_key,
        body=row.body,
        priority=row.priority,
    )
