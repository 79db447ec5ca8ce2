"""Dead letters on their way: each is settled only after the broker has its copy."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from worker import errors
from worker.broker.port import DeadLetter, Inbox, Publisher
from worker.clock import Clock
from worker.observe.logs import Log, LogEvent
from worker.pipeline.patience import Patience

#: How many are buried at once. The inbox's prefetch bounds how many can wait.
_AT_ONCE = 100


@dataclass(slots=True)
class Graveyard:
    inbox: Inbox
    publisher: Publisher
    clock: Clock
    log: Log
    _waiting: "asyncio.Queue[DeadLetter]" = field(default_factory=asyncio.Queue)
    _patience: Patience = field(default_factory=Patience)

    def take(self, dead: Sequence[DeadLetter]) -> None:
        for letter in dead:
            self.log.warning(
                LogEvent.DEAD_LETTERED,
                reason=letter.reason,
                error=letter.error,
                message_id=letter.delivery.message_id,
            )
            self._waiting.put_nowait(letter)

    async def run(self) -> None:
        while True:
            letters = [await self._waiting.get()]
            while len(letters) < _AT_ONCE and not self._waiting.empty():
                letters.append(self._waiting.get_nowait())
            await self._bury(letters)
            for _ in letters:
                self._waiting.task_done()

    async def rest(self) -> None:
        """Wait until all that was taken is buried."""
        await self._waiting.join()

    async def _bury(self, letters: Sequence[DeadLetter]) -> None:
        left = list(letters)
        while left:
            try:
                buried = await self.publisher.bury(left)
            except errors.BrokerUnavailable:
                buried = [False] * len(left)
            done = [letter for letter, kept in zip(left, buried, strict=True) if kept]
            left = [letter for letter, kept in zip(left, buried, strict=True) if not kept]
            await self.inbox.settle([letter.delivery for letter in done])
            if left:
                await self.clock.sleep(self._patience.next_wait())
        self._patience.reset()
