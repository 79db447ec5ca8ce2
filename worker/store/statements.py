"""What is written, by name. Where databases differ, the dialect's name decides."""

from collections.abc import Callable
from functools import cache

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from worker.store.tables import inbox, outbox, tickets

_INSERT: dict[str, Callable[[sa.Table], sqlite.Insert | postgresql.Insert]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}


@cache
def add_to_inbox() -> sa.Executable:
    """Fails on an event that is there already."""
    return sa.insert(inbox)


@cache
def put_ticket(dialect: str) -> sa.Executable:
    """Add a ticket, or replace all that was known of it."""
    insert = _INSERT[dialect](tickets)
    key = tickets.primary_key.columns.keys()
    changed = {column.name: column for column in insert.excluded if column.name not in key}
    return insert.on_conflict_do_update(index_elements=key, set_=changed)


@cache
def add_to_outbox(dialect: str) -> sa.Executable:
    """An event that waits there already keeps its place."""
    return _INSERT[dialect](outbox).on_conflict_do_nothing(index_elements=["id"])


@cache
def remove_from_outbox() -> sa.Executable:
    """One event that the broker has."""
    return sa.delete(outbox).where(outbox.c.id == sa.bindparam("confirmed"))
