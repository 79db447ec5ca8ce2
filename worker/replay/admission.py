"""Which events count: each once, and none that is later than the end."""

import sqlite3
from collections.abc import Iterable
from datetime import datetime

from schemas.decoding import Rejected
from worker.replay import order
from worker.replay.order import Incoming, Reject
from worker.replay.sketch import Sketch
from worker.replay.tally import Tally

_CONFLICT = Rejected("id_conflict", "another event of this source has the same id")


class Admission:
    """Lets events in, and counts those that stay outside.

    Of different events with one id the first in replay's order is let in, on whatever line it
    stands. Live it is the one that came first, which a set of events does not tell.
    """

    def __init__(
        self,
        disk: sqlite3.Connection,
        ids: Sketch,
        tally: Tally,
        reject: Reject,
        until: datetime | None,
    ) -> None:
        """`ids`: of all events that may come, by source and id."""
        self._disk = disk
        self._ids = ids
        self._tally = tally
        self._reject = reject
        self._until = until
        disk.execute("CREATE TABLE known (source, id, PRIMARY KEY (source, id)) WITHOUT ROWID")

    def admitted(self, together: Iterable[Incoming]) -> list[Incoming]:
        """Of one ticket's events of one instant, in order, those that count."""
        admitted = []
        for incoming in order.ordered(self._distinct(together)):
            if self._is_new(incoming):
                self._tally.decided += 1
                admitted.append(incoming)
            else:
                self._reject(incoming.number, _CONFLICT)
        return admitted

    def _distinct(self, together: Iterable[Incoming]) -> Iterable[Incoming]:
        # Before they are ordered: a doubled event must not move the others. And here are all of
        # its doubles, since equal bodies have equal times and tickets.
        distinct: dict[bytes, Incoming] = {}
        for incoming in together:
            if self._until is not None and incoming.time > self._until:
                self._tally.left_out += 1
            elif distinct.setdefault(incoming.entry.body, incoming) is not incoming:
                self._tally.duplicates += 1
        return distinct.values()

    def _is_new(self, incoming: Incoming) -> bool:
        key = incoming.event.source, incoming.event.id
        if self._ids.count(key) == 1:
            return True  # as nearly all are: only what may come twice is remembered
        return self._disk.execute("INSERT OR IGNORE INTO known VALUES (?, ?)", key).rowcount == 1
