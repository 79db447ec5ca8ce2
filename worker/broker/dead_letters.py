"""The dead letters, for a person: look at them, give them back, throw them away."""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from worker import errors
from worker.broker import connection, dead_letter, faults, topology, unbroken
from worker.broker.address import Address
from worker.broker.connection import Session
from worker.broker.dead_letter import Choice, Letter
from worker.broker.lane import Lane
from worker.broker.look import Look
from worker.broker.port import Observer

Act = Callable[[list[Letter]], Awaitable[list[Letter]]]
"""does something with letters; those with which it was done"""


@dataclass(slots=True)
class Tally:
    """What became of the letters that were meant; true at every moment of the work."""

    reasons: Counter[str] = field(default_factory=Counter)
    """of those that are done"""
    refused: int = 0
    """the broker did not take these back: they lie where they lay"""
    unsure: int = 0
    """the broker was told to remove these, and has not said yet that they are gone"""
    ids: Counter[str] = field(default_factory=Counter)
    """how often each id that was asked for was found"""
    others: int = 0
    """programs that read the dead letters beside us: what they hold was not seen"""

    @property
    def done(self) -> int:
        return self.reasons.total()

    def count(self, choice: Choice, chosen: list[Letter], done: list[Letter]) -> None:
        self.reasons.update(letter.reason for letter in done)
        self.refused += len(chosen) - len(done)
        self.ids.update(letter.id for letter in chosen if letter.id in choice.ids)


class DeadLetters:
    """On RabbitMQ. Whatever ends a call, nothing is lost."""

    def __init__(
        self,
        address: Address,
        observer: Observer,
        watch: Callable[[int, int], None],
        *,
        confirm_within: float = 30.0,
    ) -> None:
        """`watch` is told how many letters were seen, and of how many; `confirm_within`: seconds
        for the confirms of what goes back.
        """
        self.address = address
        self._observer = observer
        self._watch = watch
        self._confirm_within = confirm_within

    @asynccontextmanager
    async def look(self) -> AsyncIterator[Look]:
        """A look at them; what was not removed by its end lies in its place again.

        Raises BrokerUnavailable, and TopologyMismatch if there is no such queue.
        """
        async with connection.opened("dead letters", self.address) as session:
            with faults.translated():
                channel = await session.open_channel(confirms=False)
                await topology.check(channel, topology.DEAD_LETTERS)
            look = Look(session, channel, self._watch)
            yield look
            await look.end()

    async def count(self, choice: Choice, tally: Tally) -> None:
        """See which are meant, and leave them."""

        await self.each(choice, tally, _all)

    async def each(self, choice: Choice, tally: Tally, act: Act) -> None:
        """Do something with all that are meant, which leaves them where they are."""
        async with self.look() as look:
            await _go_through(look, choice, tally, act, removes=False)

    async def drop(self, choice: Choice, tally: Tally) -> None:
        """Throw these away."""
        async with self.look() as look:
            await _go_through(look, choice, tally, _all, removes=True)

    async def requeue(self, choice: Choice, tally: Tally) -> None:
        """Give these back to the worker's inbox; each leaves after the broker has its copy.

        Ended in between, a letter may be in both places. When it is given back once more, the
        worker knows it and drops it.
        """
        async with self.look() as look, self._lane() as (session, lane):

            async def send(chosen: list[Letter]) -> list[Letter]:
                taken = await _sent(session, lane, chosen)
                return [letter for letter, kept in zip(chosen, taken, strict=True) if kept]

            await _go_through(look, choice, tally, send, removes=True)

    @asynccontextmanager
    async def _lane(self) -> AsyncIterator[tuple[Session, Lane]]:
        # A connection of its own: a broker in alarm reads nothing from one that publishes, and
        # would not hear what is acknowledged there.
        async with connection.opened("requeue", self.address) as session:
            with faults.translated():
                channel = await session.open_channel(confirms=True)
            yield session, Lane(channel, session, self._observer, self._confirm_within)


async def _go_through(look: Look, choice: Choice, tally: Tally, act: Act, *, removes: bool) -> None:
    """`removes`: those with which it was done leave the dead letters."""
    while letters := await look.next():
        chosen = [letter for letter in letters if choice.takes(letter)]
        done = await act(chosen)
        if removes:
            # What is half done nobody can tell.
            await unbroken.done(_remove(look, choice, tally, chosen, done))
        else:
            tally.count(choice, chosen, done)
        if chosen and not done:
            break  # what is refused now, is refused for all of them
    tally.others = look.others


async def _remove(
    look: Look, choice: Choice, tally: Tally, chosen: list[Letter], done: list[Letter]
) -> None:
    tally.unsure = len(done)
    await look.remove(done)
    tally.unsure = 0
    tally.count(choice, chosen, done)


async def _all(chosen: list[Letter]) -> list[Letter]:
    return chosen


async def _sent(session: Session, lane: Lane, letters: list[Letter]) -> list[bool]:
    try:
        return await lane.send([dead_letter.given_back(letter) for letter in letters])
    except errors.BrokerUnavailable:
        if await session.is_blocked():
            why = "the broker takes nothing: memory or disk alarm"
            raise errors.BrokerUnavailable(why) from None
        raise
