"""Which messages of one channel are finished, and how far the broker may forget them."""

from collections.abc import Iterable


class Ledger:
    """Delivery tags of one channel: 1, 2, 3 … in the order of delivery.

    The broker is told with one acknowledgement up to the last tag before the first gap, so a
    message that is not finished is never acknowledged by one that came after it. Where a gap
    stays open for long, what piles up beyond it is acknowledged one by one.
    """

    def __init__(self) -> None:
        self.delivered = 0
        """how many the broker has brought"""
        self.finished = 0
        """how many of them are done with, acknowledged or not"""
        self._contiguous = 0
        self._beyond: set[int] = set()
        self._alone: set[int] = set()
        """of those beyond the gap: which the broker has forgotten already"""

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
            if not self.is_finished(tag):
                self._beyond.add(tag)
                self.finished += 1

    def is_finished(self, tag: int) -> bool:
        """Whether this one is done with."""
        return tag <= self._contiguous or tag in self._beyond

    def advance(self) -> int | None:
        """The tag to acknowledge up to, once; None if nothing new is contiguous."""
        last = None
        while self._contiguous + 1 in self._beyond:
            self._contiguous += 1
            self._beyond.remove(self._contiguous)
            if self._contiguous in self._alone:
                # The broker does not know it any more, and would close the channel.
                self._alone.remove(self._contiguous)
            else:
                last = self._contiguous
        return last

    def overdue(self, many: int) -> list[int]:
        """Tags beyond the gap to acknowledge one by one, once they are so many."""
        if len(self._beyond) - len(self._alone) < many:
            return []
        tags = sorted(self._beyond - self._alone)
        self._alone.update(tags)
        return tags
