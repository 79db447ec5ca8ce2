"""How much may be brought on one connection: little, until something of it was survived."""

from collections.abc import Mapping, Sequence

from worker.broker.ledger import Ledger
from worker.broker.port import Delivery

#: Messages in the first window of a connection: should they crash us, few are counted against.
FIRST_WINDOW = 1
#: So often a message may be given back before it is taken for one that crashes us. Such are brought
#: one by one: of them all, the broker gives up only the one that does.
SUSPECT_AFTER = 3
#: A consumer is replaced for so large a part of the prefetch: it costs the broker some requests.
_WORTH = 1 / 4


def is_suspect(delivery: Delivery) -> bool:
    """Whether it was given back so often that it may be what crashes us."""
    count = delivery.headers.get("x-delivery-count")
    return isinstance(count, int) and count >= SUSPECT_AFTER


class Window:
    """One untried message at a time, until one that is no suspect was survived; then `prefetch`.

    The broker fixes a consumer's window when it starts, and counts against it only what that one
    brought. So a new consumer gets what those before it have left of the prefetch, and is replaced
    when they are settled.

    What was survived, and cannot be finished for now (a dead letter while the publisher is
    blocked), is stepped around: the next messages are brought all the same.
    """

    def __init__(self, prefetch: int, ledger: Ledger) -> None:
        self.open = 0
        """messages that the consumer may bring before the first is settled; 0 while there is none
        """
        self._prefetch = prefetch
        self._ledger = ledger
        self._has_grown = False
        self._untried: Mapping[int, bool] = {}
        self._before = 0
        """the last tag of the consumers before this one"""
        self._survived: list[int] = []
        """of what this consumer brought: what was survived, and was not finished then"""

    def renew(self) -> int:
        """A new consumer starts: how much it may bring."""
        self._before = self._ledger.delivered
        self._survived = []
        self.open = self._room
        return self.open

    def close(self) -> None:
        """There is no consumer any more."""
        self.open = 0

    def hand_out(self, suspects: Mapping[int, bool]) -> None:
        """Messages with these tags are handed out; of each, whether it is a suspect."""
        self._untried = suspects

    def note_survived(self) -> None:
        """Whoever asks for more has survived what it has."""
        tried, self._untried = self._untried, {}
        self._has_grown |= not all(tried.values())
        own = (tag for tag in tried if tag > self._before)
        self._survived = self._unfinished([*self._survived, *own])

    def is_due(self) -> bool:
        """Whether another consumer could bring more than this one."""
        return bool(self.open) and (self._is_narrow() or self._is_stuck())

    @property
    def _room(self) -> int:
        size = self._prefetch if self._has_grown else FIRST_WINDOW
        # One comes through even where the hand is full: else nobody would consume.
        return max(size - self._ledger.in_hand, 1)

    def _is_narrow(self) -> bool:
        gain = self._room - self.open
        if not self._ledger.in_hand:
            return gain > 0
        return gain >= max(min(self.open, self._prefetch * _WORTH), 1)

    def _is_stuck(self) -> bool:
        """Whether what was survived leaves no room for the next, and that one may be brought.

        Only a new consumer is brought more then. It has a window of its own, so what the former
        one still has in hand makes no room for a second untried message when it is settled.
        """
        if self._ledger.in_hand >= self._prefetch:
            return False
        return len(self._unfinished(self._survived)) >= self.open

    def _unfinished(self, tags: Sequence[int]) -> list[int]:
        return [tag for tag in tags if not self._ledger.is_finished(tag)]
