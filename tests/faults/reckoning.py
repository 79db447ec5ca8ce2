"""The one oracle: confirmed inputs against the database against all that came out."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields

from tests.support import oracle
from tests.support.oracle import End
from tests.support.trial import Differences, Trial
from worker.broker import topology

_LOOK_EVERY = 0.2


@dataclass(frozen=True, kw_only=True, slots=True)
class Reckoning:
    """What became of a stream. Everything but `events`, `copies` and `burials` should be 0."""

    events: int
    """distinct ones that the broker has confirmed to upstream"""
    unknown: int
    """of these, not in the database"""
    otherwise: int
    """tickets that do not end as in a replay"""
    example: str
    """one of them, and what is otherwise"""
    missing: int
    """outbound events that others speak of, and that never came"""
    doubled: int
    """alerts that came under two ids"""
    copies: int
    """outbound messages whose id had come before"""
    dead: int
    """healthy messages, and poison with another reason or body, among the dead letters"""
    unburied: int
    """poison that is not among the dead letters"""
    burials: int
    """poison that is there more than once"""
    left: int
    """messages in the inbox and rows in the outbox"""

    @property
    def lost(self) -> int:
        return self.unknown + self.otherwise + self.missing + self.unburied

    def complaints(self, *, copies: bool, burials: bool) -> Iterator[str]:
        """What must not be. `copies`, `burials`: whether some are to be expected."""
        wrong = {
            "events are not in the database": self.unknown,
            f"tickets end otherwise than in a replay; {self.example}": self.otherwise,
            "outbound events are missing": self.missing,
            "alerts came under two ids": self.doubled,
            "dead letters are not the poison that was sent": self.dead,
            "poisonous messages are not among the dead letters": self.unburied,
            "messages and rows are left over": self.left,
            "events came twice": 0 if copies else self.copies,
            "dead letters are there twice": 0 if burials else self.burials,
        }
        return (f"{count} {what}" for what, count in wrong.items() if count)


async def reckoned(trial: Trial) -> Reckoning:
    """How things stand now."""
    site = trial.site
    events = await site.events()
    buried = Counter[str]()
    dead = 0
    poison = {bad.message_id: bad for bad in trial.malformed}
    for message in await site.dead_letters():
        bad = poison.get(str(message.message_id))
        if bad is None or not bad.is_in(message):
            dead += 1
        else:
            buried[bad.message_id] += 1
    otherwise = await trial.differences()
    return Reckoning(
        events=len(trial.stream.events),
        unknown=len(trial.stream.events) - site.stored("inbox"),
        otherwise=len(otherwise),
        example=_example(otherwise),
        missing=len(oracle.missing(events)),
        doubled=len(oracle.doubled(events)),
        copies=len(site.downstream.messages) - len(events),
        dead=dead,
        unburied=len(poison) - len(buried),
        burials=buried.total() - len(buried),
        left=await site.waiting(topology.INBOX) + site.stored("outbox"),
    )


def _example(otherwise: Differences) -> str:
    for ticket, (live, expected) in otherwise.items():
        names = (name.name for name in fields(End) if live)
        wrong = [name for name in names if getattr(live, name) != getattr(expected, name)]
        return f"{ticket} in {' and '.join(wrong)}" if live else f"{ticket} is unknown"
    return ""


async def settled(trial: Trial, within: float) -> None:
    """Wait until nothing is lost and nothing is left, or this many seconds are over."""
    late = time.monotonic() + within
    # Never cut short in the middle: what it has taken from a queue would be gone.
    while (now := await reckoned(trial)).lost or now.left:
        if time.monotonic() > late:
            return
        await asyncio.sleep(_LOOK_EVERY)
