"""The port's rows as the databases' own: tuples of plain values, in the order of the columns."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from worker.store import port
from worker.store.tables import instant, micros
from worker.store.tombstone import Tombstone

Record = Sequence[Any]


def of_event(row: port.InboxRow) -> Record:
    received_at = micros(row.received_at)
    return row.source, row.id, row.ticket_id, row.digest, row.body, received_at


def event(record: Record) -> port.InboxRow:
    source, id_, ticket_id, digest, body, received_at = record
    return port.InboxRow(
        source=source,
        id=id_,
        ticket_id=ticket_id,
        digest=digest,
        body=body,
        received_at=instant(received_at),
    )


def of_ticket(row: port.TicketRow) -> Record:
    return (
        row.source,
        row.ticket_id,
        row.phase,
        row.level,
        _micros(row.deadline),
        _micros(row.wake_at),
        micros(row.last_event_at),
        micros(row.first_seen_at),
        row.ledger,
    )


def ticket(record: Record) -> port.TicketRow:
    source, ticket_id, phase, level, deadline, wake_at, last, first, ledger = record
    return port.TicketRow(
        source=source,
        ticket_id=ticket_id,
        phase=phase,
        level=level,
        deadline=None if deadline is None else instant(deadline),
        wake_at=None if wake_at is None else instant(wake_at),
        last_event_at=instant(last),
        first_seen_at=instant(first),
        ledger=ledger,
    )


def of_message(row: port.OutboxRow) -> Record:
    created_at, since = micros(row.created_at), micros(row.since)
    return row.id, row.type, row.routing_key, row.priority, row.body, created_at, since


def message(record: Record) -> port.OutboxRow:
    id_, type_, routing_key, priority, body, created_at, since = record
    return port.OutboxRow(
        id=id_,
        type=type_,
        routing_key=routing_key,
        priority=priority,
        body=body,
        created_at=instant(created_at),
        since=instant(since),
    )


def of_tombstone(stone: Tombstone) -> Record:
    return stone.source, stone.ticket_id, stone.bodies


def tombstone(record: Record) -> Tombstone:
    source, ticket_id, bodies = record
    return Tombstone(source=source, ticket_id=ticket_id, bodies=bodies)


def _micros(value: datetime | None) -> int | None:
    return None if value is None else micros(value)
