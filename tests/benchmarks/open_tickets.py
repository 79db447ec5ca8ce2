"""A database with many open tickets, as if a worker had been told of each.

The rows are those of the worker's own desk. It decides on a few thousand tickets; the others differ
from those in names and texts only, so their rows are copies with other names.
"""

import hashlib
import itertools
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tests.benchmarks import tickets
from tests.support.upstream import Sending
from worker.broker.port import Delivery
from worker.pipeline import reading
from worker.pipeline.desk import Desk
from worker.policy import loading
from worker.settings import MAX_MESSAGE_BYTES, Settings
from worker.store import tables
from worker.store.port import Archive, Changes, InboxRow, TicketRow
from worker.store.sqlite import SqliteStore

Row = dict[str, Any]

#: Numbers of these tickets; those of the messages that come later are smaller.
_FIRST = 10_000_000
#: Rows that are written at a time.
_AT_ONCE = 10_000


async def filled(path: Path, count: int) -> None:
    """A new database in which so many tickets are open. None falls due within the hour."""
    store = SqliteStore(path)
    await store.open()
    await store.close()
    now = datetime.now(UTC)
    numbers = (n for n in itertools.count(_FIRST) if not tickets.is_critical(n))
    patterns = _patterns(now)
    with _writing(path) as connection:
        left = islice(numbers, count)
        while some := [*islice(left, _AT_ONCE)]:
            sendings = [*tickets.created(some, now)]
            copies = [_copy(patterns, number) for number in some]
            _insert(connection, [_event(s, now) for s in sendings], copies)
    # What is copied must be what would have been decided.
    last = _decided(sendings[-1:], now)
    assert copies[-1] == _row(last.tickets[0]), "a copied ticket is not as the desk decides"
    assert _event(sendings[-1], now) == _row(last.inbox[0]), "nor is its event"


def add(path: Path, sendings: Sequence[Sending]) -> None:
    """Add these tickets to the database, each decided on."""
    changes = _decided(sendings, datetime.now(UTC))
    with _writing(path) as connection:
        _insert(connection, map(_row, changes.inbox), map(_row, changes.tickets))


def _patterns(now: datetime) -> dict[int, Row]:
    """A ticket's row for every kind of ticket."""
    numbers = [n for n in range(_FIRST, _FIRST + tickets.ALIKE) if not tickets.is_critical(n)]
    rows = _decided([*tickets.created(numbers, now)], now).tickets
    return {n % tickets.ALIKE: _row(row) for n, row in zip(numbers, rows, strict=True)}


def _row(kept: InboxRow | TicketRow) -> Row:
    return kept._asdict()


def _copy(patterns: dict[int, Row], number: int) -> Row:
    return {**patterns[number % tickets.ALIKE], "ticket_id": tickets.ticket_id(number)}


def _event(sending: Sending, now: datetime) -> Row:
    assert sending.message_id is not None
    return {
        "source": tickets.SOURCE,
        "id": sending.message_id,
        "ticket_id": tickets.ticket_of(sending.message_id),
        "digest": hashlib.sha256(sending.body).digest(),
        "body": sending.body,
        "received_at": now,
    }


def _decided(sendings: Sequence[Sending], now: datetime) -> Changes:
    policy = loading.parse(loading.default_text(), "built-in")
    desk = Desk(policy, Settings().source, now, Archive({}, {}, {}))
    for sending in sendings:
        delivery = Delivery(
            body=sending.body, routing_key=sending.routing_key, received_at=now, token=None
        )
        desk.take(reading.read(delivery, MAX_MESSAGE_BYTES))
    return desk.changes()


@contextmanager
def _writing(path: Path) -> Iterator[sa.Connection]:
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA synchronous = OFF")
        yield connection
        # The whole of it is to be in one file, which can be copied.
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()


def _insert(connection: sa.Connection, events: Iterable[Row], rows: Iterable[Row]) -> None:
    connection.execute(sa.insert(tables.inbox), [*events])
    connection.execute(sa.insert(tables.tickets), [*rows])
    connection.commit()
