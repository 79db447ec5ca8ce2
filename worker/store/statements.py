"""What is asked and written for each batch: texts that are made once, and what is put into them.

SQLAlchemy would prepare each row and each value of a batch by itself, which costs more than to
write them. So it makes the texts, and the driver gets plain tuples; `records` makes those.

SQLite is in this process and takes rows one by one. PostgreSQL is a network away: all that a batch
keeps goes there as one statement, in an array for each column, so that there is one way there and
back and one plan, however many rows they are.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import groupby
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from worker.store.records import Record
from worker.store.tables import inbox, outbox, tickets, tombstones

Insert = sqlite.Insert | postgresql.Insert
KeyColumns = tuple[sa.Column[str], sa.Column[str]]


@cache
def add_to_inbox() -> str:
    """SQLite: an event that is there already is left out, and not counted."""
    return _text("sqlite", _add("sqlite", inbox, "source", "id"), inbox)


@cache
def put_ticket() -> str:
    """SQLite: add a ticket, or replace all that was known of it."""
    return _text("sqlite", _put("sqlite", tickets), tickets)


@cache
def put_tombstone(dialect: str) -> str:
    """Add a tombstone, or replace that of an earlier life."""
    return _text(dialect, _put(dialect, tombstones), tombstones)


@cache
def add_to_outbox() -> str:
    """SQLite: an event that waits there already keeps its place."""
    return _text("sqlite", _add("sqlite", outbox, "id"), outbox)


def given(dialect: str, records: Sequence[Record]) -> Any:
    """These, as the statements above take them."""
    return tuple(zip(*records, strict=True)) if dialect == "postgresql" else records


@cache
def keep() -> str:
    """PostgreSQL: `add_to_inbox`, `put_ticket` and `add_to_outbox` as one.

    Its answer is how many events were added.
    """
    added = _add("postgresql", inbox, "source", "id").returning(inbox.c.id).cte("added")
    tickets_put = _put("postgresql", tickets).cte("tickets_put")
    sent = _add("postgresql", outbox, "id").cte("sent")
    count = sa.select(sa.func.count()).select_from(added)
    # Named in the order of their parameters.
    return _text("postgresql", count.add_cte(added, tickets_put, sent))


def kept(
    events: Iterable[Record], given_tickets: Iterable[Record], messages: Iterable[Record]
) -> tuple[object, ...]:
    """These, as `keep` takes them; there may be none of a kind."""
    tables = ((inbox, events), (tickets, given_tickets), (outbox, messages))
    return tuple(array for table, rows in tables for array in _arrays(table, rows))


@cache
def first_of_outbox(dialect: str, limit: int) -> str:
    """So many of its rows, in the order in which they were saved."""
    query = sa.select(*_given_by_us(outbox)).order_by(outbox.c.position)
    return f"{_text(dialect, query)} LIMIT {limit:d}"


@cache
def remove_from_outbox(dialect: str) -> str:
    """The events of `confirmed`."""
    if dialect == "postgresql":
        ids = sa.bindparam("confirmed", type_=postgresql.ARRAY(sa.Text()))
        return _text(dialect, sa.delete(outbox).where(outbox.c.id == sa.any_(ids)))
    listed = sa.select(_listed("confirmed"))
    return _text(dialect, sa.delete(outbox).where(outbox.c.id.in_(listed)))


def confirmed(dialect: str, ids: Collection[str]) -> tuple[object]:
    """These ids, as `remove_from_outbox` takes them."""
    return ([*ids],) if dialect == "postgresql" else (json.dumps([*ids]),)


@cache
def of_keys(dialect: str, query: sa.Select[*tuple[Any, ...]], columns: KeyColumns) -> str:
    """The question for those rows only that hold one of the keys of `among`."""
    return _text(dialect, query.where(are_among(dialect, columns)))


def are_among(dialect: str, columns: KeyColumns) -> sa.ColumnElement[bool]:
    """Whether the columns, a source and a name, hold one of the keys of `among`."""
    if dialect == "postgresql":
        pairs = unnested({"first": sa.Text(), "second": sa.Text()})
        return sa.tuple_(*columns).in_(sa.select(*pairs.c))
    source, name = columns
    return sa.and_(source == sa.bindparam("first"), name.in_(sa.select(_listed("second"))))


def among(dialect: str, keys: Collection[tuple[str, str]]) -> Iterator[Mapping[str, object]]:
    """Parameters, of which each stands for some of these keys."""
    if dialect == "postgresql":
        yield {"first": [key[0] for key in keys], "second": [key[1] for key in keys]}
        return
    # Source by source, of which there are few: SQLite would scan the table for pairs.
    for source, pairs in groupby(sorted(keys), key=itemgetter(0)):
        yield {"first": source, "second": json.dumps([name for _, name in pairs])}


def unnested(arrays: Mapping[str, sa.types.TypeEngine[Any]]) -> sa.TableValuedAlias:
    """PostgreSQL: parameters of these names, each an array of this type, as a table."""
    columns = [sa.bindparam(name, type_=postgresql.ARRAY(type_)) for name, type_ in arrays.items()]
    return sa.func.unnest(*columns).table_valued(*arrays).render_derived(name="given")


def _listed(parameter: str) -> sa.ColumnElement[Any]:
    """SQLite: the strings in a parameter that is a JSON array; no name of ours holds a NUL."""
    return sa.func.json_each(sa.bindparam(parameter)).table_valued("value", name="given").c.value


def _add(dialect: str, table: sa.Table, *key: str) -> Insert:
    return _INSERT[dialect](table).on_conflict_do_nothing(index_elements=key)


def _put(dialect: str, table: sa.Table) -> Insert:
    insert = _INSERT[dialect](table)
    key = table.primary_key.columns.keys()
    changed = {column.name: column for column in insert.excluded if column.name not in key}
    return insert.on_conflict_do_update(index_elements=key, set_=changed)


def _row_by_row(table: sa.Table) -> Insert:
    return sqlite.insert(table)


def _all_at_once(table: sa.Table) -> Insert:
    columns = [*_given_by_us(table)]
    # No two parameters of one statement may have one name.
    rows = unnested({f"{table.name}_{column.name}": _plain(column.type) for column in columns})
    names = [column.name for column in columns]
    return postgresql.insert(table).from_select(names, sa.select(*rows.c))


def _arrays(table: sa.Table, records: Iterable[Record]) -> Iterable[Sequence[object]]:
    return [*zip(*records, strict=True)] or [() for _ in _given_by_us(table)]


_INSERT: dict[str, Callable[[sa.Table], Insert]] = {
    "sqlite": _row_by_row,
    "postgresql": _all_at_once,
}
_DIALECTS: dict[str, Callable[[], sa.Dialect]] = {
    "sqlite": sqlite.dialect,
    "postgresql": postgresql.asyncpg.dialect,
}


def _text(dialect: str, statement: sa.sql.ClauseElement, written: sa.Table | None = None) -> str:
    """As the driver takes it, with a place for each parameter in the order in which it is named.

    `written`: the table whose columns are the parameters, where rows are written one by one.
    """
    columns = [column.name for column in _given_by_us(written)] if written is not None else None
    return str(statement.compile(dialect=_DIALECTS[dialect](), column_keys=columns))


def _given_by_us(table: sa.Table) -> Iterable[sa.Column[Any]]:
    return (column for column in table.columns if column.name != "position")


def _plain(type_: sa.types.TypeEngine[Any]) -> sa.types.TypeEngine[Any]:
    """An array has no collation of its own."""
    return sa.Text() if isinstance(type_, sa.Text) else type_
