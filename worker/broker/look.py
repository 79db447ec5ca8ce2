"""One way through the dead letters: to see what is in a queue, and leave it as it was.

A quorum queue with a delivery limit puts what is given back behind all that was brought before,
and before all that never was. So a look holds what it sees, goes on until it comes to what nobody
has seen yet, and then gives everything back in order. To hold a message costs the broker some
hundred bytes (the body stays on its disk), and us next to nothing.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from aiormq.abc import AbstractChannel
from pamqp import commands

from worker import errors
from worker.broker import connection, dead_letter, depth, faults, topology
from worker.broker.connection import Session
from worker.broker.dead_letter import Letter
from worker.broker.depth import Depth
from worker.broker.sieve import Brought

#: Letters in the first window and in the largest. All of a window are on their way at once.
_FIRST_WINDOW, _LARGEST_WINDOW = 16, 256
#: Bytes that a window may bring, going by the largest letter so far.
_WINDOW_BYTES = 16 * 1024 * 1024
#: Letters that RabbitMQ 3.10 gives back in their order, and how many times so many it is asked
#: for before it is seen to have done it: it shuffles longer lists, and what piles up.
_IN_ORDER, _UNDER_WAY = 32, 16
#: Seconds without a letter before the broker is asked whether there are any; and after which it
#: is said to bring none, though there are.
_QUIET, _STUCK_AFTER = 0.5, 60.0
#: Seconds for one request, and until what was given back is seen to be there.
_REQUEST_WITHIN, _BACK_WITHIN = 30.0, 5.0


@dataclass(slots=True)
class Look:
    """Window after window, each with a consumer of its own: the broker brings so many and no
    more, however many are held already.
    """

    session: Session
    channel: AbstractChannel
    watch: Callable[[int, int], None]
    """is told how many letters were seen, and of how many"""
    total: int = 0
    """letters that lay there when it began"""
    seen: int = 0
    others: int = 0
    """consumers beside ours: what they hold is not seen"""
    _windows: int = 0
    _consumers: int = 0
    _consumer: str = ""
    _largest: int = 1
    _met_unseen: bool = False
    _arrived: list[Letter] = field(default_factory=list)
    _held: set[int] = field(default_factory=set)
    """tags of the last window that were not removed"""
    _held_before: list[tuple[int, int]] = field(default_factory=list)
    """of the windows before, some at a time: the last tag, and how many"""

    def __post_init__(self) -> None:
        self.channel.on_consumer_cancel_callbacks.add(self._cancelled_by_broker)

    async def next(self) -> list[Letter]:
        """The next letters, some hundred at most; none when all were seen."""
        with faults.translated():
            letters = await self._window()
        self._let_go_of_window()
        self._held = {letter.tag for letter in letters}
        self.seen += len(letters)
        self._largest = max(self._largest, *(len(letter.body) for letter in letters), 1)
        self._met_unseen = bool(letters) and not letters[-1].was_seen
        self.watch(self.seen, self.total)
        return letters

    async def remove(self, letters: Sequence[Letter]) -> None:
        """Have the broker forget some of the last letters, for ever; at its end it has."""
        if not letters:
            return
        with faults.translated():
            async with asyncio.timeout(_REQUEST_WITHIN):
                # First, for it would bring another for each that is acknowledged.
                await self._close()
                for letter in letters:
                    await self.channel.basic_ack(letter.tag)
                    self._held.discard(letter.tag)
            await self._make_sure_of_removals()

    async def end(self) -> None:
        """Give back what is held, in the order in which it lay there."""
        while self._windows and not self._met_unseen and await self.next():
            pass
        self._let_go_of_window()
        with faults.translated():
            await self._give_back()

    async def _window(self) -> list[Letter]:
        if not self._windows:
            wanted = await self._begin()
        else:
            wanted = min(self._size(), self.total - self.seen)
            if (missing := wanted - len(self._arrived)) > 0:
                await self._open(missing)
        self._windows += 1
        return await self._gathered(wanted)

    async def _begin(self) -> int:
        ready = (await self._depth()).waiting
        wanted = min(ready or _FIRST_WINDOW, _FIRST_WINDOW)
        await self._open(wanted)
        left = await self._depth()
        # A queue that is busy for a quarter of a second is said to have neither messages nor
        # consumers; but now we consume.
        while not left.consumers:
            await self.session.wait(_QUIET)
            left = await self._depth()
        self.others = left.consumers - 1
        self.total = ready or wanted + left.waiting
        return wanted

    def _size(self) -> int:
        growing = _FIRST_WINDOW << 2 * min(self._windows, 8)
        return max(1, min(growing, _LARGEST_WINDOW, _WINDOW_BYTES // self._largest))

    async def _open(self, window: int) -> None:
        async with asyncio.timeout(_REQUEST_WITHIN):
            await self._close()
            self._consumers += 1
            await self.channel.basic_qos(prefetch_count=window, global_=False)
            # Sorted as they are numbered: what piles up on its channel, the broker gives back
            # consumer by consumer, in the order of their tags.
            self._consumer = f"look-{self._consumers:08}"
            queue, tag = topology.DEAD_LETTERS, self._consumer
            await self.session.consume(self.channel, queue, self._bring, tag)

    async def _close(self) -> None:
        """End the last window. What it brought stays held."""
        if self._consumer:
            await self.channel.basic_cancel(self._consumer)
        self._consumer = ""

    def _bring(self, message: Brought) -> None:
        self._arrived.append(dead_letter.read(message))
        self.session.nudge()

    async def _gathered(self, wanted: int) -> list[Letter]:
        last_arrival = connection.now()
        while (before := len(self._arrived)) < wanted:
            await self.session.wait(_QUIET)
            self.session.check()
            if len(self._arrived) > before:
                last_arrival = connection.now()
            elif await self._is_exhausted():
                self.total = self.seen + len(self._arrived)
                break
            elif connection.now() > last_arrival + _STUCK_AFTER:
                why = f"letters wait in {topology.DEAD_LETTERS} and none is brought"
                raise errors.BrokerUnavailable(why)
        letters, self._arrived = self._arrived[:wanted], self._arrived[wanted:]
        return letters

    async def _is_exhausted(self) -> bool:
        """Whether what we wait for was taken by somebody else, or never was there."""
        before = len(self._arrived)
        # What is on its way to us may come after the first answer, but not after the second.
        depths = [await self._depth() for _ in range(2)]
        return len(self._arrived) == before and all(
            said.consumers and not said.waiting for said in depths
        )

    async def _depth(self) -> Depth:
        async with asyncio.timeout(_REQUEST_WITHIN):
            return await depth.of(self.channel, topology.DEAD_LETTERS)

    def _let_go_of_window(self) -> None:
        tags = sorted(self._held)
        for at in range(0, len(tags), _IN_ORDER):
            part = tags[at : at + _IN_ORDER]
            self._held_before.append((part[-1], len(part)))
        self._held = set()

    async def _make_sure_of_removals(self) -> None:
        """The channel stashes acknowledgements that come faster than the queue takes them, and
        forgets them when it is closed: the letters would be back. It hands them on once the queue
        has answered it, which it must for a consumer to begin and to end. The letter that this one
        may bring is the first of the next window.
        """
        await self._open(1)
        await self._close()
        await self._depth()

    async def _give_back(self) -> None:
        async with asyncio.timeout(_REQUEST_WITHIN):
            await self._close()
        back, held = 0, self._held_before
        for at in range(0, len(held), _UNDER_WAY):
            async with asyncio.timeout(_REQUEST_WITHIN):
                for tag, count in held[at : at + _UNDER_WAY]:
                    await self.channel.basic_nack(tag, multiple=True, requeue=True)
                    back += count
            await self._are_back(back)

    async def _are_back(self, count: int) -> None:
        # Where somebody else takes them meanwhile, the order is lost anyway.
        until = connection.now() + _BACK_WITHIN
        while (await self._depth()).waiting < count and connection.now() < until:
            await self.session.wait(0.005)
            self.session.check()

    def _cancelled_by_broker(self, _: commands.Basic.Cancel) -> None:
        why = f"the broker cancelled our consumer on {topology.DEAD_LETTERS}"
        self.session.fail(errors.BrokerUnavailable(why))
