"""What signs and words weigh: points for a cause, and sums on the scales that decide."""

import itertools
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Literal, NamedTuple

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


#: Bits that the sum of a scale has for itself where the three are added up as one number.
_ROOM = 24


class Spoken(NamedTuple):
    """What signs say of the causes: the points of each, and the signs that say most."""

    points: dict[Cause, int]
    most: dict[Cause, str]
    """the sign that speaks most for a cause"""
    least: dict[Cause, str]
    """the sign that speaks most against it"""


class Weights:
    """Points are whole numbers, so that a sum is the same in whatever order it is made."""

    def __init__(self, signals: SignalsPart) -> None:
        self.says = signals.says()
        signs = _by_name(signals.learnt.signs)
        for name, says in self.says.items():
            points = signs.setdefault(name, [0] * len(SCALES))
            for cause, said in says.items():
                scale, sense = SCALE_OF[cause]
                points[SCALES.index(scale)] += sense * said
        self._signs = {name: _packed(points) for name, points in signs.items()}
        self._words = {
            word: _packed(points) for word, points in _by_name(signals.learnt.words).items()
        }
        tone = (vocabulary.split(phrase.split()) for phrase in signals.grammar.tone)
        self._no_words = frozenset((*clauses.ENDS, *(said[0] for said in tone if len(said) == 1)))

    def words(self, said: Iterable[str]) -> Set[str]:
        """The different words of a ticket that may lean to something: tone does not."""
        words = set(said)
        words -= self._no_words
        return words

    def spoken(self, signs: Iterable[str]) -> Spoken:
        """What these signs say of each cause."""
        spoken = Spoken(dict.fromkeys(CAUSES, 0), {}, {})
        high, low = dict.fromkeys(CAUSES, 0), dict.fromkeys(CAUSES, 0)
        for sign in signs:
            for cause, points in self.says[sign].items():
                spoken.points[cause] += points
                if points > high[cause]:
                    high[cause], spoken.most[cause] = points, sign
                elif points < low[cause]:
                    low[cause], spoken.least[cause] = points, sign
        return spoken

    def scales(self, signs: Iterable[str], words: Set[str]) -> dict[Scale, int]:
        """Where the scales stand with these signs and these different words."""
        points = sum(map(self._signs.__getitem__, signs))
        points += sum(map(self._words.get, words, itertools.repeat(0)))
        return dict(zip(SCALES, _unpacked(points), strict=True))

    def of_sign(self, sign: str, scale: Scale) -> int:
        return _unpacked(self._signs[sign])[SCALES.index(scale)]

    def of_word(self, word: str, scale: Scale) -> int:
        return _unpacked(self._words.get(word, 0))[SCALES.index(scale)]


def _packed(points: Sequence[int]) -> int:
    """The points of all scales as one number, so that one sum adds up all."""
    return sum(point << place * _ROOM for place, point in enumerate(points))


def _unpacked(points: int) -> list[int]:
    found = []
    for _ in SCALES:
        half = 1 << _ROOM - 1
        low = (points + half) % (2 * half) - half
        found.append(low)
        points = points - low >> _ROOM
    return found


def _by_name(part: PointsPart) -> dict[str, list[int]]:
    """The points on every scale of each sign or word."""
    found: dict[str, list[int]] = {}
    for place, scale in enumerate(SCALES):
        for points, names in getattr(part, scale).items():
            for name in names:
                [token] = vocabulary.split([name]) if "-" not in name else [name]
                found.setdefault(token, [0] * len(SCALES))[place] = points
    return found
