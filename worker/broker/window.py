"""How much may be brought on one connection: little, until something of it was survived."""

from collections.abc import Mapping

from worker.broker.ledger import Ledger
from worker.broker.port import Delivery

#: Messages in the first window of a connection: should they crash us, few are counted against.
FIRST_WINDOW = 1
#: So often a message may be given back before it is taken for one that crashes us. Such are brought
#: one by one: of them all, the broker gives up only the one that does.
SUSPECT_AFTER = 3


def is_suspect(delivery: Delivery) -> bool:
    """Whether it was given back so often that it may be what crashes us."""
    count = delivery.headers.get("x-delivery-count")
    return isinstance(count, int) and count >= SUSPECT_AFTER


class Window:
    """One untried message at a time, until one that is no suspect was survived; then `prefetch`.

    A suspect that was survived, and cannot be finished for now (a dead letter while the publisher
    is blocked), is stepped around: the next one is brought all the same.
    """

    def __init__(self, prefetch: int, ledger: Ledger) -> None:
        self._prefetch = prefetch
        self._ledger = ledger
        self._has_grown = False
        self._untried: Mapping[int, bool] = {}
        self._survived: frozenset[int] = frozenset()

    @property
    def size(self) -> int:
        """Messages that the broker may bring to one consumer before it settles the first."""
        return self._prefetch if self._has_grown else FIRST_WINDOW

    def hand_out(self, suspects: Mapping[int, bool]) -> None:
        """Messages with these tags are handed out; of each, whether it is a suspect."""
        self._untried = suspects

    def note_survived(self) -> bool:
        """Whoever asks for more has survived what it has; true if that may bring more."""
        tried, self._untried = self._untried, {}
        if self._has_grown or not tried:
            return False
        self._has_grown = not all(tried.values())
        self._survived = frozenset(tried)
        return True

    def is_stuck(self) -> bool:
        """Whether what was survived leaves no room for the next, and that one may be brought.

        Only a new consumer is brought more then. It has a window of its own, so what the former
        one still has in hand makes no room for a second untried message when it is settled.
        """
        if self._has_grown or self._ledger.in_hand >= self._prefetch:
            return False
        in_hand = [tag for tag in self._survived if not self._ledger.is_finished(tag)]
        return len(in_hand) >= FIRST_WINDOW

    def renew(self) -> None:
        """A new consumer starts, with room for the next one."""
        self._survived = frozenset()
