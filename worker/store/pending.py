"""The outbox of a store that one worker has to itself, as that worker knows it without asking."""

from collections.abc import Collection, Sequence
from functools import partial
from itertools import islice

import sqlalchemy as sa

from worker.store import port, queries, records, statements
from worker.store.queries import write
from worker.store.work import Run

#: So many rows are kept in memory at most; where more wait, they are read.
MOST = 1_000


class Pending:
    """What waits in the outbox, while that is known; and what leaves it with the next commit.

    A commit for what the broker has confirmed costs as much as one for a batch of events: so it
    goes along with whatever is committed first.

    What the database holds is the truth. It is known here from when a transaction found the outbox
    empty, until there is too much of it, or a commit fails, which may have been kept or not, or a
    census finds what is not known.
    """

    def __init__(self) -> None:
        self.leaving: set[str] = set()
        """ids that the broker has, and that are in the outbox still"""
        self._rows: dict[str, port.OutboxRow] | None = None

    def first(self, limit: int) -> Sequence[port.OutboxRow] | None:
        """At most so many rows, in the order in which they were saved; None: they must be read."""
        return None if self._rows is None else [*islice(self._rows.values(), limit)]

    def compare(self, waiting: int) -> None:
        """So many rows were found in the database, where a person may have put some.

        While rows of our own wait or are committed nothing follows from it: the next will tell.
        """
        if waiting and not self._rows:
            self._rows = None

    async def commit(self, run: Run, changes: port.Changes = port.NOTHING) -> None:
        """Keep these changes, without what is leaving."""
        rows, self._rows = self._rows, None  # should it fail
        gone = frozenset(self.leaving)
        is_empty = await run(partial(_commit, changes=changes, gone=gone, asked=rows is None))
        self.leaving -= gone
        self._rows = _after({} if is_empty else rows, gone, changes.outbox)


def _after(
    rows: dict[str, port.OutboxRow] | None, gone: Collection[str], added: Sequence[port.OutboxRow]
) -> dict[str, port.OutboxRow] | None:
    if rows is None:
        return None
    for id_ in gone:
        rows.pop(id_, None)
    for row in added:
        rows.setdefault(row.id, row)
    return rows if len(rows) <= MOST else None


def _commit(
    connection: sa.Connection, changes: port.Changes, gone: Collection[str], *, asked: bool
) -> bool:
    """Whether the outbox was found empty before anything was added, if that is asked."""
    if gone:
        queries.remove_from_outbox(connection, gone)
    is_empty = asked and not queries.outbox(connection, 1)
    save(connection, changes)
    connection.commit()
    return is_empty


def save(connection: sa.Connection, changes: port.Changes) -> None:
    """What comes before the commit. Raises EventAlreadyKnown."""
    events = map(records.of_event, changes.inbox)
    if write(connection, statements.add_to_inbox(), events) < len(changes.inbox):
        raise port.EventAlreadyKnown
    write(connection, statements.put_ticket(), map(records.of_ticket, changes.tickets))
    write(connection, statements.add_to_outbox(), map(records.of_message, changes.outbox))
