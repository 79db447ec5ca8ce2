"""Workers on trial: a long stream with garbage in it goes in, and the end state is compared."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random

from tests.support import malformed, oracle, stream
from tests.support.malformed import Malformed
from tests.support.oracle import End
from tests.support.site import Site
from tests.support.upstream import Pace
from tests.support.waiting import until
from tests.support.worker_process import READY_WITHIN
from worker.broker import topology
from worker.policy import loading

#: Seconds for the whole stream, with everything that a test does to the worker meanwhile.
_SETTLED_WITHIN = 60.0

Differences = dict[str, tuple[End | None, End]]


class Trial:
    """One stream through one site."""

    def __init__(
        self,
        site: Site,
        seed: int,
        count: int = 2000,
        soon_for: int = stream.SOON,
        garbage: Sequence[Malformed] = (),
    ) -> None:
        """`garbage`: beside one of each kind."""
        self.site = site
        self._now = datetime.now(UTC)
        self.stream = stream.made(seed, self._now, count, soon_for)
        self.malformed = [*malformed.twenty(), *garbage]
        self.expected = self._replayed()
        self.sendings = [*self.stream.sendings(), *(bad.sending for bad in self.malformed)]
        Random(seed).shuffle(self.sendings)

    async def pour(self, part: slice = slice(None), pace: Pace | None = None) -> None:
        """Send everything, or a part of it, garbage between the events."""
        await self.site.pour(*self.sendings[part], pace=pace)

    async def is_known(self, count: int) -> None:
        """Wait until the worker has committed so many of the events, and not yet all of them."""
        site = self.site
        await until(lambda: site.stored("inbox") >= count, f"{count} events are known", 30)
        assert site.stored("inbox") < len(self.stream.events), "too late: the work is done"

    async def is_settled(self) -> None:
        """Wait for the end state of a replay."""
        assert self.expected.keys() == self.stream.tickets
        try:
            await until(self._is_settled, "the end state of a replay", _SETTLED_WITHIN)
        except AssertionError as late:
            raise AssertionError(f"{late}: {await self._told()}") from None

    async def ends_as_replayed(self) -> None:
        """Wait for the end state, let the workers drain, and see that it is still the same."""
        await self.is_settled()
        for worker in self.site.workers:
            # One that was started a moment ago does not know yet how to drain.
            await until(worker.is_ready, "ready to be stopped", READY_WITHIN)
        stopped = await asyncio.gather(*(worker.stop() for worker in self.site.workers))
        assert not any(stopped)
        assert not await self.differences()

    async def nothing_is_left(self) -> None:
        """Neither on the broker nor in the outbox; and the worker knows every event once."""
        site = self.site
        assert await site.waiting(topology.INBOX) == 0
        assert await site.waiting(topology.UNROUTED) == 0
        assert site.stored("outbox") == 0
        assert site.stored("inbox") == len(self.stream.events)

    async def dead_letters(self) -> Counter[str]:
        """How often each malformed message lies among the dead letters, with its own reason."""
        found = Counter[str]()
        expected = {bad.message_id: bad for bad in self.malformed}
        for message in await self.site.dead_letters():
            bad = expected[str(message.message_id)]
            assert bad.is_in(message), message
            found[bad.message_id] += 1
        return found

    @property
    def each_once(self) -> Counter[str]:
        """Every malformed message, once."""
        return Counter(bad.message_id for bad in self.malformed)

    async def differences(self) -> Differences:
        """Tickets that do not stand where a replay puts them."""
        live = oracle.ends(await self.site.events())
        return oracle.differences(live, self.expected, datetime.now(UTC))

    def _replayed(self) -> dict[str, End]:
        policy = loading.parse(stream.policy_text(), "policy")
        quiet = self._now + timedelta(seconds=stream.QUIET)
        return oracle.ends(oracle.replayed(self.stream.bodies, policy, quiet))

    async def _is_settled(self) -> bool:
        return (
            not await self.differences()
            and await self.dead_letters() >= self.each_once
            and self.site.stored("inbox") == len(self.stream.events)
        )

    async def _told(self) -> str:
        different = await self.differences()
        dead = len(await self.dead_letters())
        known = self.site.stored("inbox")
        logs = "\n".join(worker.log_text()[-2000:] for worker in self.site.workers)
        some = "\n".join(f"{ticket}: {pair}" for ticket, pair in islice(different.items(), 5))
        return (
            f"{len(different)} tickets differ, {dead} dead letters, {known} events known; "
            f"the stream was made at {self._now}\n{some}\n{logs}"
        )
