"""Dead letters on their way: each is settled only after the broker has its copy."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from worker import errors
from worker.broker.port import DeadLetter, Inbox, Publisher
from worker.clock import Clock
from worker.observe.logs import Log, LogEvent
from worker.pipeline.accounts import Accounts
from worker.pipeline.patience import Patience

#: How many are buried at once. The inbox's prefetch bounds how many can wait.
_AT_ONCE = 100


@dataclass(slots=True)
class Graveyard:
    inbox: Inbox
    publisher: Publisher
    clock: Clock
    accounts: Accounts
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
            left = await self._bury(letters)
            for letter in left:
                # To the end of the queue: one that is refused must not hold up the others.
                self._waiting.put_nowait(letter)
            for _ in letters:
                self._waiting.task_done()
            await self._rest_after(buried=len(letters) - len(left))

    async def rest(self) -> None:
        """Wait until all that was taken is buried."""
        await self._waiting.join()

    async def _bury(self, letters: Sequence[DeadLetter]) -> list[DeadLetter]:
        """Bury what can be buried now; what is left."""
        try:
            taken = await self.publisher.bury(letters)
        except errors.BrokerUnavailable:
            taken = [False] * len(letters)
        done = [letter for letter, kept in zip(letters, taken, strict=True) if kept]
        await self.inbox.settle([letter.delivery for letter in done])
        for letter in done:
            self.accounts.buried(letter.reason)
        return [letter for letter, kept in zip(letters, taken, strict=True) if not kept]

    async def _rest_after(self, buried: int) -> None:
        if buried:
            self._patience.reset()
        else:
            await self.clock.sleep(self._patience.next_wait())
