"""The tables, in SQLAlchemy Core. What is changed here needs a migration in `migrations/versions`.

Instants are integers: microseconds since 1970 in UTC. They sort, compare and index alike in every
database, and none of them gets to have an opinion on time zones.
"""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros(value: datetime) -> int:
    """An instant as it is kept."""
    return (value - _EPOCH) // _MICROSECOND


def instant(kept: int) -> datetime:
    """An instant that was kept."""
    return _EPOCH + timedelta(microseconds=kept)


# ruff: noqa: ARG002 - the dialect is in SQLAlchemy's signatures
class Instant(sa.TypeDecorator[datetime]):
    """An aware datetime, kept as microseconds since the epoch."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> int | None:
        return None if value is None else micros(value)

    def process_result_value(self, value: int | None, dialect: sa.Dialect) -> datetime | None:
        return None if value is None else instant(value)


class Bytes(sa.LargeBinary):
    """Bytes as SQLite's driver takes and gives them: to wrap each costs as much as to write it."""

    def bind_processor(self, dialect: sa.Dialect) -> None:
        return None

    def result_processor(self, dialect: sa.Dialect, coltype: object) -> None:
        return None


# Compared byte by byte in every database, so that keys have one order everywhere. It spares
# PostgreSQL's indexes the collations of the operating system, which change with its updates.
Text = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")

metadata = sa.MetaData()

inbox = sa.Table(
    "inbox",
    metadata,
    sa.Column("source", Text, primary_key=True),
    sa.Column("id", Text, primary_key=True),
    sa.Column("ticket_id", Text, nullable=False),
    sa.Column("digest", Bytes, nullable=False),
    sa.Column("body", Bytes, nullable=False),  # empty: it is in the ticket's tombstone
    sa.Column("received_at", Instant, nullable=False),
    sa.Index("inbox_by_ticket", "source", "ticket_id"),
)

tickets = sa.Table(
    "tickets",
    metadata,
    sa.Column("source", Text, primary_key=True),
    sa.Column("ticket_id", Text, primary_key=True),
    sa.Column("phase", Text, nullable=False),
    sa.Column("level", Text),
    sa.Column("deadline", Instant),
    sa.Column("wake_at", Instant),
    sa.Column("last_event_at", Instant, nullable=False),
    sa.Column("first_seen_at", Instant, nullable=False),
    sa.Column("ledger", Bytes, nullable=False),
)

# A partial index is used only where a query repeats its condition to the letter, and a bound
# parameter is no letter: hence conditions as text, shared by the indexes and the queries.
IS_OPEN = sa.text("phase IN ('running', 'paused', 'breached')")
IS_WAITING = sa.text("phase = 'waiting'")
WAKES = sa.text("wake_at IS NOT NULL")
IS_FINISHED = sa.text("phase IN ('answered', 'closed') AND wake_at IS NULL")
IS_AT_REST = sa.text("phase IN ('retired', 'waiting')")


def _index(name: str, *columns: str, where: sa.TextClause) -> None:
    """Index only the rows that are asked for: most tickets are finished and never wake again."""
    sa.Index(
        name,
        *(tickets.c[column] for column in columns),
        sqlite_where=where,
        postgresql_where=where,
    )


# The key is in the index so that a million tickets due at one instant need no sorting.
_index("tickets_by_wake", "wake_at", "source", "ticket_id", where=WAKES)
_index("tickets_open", "phase", "level", "deadline", where=IS_OPEN)
_index("tickets_waiting", "first_seen_at", "source", "ticket_id", where=IS_WAITING)
_index("tickets_finished", "last_event_at", where=IS_FINISHED)
_index("tickets_at_rest", "last_event_at", where=IS_AT_REST)

tombstones = sa.Table(
    "tombstones",
    metadata,
    sa.Column("source", Text, primary_key=True),
    sa.Column("ticket_id", Text, primary_key=True),
    sa.Column("bodies", Bytes, nullable=False),
)

# `position` is the order of saving, which a clock cannot tell. A row leaves when the broker has
# confirmed it, so `id` is unique among pending rows only; that an event has one row for ever is
# the ticket's ledger's business, which knows what was published.
outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column(
        "position",
        sa.BigInteger().with_variant(sa.Integer, "sqlite"),  # only INTEGER counts up by itself
        primary_key=True,
    ),
    sa.Column("id", Text, nullable=False),
    sa.Column("type", Text, nullable=False),
    sa.Column("routing_key", Text, nullable=False),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("body", Bytes, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("since", Instant, nullable=False),
    sa.Index("outbox_by_id", "id", unique=True),
)
