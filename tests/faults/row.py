"""A row of the matrix: a fault, how it is injected and ended, and what is promised about it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.faults.scene import Ground, Scene
from tests.support.malformed import Malformed

Strike = Callable[[Scene], Awaitable[None]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """Everything but the strike has a default: most faults differ in nothing else."""

    name: str
    """as research and reports call it"""
    fault: str
    strike: Strike
    """injects the fault and ends it; raises AssertionError if a worker does not do what it should
    meanwhile"""
    copies: bool = True
    """whether confirms may get lost, so that an event is published again"""
    burials: bool = True
    """the same of dead letters"""
    back_within: float = 15.0
    """seconds from the end of the fault until events are worked off again"""
    count: int = 1200
    """events in the stream"""
    lasts: float = 10.0
    """seconds over which the stream is spread out while the fault lasts"""
    soon_for: int = 30
    """seconds for which deadlines pass"""
    settled_within: float = 60.0
    """seconds for all that is left when the fault is over"""
    proxied: bool = False
    """whether there is a network to break between the workers and their broker"""
    at_work: bool = True
    """whether the workers are up before the fault"""
    disk: int | None = None
    """bytes of a disk of its own for the database, if it needs one"""
    garbage: Callable[[], Sequence[Malformed]] = tuple
    """poison beside one of each kind"""
    applies: Callable[[Ground], bool] = lambda _: True


def row(name: str, fault: str, **promises: Any) -> Callable[[Strike], Row]:
    """Makes a row of a strike."""

    def made(strike: Strike) -> Row:
        return Row(name=name, fault=fault, strike=strike, **promises)

    return made


def on_sqlite(ground: Ground) -> bool:
    return ground.postgres is None


def on_postgresql(ground: Ground) -> bool:
    return ground.postgres is not None
