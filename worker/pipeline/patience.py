"""Waiting out what is away for now: longer from try to try, and a little at random."""

import random
from dataclasses import dataclass

#: Seconds before the second try, and the longest wait.
FIRST, LONGEST = 0.1, 10.0


@dataclass(slots=True)
class Patience:
    """How long to wait before the next try; `reset` after a success."""

    _next: float = FIRST

    def next_wait(self) -> float:
        """Seconds to wait now. Jitter keeps workers from trying in step."""
        wait, self._next = self._next, min(self._next * 2, LONGEST)
        return wait * random.uniform(0.5, 1)  # noqa: S311 - nothing secret

    def reset(self) -> None:
        self._next = FIRST
