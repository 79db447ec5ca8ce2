"""What signs and words weigh: points for a cause, and sums on the scales that decide."""

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Literal, TypeVar

from worker.policy.signals import clauses, vocabulary
from worker.policy.signals.lexicon import CAUSES, Cause, PointsPart, SignalsPart

REQUESTS: tuple[Cause, ...] = ("question", "feature", "cosmetic", "build")
STAGES: tuple[Cause, ...] = ("building", "testing")

Scale = Literal["no_fault", "system_critical", "mild"]
SCALES: tuple[Scale, ...] = ("no_fault", "system_critical", "mild")

_NO_FAULT: tuple[Cause, ...] = (*REQUESTS, *STAGES)
#: The scale that each cause weighs on, and whether for what the scale is named after or against.
SCALE_OF: Mapping[Cause, tuple[Scale, int]] = {
    **dict.fromkeys(_NO_FAULT, ("no_fault", 1)),
    "fault": ("no_fault", -1),
    "production": ("no_fault", -1),
    "system_critical": ("system_critical", 1),
    "workaround": ("mild", 1),
    "degraded": ("mild", 1),
}

Rows = Mapping[str, Sequence[int]]
"""Points in columns, by the name of what has them."""
Ranks = Sequence[Set[str]]
"""Names of what has points, those with most first."""
ColumnT = TypeVar("ColumnT")


class Weights:
    """Points are whole numbers, so that a sum is the same in whatever order it is made."""

    def __init__(self, signals: SignalsPart) -> None:
        self.says = signals.says()
        by_cause = {
            sign: [said.get(cause, 0) for cause in CAUSES] for sign, said in self.says.items()
        }
        by_scale = _by_name(signals.learnt.signs)
        for sign, said in self.says.items():
            points = by_scale.setdefault(sign, [0] * len(SCALES))
            for cause, more in said.items():
                scale, sense = SCALE_OF[cause]
                points[SCALES.index(scale)] += sense * more
        words = _by_name(signals.learnt.words)
        self._causes, self._scales = Columns(CAUSES, by_cause), Columns(SCALES, by_scale, words)
        self._spoken = self._causes.packed(by_cause)
        self._signs, self._words = self._scales.packed(by_scale), self._scales.packed(words)
        self._speaking = _ranks(CAUSES, by_cause)
        self._weighing, self._leaning = _ranks(SCALES, by_scale), _ranks(SCALES, words)
        tone = (vocabulary.split(phrase.split()) for phrase in signals.grammar.tone)
        self._no_words = frozenset((*clauses.ENDS, *(said[0] for said in tone if len(said) == 1)))

    def words(self, said: Iterable[str]) -> Set[str]:
        """The different words of a ticket that may lean to something: tone does not."""
        words = set(said)
        words -= self._no_words
        return words

    def causes(self, signs: Iterable[str]) -> dict[Cause, int]:
        """How many points these signs have for each cause, by a person's judgement."""
        points = sum(map(self._spoken.__getitem__, signs))
        return dict(zip(CAUSES, self._causes.unpacked(points), strict=True))

    def scales(self, signs: Iterable[str], words: Set[str]) -> dict[Scale, int]:
        """Where the scales stand with these signs and these different words."""
        points = sum(map(self._signs.__getitem__, signs))
        points += sum(map(self._words.get, words, itertools.repeat(0)))
        return dict(zip(SCALES, self._scales.unpacked(points), strict=True))

    def speak_most(self, cause: Cause, sense: int, signs: Set[str]) -> Set[str]:
        """The signs that have most points for a cause, or with a sense of -1 against it."""
        return _first(self._speaking[cause, sense], signs)

    def weigh_most(self, scale: Scale, sense: int, signs: Set[str]) -> Set[str]:
        """The signs that weigh most on a scale, or with a sense of -1 against it."""
        return _first(self._weighing[scale, sense], signs)

    def lean_most(self, scale: Scale, sense: int, words: Set[str]) -> Set[str]:
        """The words that lean most to what a scale speaks for, or with a sense of -1 away."""
        return _first(self._leaning[scale, sense], words)


class Columns:
    """Rows of points as one number each, so that one sum adds up all of their columns.

    A number that fits a machine word is added up without an object made on the way.
    """

    def __init__(self, names: Sequence[str], *tables: Rows) -> None:
        totals = [
            sum(abs(row[place]) for rows in tables for row in rows.values())
            for place, _ in enumerate(names)
        ]
        room = max(totals).bit_length() + 1  # for the sign
        self._shifts = range(0, room * len(totals), room)
        self._half, self._mask = 1 << room - 1, (1 << room) - 1
        self._halves = self._one([self._half] * len(totals))

    def packed(self, rows: Rows) -> dict[str, int]:
        return {name: self._one(row) for name, row in rows.items()}

    def unpacked(self, whole: int) -> list[int]:
        whole, half, mask = whole + self._halves, self._half, self._mask
        return [(whole >> shift & mask) - half for shift in self._shifts]

    def _one(self, row: Sequence[int]) -> int:
        return sum(points << shift for points, shift in zip(row, self._shifts, strict=True))


def _ranks(names: Sequence[ColumnT], rows: Rows) -> dict[tuple[ColumnT, int], Ranks]:
    """The ranks of each column, and of each for who has points against it: a sense of -1."""
    return {
        (name, sense): _ranked({of: sense * row[place] for of, row in rows.items()})
        for place, name in enumerate(names)
        for sense in (1, -1)
    }


def _ranked(points: Mapping[str, int]) -> Ranks:
    ranks: defaultdict[int, set[str]] = defaultdict(set)
    for name, has in points.items():
        ranks[has].add(name)
    return [ranks[has] for has in sorted(ranks, reverse=True) if has > 0]


def _first(ranks: Ranks, names: Set[str]) -> Set[str]:
    """Those of the names that are in the first rank that has any of them."""
    for rank in ranks:
        if found := rank & names:
            return found
    return frozenset()


def _by_name(part: PointsPart) -> dict[str, list[int]]:
    """The points on every scale of each sign or word."""
    found: dict[str, list[int]] = {}
    for place, scale in enumerate(SCALES):
        for points, names in getattr(part, scale).items():
            for name in names:
                [token] = vocabulary.split([name]) if "-" not in name else [name]
                found.setdefault(token, [0] * len(SCALES))[place] = points
    return found
