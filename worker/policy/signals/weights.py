"""What signs and words weigh: points for a cause, and sums on the scales that decide."""

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from typing import Literal

from worker.policy.signals import bits, clauses, vocabulary
from worker.policy.signals.lexicon import CAUSES, Cause, PointsPart, Says, SignalsPart

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

Causes = dict[Cause, int]
Scales = dict[Scale, int]
Row = Sequence[int]
"""Points in columns."""


class Weights:
    """Points are whole numbers, so that a sum is the same in whatever order it is made.

    Signs are sets of bits, in the order in which the lexicon has them; words are written as
    letters.
    """

    def __init__(self, signals: SignalsPart, letter: Callable[[str], str]) -> None:
        says = signals.says()
        spoken = [[said.get(cause, 0) for cause in CAUSES] for said in says.values()]
        weighing = _weighing(says, _by_name(signals.learnt.signs))
        rows = [[*scales, *causes] for scales, causes in zip(weighing, spoken, strict=True)]
        words = _by_name(signals.learnt.words)
        start = [getattr(signals.learnt.start, scale) for scale in SCALES]
        self._columns = Columns([start, *rows, *words.values()])
        self._start = self._columns.packed(start)
        self._signs = bits.Table([*map(self._columns.packed, rows)], "sum")
        tone = self._tone = frozenset(_tone(signals))
        self._words = defaultdict[str, int](int)
        """grows to no more than the letters that there are"""
        for word, row in words.items():
            if word not in tone:
                self._words[letter(word)] = self._columns.packed(row)
        self._speaking = {
            (cause, sense): _ranked([sense * row[place] for row in spoken])
            for place, cause in enumerate(CAUSES)
            for sense in (1, -1)
        }

    def words(self, said: Iterable[str]) -> Set[str]:
        """The different words of a ticket that may lean to something: tone does not."""
        words = set(said)
        words -= self._tone
        return words

    def are_few(self, said: Iterable[str], letters: Set[str], few: int) -> bool:
        """Are there fewer different words than this? Their letters, which are no more than they
        and tone, tell it sooner."""
        return len(letters) < few + len(self._tone) and len(self.words(said)) < few

    def weighed(self, signs: int, letters: Iterable[str]) -> tuple[Causes, Scales]:
        """By these signs, how many points each cause has by a person's judgement, and where the
        scales stand with the letters of these different words as well."""
        points = self._start + self._signs.of(signs)
        points += sum(map(self._words.__getitem__, letters))
        columns = self._columns.unpacked(points)
        scales = dict(zip(SCALES, columns, strict=False))
        return dict(zip(CAUSES, columns[len(SCALES) :], strict=True)), scales

    def speak_most(self, cause: Cause, sense: int, signs: int) -> int:
        """The signs that have most points for a cause, or with a sense of -1 against it."""
        for rank in self._speaking[cause, sense]:
            if found := rank & signs:
                return found
        return 0


class Columns:
    """Rows of points as one number each, so that one sum adds up all of their columns.

    It is the way in which 1203 + 405 = 1608 adds hundreds to hundreds and ones to ones, with places
    so wide that nothing is ever carried: (3, 12) is 3 + 12 * width. Points below nothing borrow
    from the next place, as -3 + 12 * width does; `unpacked` gives back what was borrowed by first
    adding half a width to every place, which leaves none below nothing.

    A short row has points in the first columns only: as a number that fits a machine word it is
    added up without an object made on the way.
    """

    def __init__(self, rows: Sequence[Row]) -> None:
        totals = [sum(map(abs, column)) for column in itertools.zip_longest(*rows, fillvalue=0)]
        room = max(totals).bit_length() + 1  # bits of a place: all that comes together, and a sign
        self._shifts = range(0, room * len(totals), room)
        self._half, self._mask = 1 << room - 1, (1 << room) - 1
        self._halves = self.packed([self._half] * len(totals))

    def packed(self, row: Row) -> int:
        return sum(points << shift for points, shift in zip(row, self._shifts, strict=False))

    def unpacked(self, whole: int) -> list[int]:
        whole, half, mask = whole + self._halves, self._half, self._mask
        return [(whole >> shift & mask) - half for shift in self._shifts]


def _tone(signals: SignalsPart) -> Iterator[str]:
    """The ends, and words that only tell how loudly a thing is said: they lean to nothing."""
    yield from clauses.ENDS
    tone = (vocabulary.split(phrase.split()) for phrase in signals.grammar.tone)
    yield from (said[0] for said in tone if len(said) == 1)


def _weighing(says: Mapping[str, Says], learnt: Mapping[str, Row]) -> Iterator[Row]:
    """What each sign weighs on every scale: what it was given to say, and what was learnt."""
    for sign, said in says.items():
        points = [*learnt.get(sign, [0] * len(SCALES))]
        for cause, more in said.items():
            scale, sense = SCALE_OF[cause]
            points[SCALES.index(scale)] += sense * more
        yield points


def _ranked(points: Row) -> list[int]:
    """Those that have points, as sets of bits: first those with most."""
    ranks: defaultdict[int, int] = defaultdict(int)
    for place, has in enumerate(points):
        ranks[has] |= 1 << place
    return [ranks[has] for has in sorted(ranks, reverse=True) if has > 0]


def _by_name(part: PointsPart) -> dict[str, list[int]]:
    """The points on every scale of each sign or word."""
    found: dict[str, list[int]] = {}
    for place, scale in enumerate(SCALES):
        for points, names in getattr(part, scale).items():
            for name in names:
                [token] = vocabulary.split([name]) if "-" not in name else [name]
                found.setdefault(token, [0] * len(SCALES))[place] = points
    return found
