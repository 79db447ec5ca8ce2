"""Inbox, tickets and outbox.

Written out, not taken from `tables`: a migration does not change when the tables do.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_Text = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    _inbox()
    _tickets()
    _outbox()


def downgrade() -> None:
    for table in ("outbox", "tickets", "inbox"):
        op.drop_table(table)


def _inbox() -> None:
    op.create_table(
        "inbox",
        sa.Column("source", _Text, primary_key=True),
        sa.Column("id", _Text, primary_key=True),
        sa.Column("ticket_id", _Text, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
    )
    op.create_index("inbox_by_ticket", "inbox", ["source", "ticket_id"])


def _tickets() -> None:
    op.create_table(
        "tickets",
        sa.Column("source", _Text, primary_key=True),
        sa.Column("ticket_id", _Text, primary_key=True),
        sa.Column("phase", _Text, nullable=False),
        sa.Column("level", _Text),
        sa.Column("deadline", sa.BigInteger),
        sa.Column("wake_at", sa.BigInteger),
        sa.Column("last_event_at", sa.BigInteger, nullable=False),
        sa.Column("first_seen_at", sa.BigInteger, nullable=False),
        sa.Column("ledger", sa.LargeBinary, nullable=False),
    )
    _partial("tickets_by_wake", ["wake_at", "source", "ticket_id"], "wake_at IS NOT NULL")
    _partial(
        "tickets_open",
        ["phase", "level", "deadline"],
        "phase IN ('running', 'paused', 'breached')",
    )
    _partial("tickets_waiting", ["first_seen_at", "source", "ticket_id"], "phase = 'waiting'")


def _partial(name: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, "tickets", columns, sqlite_where=condition, postgresql_where=condition)


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("id", _Text, nullable=False),
        sa.Column("type", _Text, nullable=False),
        sa.Column("routing_key", _Text, nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
    )
    op.create_index("outbox_by_id", "outbox", ["id"], unique=True)
