"""The policy that decides, and how another takes its place while the worker runs."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from worker import errors
from worker.clock import Clock
from worker.observe.logs import Log, LogEvent
from worker.observe.metrics import Metrics
from worker.pipeline.waiting import first_of
from worker.policy.policy import Policy, objectives_in_seconds

#: Seconds between two looks at the policy file.
LOOK_EVERY = 5.0

Mark = object
"""Differs as soon as the policy file does; None while there is no file."""


@dataclass(slots=True)
class Policies:
    """Holds the policy in force. A file that cannot be used changes nothing.

    Another policy changes no ticket by itself: it decides on the next event of each.
    """

    current: Policy
    load: Callable[[], Policy]
    mark: Callable[[], Mark | None]
    clock: Clock
    metrics: Metrics
    log: Log
    _asked: asyncio.Event = field(default_factory=asyncio.Event)
    _loaded: Mark | None = None
    """the mark of the file as it was loaded"""

    def __post_init__(self) -> None:
        # Now, and not when it runs: until then the file may have changed.
        self._loaded = self.mark()

    def reload(self) -> None:
        """Load the file anew, whether it seems to have changed or not."""
        self._asked.set()

    async def run(self) -> None:
        seen = self._loaded
        while True:
            await first_of(self._asked.wait(), self.clock.sleep(LOOK_EVERY))
            found = self.mark()
            # Whoever is still writing it gets the time until the next look.
            has_settled = found == seen and found not in (self._loaded, None)
            seen = found
            if self._asked.is_set() or has_settled:
                self._asked.clear()
                self._loaded = found
                await self._take()

    async def _take(self) -> None:
        try:
            # In a thread: a large file takes longer than a message may wait.
            policy = await asyncio.to_thread(self.load)
        except errors.BadPolicy as error:
            self.metrics.policy_reloads.labels("refused").inc()
            self.log.error(LogEvent.POLICY_REFUSED, error=str(error), kept=self.current.digest)
            return
        self.metrics.policy_reloads.labels("loaded").inc()
        objectives = objectives_in_seconds(policy)
        self.metrics.note_policy(policy.name, policy.version, policy.digest, objectives)
        self.log.info(
            LogEvent.POLICY_LOADED,
            policy=policy.name,
            digest=policy.digest,
            changed=policy.digest != self.current.digest,
        )
        self.current = policy
