"""Tombstones, and the indexes by which finished and forgotten tickets are found."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_Text = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "tombstones",
        sa.Column("source", _Text, primary_key=True),
        sa.Column("ticket_id", _Text, primary_key=True),
        sa.Column("bodies", sa.LargeBinary, nullable=False),
    )
    _partial("tickets_finished", "phase IN ('answered', 'closed') AND wake_at IS NULL")
    _partial("tickets_at_rest", "phase IN ('retired', 'waiting')")


def downgrade() -> None:
    """Only where nothing is retired: a tombstone's events have no bodies of their own."""
    for index in ("tickets_at_rest", "tickets_finished"):
        op.drop_index(index, "tickets")
    op.drop_table("tombstones")


def _partial(name: str, where: str) -> None:
    condition = sa.text(where)
    op.create_index(
        name, "tickets", ["last_event_at"], sqlite_where=condition, postgresql_where=condition
    )
