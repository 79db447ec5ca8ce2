"""What is written, by name. Where databases differ, the dialect's name decides.

SQLite is in this process and takes rows one by one. PostgreSQL is a network away: all rows of a
batch go there as one statement, in an array for each column, so that there is one way there and
back and one plan, however many they are.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from worker.store import port
from worker.store.tables import inbox, outbox, tickets, tombstones
from worker.store.tombstone import Tombstone

Row = port.InboxRow | port.TicketRow | port.OutboxRow | Tombstone

Insert = sqlite.Insert | postgresql.Insert


@cache
def add_to_inbox(dialect: str) -> sa.Executable:
    """An event that is there already is left out, and not counted."""
    return _INSERT[dialect](inbox).on_conflict_do_nothing(index_elements=["source", "id"])


@cache
def put_ticket(dialect: str) -> sa.Executable:
    """Add a ticket, or replace all that was known of it."""
    return _put(dialect, tickets)


@cache
def put_tombstone(dialect: str) -> sa.Executable:
    """Add a tombstone, or replace that of an earlier life."""
    return _put(dialect, tombstones)


@cache
def add_to_outbox(dialect: str) -> sa.Executable:
    """An event that waits there already keeps its place."""
    return _INSERT[dialect](outbox).on_conflict_do_nothing(index_elements=["id"])


def given(dialect: str, rows: Sequence[Row]) -> Any:
    """These rows, as the statements above take them."""
    names = [field.name for field in fields(rows[0])]
    if dialect == "postgresql":
        return {name: [getattr(row, name) for row in rows] for name in names}
    return [{name: getattr(row, name) for name in names} for row in rows]


@cache
def remove_from_outbox(dialect: str) -> sa.Executable:
    """The events of `confirmed`."""
    if dialect == "postgresql":
        ids = sa.bindparam("confirmed", type_=postgresql.ARRAY(sa.Text()))
        return sa.delete(outbox).where(outbox.c.id == sa.any_(ids))
    return sa.delete(outbox).where(outbox.c.id == sa.bindparam("confirmed"))


def confirmed(dialect: str, ids: Collection[str]) -> Any:
    """These ids, as `remove_from_outbox` takes them."""
    if dialect == "postgresql":
        return {"confirmed": [*ids]}
    return [{"confirmed": each} for each in ids]


def are_among(columns: Sequence[sa.Column[Any]]) -> sa.ColumnElement[bool]:
    """PostgreSQL: whether the columns hold one of the pairs in the arrays `first` and `second`."""
    pairs = unnested({"first": sa.Text(), "second": sa.Text()})
    return sa.tuple_(*columns).in_(sa.select(*pairs.c))


def unnested(arrays: Mapping[str, sa.types.TypeEngine[Any]]) -> sa.TableValuedAlias:
    """PostgreSQL: parameters of these names, each an array of this type, as a table."""
    columns = [sa.bindparam(name, type_=postgresql.ARRAY(type_)) for name, type_ in arrays.items()]
    return sa.func.unnest(*columns).table_valued(*arrays).render_derived(name="given")


def _put(dialect: str, table: sa.Table) -> sa.Executable:
    insert = _INSERT[dialect](table)
    key = table.primary_key.columns.keys()
    changed = {column.name: column for column in insert.excluded if column.name not in key}
    return insert.on_conflict_do_update(index_elements=key, set_=changed)


def _row_by_row(table: sa.Table) -> Insert:
    return sqlite.insert(table)


def _all_at_once(table: sa.Table) -> Insert:
    columns = {column.name: _plain(column.type) for column in _given_by_us(table)}
    rows = unnested(columns)
    return postgresql.insert(table).from_select([*columns], sa.select(*rows.c))


_INSERT: dict[str, Callable[[sa.Table], Insert]] = {
    "sqlite": _row_by_row,
    "postgresql": _all_at_once,
}


def _given_by_us(table: sa.Table) -> Iterable[sa.Column[Any]]:
    return (column for column in table.columns if column.name != "position")


def _plain(type_: sa.types.TypeEngine[Any]) -> sa.types.TypeEngine[Any]:
    """An array has no collation of its own."""
    return sa.Text() if isinstance(type_, sa.Text) else type_
