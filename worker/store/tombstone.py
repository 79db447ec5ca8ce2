"""What is kept of a ticket when it is retired: the bodies of its events, pressed together."""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from worker.store import port

#: No JSON has this byte in it.
_BETWEEN = b"\0"


@dataclass(frozen=True, kw_only=True, slots=True)
class Tombstone:
    """Its events stay in the inbox, where each is known by its digest; their bodies are here.

    Events say much the same over and over, so together they are pressed to a fraction.
    """

    source: str
    ticket_id: str
    bodies: bytes

    @property
    def key(self) -> port.TicketKey:
        return self.source, self.ticket_id

    def completed(self, history: Iterable[port.InboxRow]) -> Sequence[port.InboxRow]:
        """The history with the bodies back in their places; what came since has its own.

        Where this is damaged the places stay empty: no event gets another's body.
        """
        history = list(history)
        emptied = [row.key for row in history if not row.body]
        bodies = self._bodies()
        if len(bodies) != len(emptied):
            return history
        filled = dict(zip(emptied, bodies, strict=True))
        return [row._replace(body=filled[row.key]) if row.key in filled else row for row in history]

    def _bodies(self) -> Sequence[bytes]:
        """None at all where they cannot be read any more."""
        try:
            return zlib.decompress(self.bodies).split(_BETWEEN)
        except zlib.error:
            return ()


def pressed(histories: Iterable[Sequence[port.InboxRow]]) -> Sequence[Tombstone]:
    """The tombstones of these tickets. A ticket has one place for each event in its history."""
    return [
        Tombstone(
            source=history[0].source,
            ticket_id=history[0].ticket_id,
            bodies=zlib.compress(_BETWEEN.join(row.body for row in history)),
        )
        for history in histories
    ]
