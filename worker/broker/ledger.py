"""Which messages of one channel are finished, and how far the broker may forget them."""

from collections.abc import Iterable


class Ledger:
    """Delivery tags of one channel: 1, 2, 3 … in the order of delivery.

    The broker is told with one acknowledgement up to the last tag before the first gap, so a
    message that is not finished is never acknowledged by one that came after it.
    """

    def __init__(self) -> None:
        self.delivered = 0
        """how many the broker has brought"""
        self.finished = 0
        """how many of them are done with, acknowledged or not"""
        self._acknowledged = 0
        self._beyond: set[int] = set()

    @property
    def in_hand(self) -> int:
        """Brought, and not done with."""
        return self.delivered - self.finished

    def deliver(self, tag: int) -> None:
        """The broker has brought this one."""
        self.delivered = max(self.delivered, tag)

    def finish(self, tags: Iterable[int]) -> None:
        """These are done with; telling it twice changes nothing."""
        for tag in tags:
            if tag > self._acknowledged and tag not in self._beyond:
                self._beyond.add(tag)
                self.finished += 1

    def advance(self) -> int | None:
        """The tag to acknowledge up to, once; None if nothing new is contiguous."""
        start = self._acknowledged
        while self._acknowledged + 1 in self._beyond:
            self._acknowledged += 1
            self._beyond.remove(self._acknowledged)
        return self._acknowledged if self._acknowledged > start else None
