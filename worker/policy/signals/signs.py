"""Which signs a ticket shows: names that meet in one clause, and signs that meet in one ticket."""

import operator
from collections.abc import Iterable, Iterator, Sequence, Set
from functools import lru_cache, reduce
from itertools import compress
from typing import NamedTuple

from worker.policy.signals import clauses, lexicon
from worker.policy.signals.clauses import Grammar, Reading
from worker.policy.signals.lexicon import NOT, UNLESS, SignalsPart, SignPart

_GRAMMATICAL = {"supposed": clauses.SUPPOSED, "past": clauses.PAST, "asked": clauses.ASKED}
#: A fault that is only supposed, or over, is none.
_NOT_NOW = ("supposed", "past")
_HIDES = (clauses.SUPPOSED | clauses.PAST) << clauses.HOLDS
#: How many combinations of what one clause means are known with the ways that start from them.
_REMEMBERED = 1024


class Way(NamedTuple):
    """One way to show a sign, in bits of meaning."""

    sign: str
    needs: int
    regards: int
    """what it needs, and what must not be there"""


class Seen(NamedTuple):
    signs: Set[str]
    reading: Reading


class Signs:
    """A lexicon's words and signs, ready to be looked for."""

    def __init__(self, lexicon_: SignalsPart) -> None:
        self._bits = {
            name: 1 << (clauses.FIRST_NAMED + position)
            for position, name in enumerate(lexicon_.words)
        }
        self._grammar = Grammar(
            self._phrases(lexicon_), reach=lexicon_.grammar.reach or 0, names=len(self._bits)
        )
        self._ways = {name: [*self._ways_of(name, sign)] for name, sign in lexicon_.signs.items()}
        self._alone = frozenset(self._ways)
        self._needed = {name: _all(way.needs for way in ways) for name, ways in self._ways.items()}
        self._together = {
            name: [frozenset(lexicon.alternatives(choice)) for choice in part.of]
            for name, part in lexicon_.together.items()
        }
        ways = [way for ways in self._ways.values() for way in ways]
        self._plain = {way.needs: way.sign for way in ways if _is_plain(way)}
        self._others = [way for way in ways if self._plain.get(way.needs) != way.sign]
        self._starts = _all(_highest(way.needs) for way in self._others)
        self._starting = lru_cache(_REMEMBERED)(self._ways_from)

    def seen(self, said: Sequence[str]) -> Seen:
        """The signs that these words show."""
        reading = self._grammar.read(said)
        now, shown = 0, []
        for meant in reading.meant:
            if not meant & _HIDES:
                now |= meant
            if starts := meant & self._starts:
                for sign, needs, regards in self._starting(starts):
                    if meant & regards == needs:
                        shown.append(sign)
        signs = set(compress(self._plain.values(), map(now.__and__, self._plain)))
        signs.update(shown)
        for name, choices in self._together.items():
            for choice in choices:
                if choice.isdisjoint(signs):
                    break
            else:
                signs.add(name)
        return Seen(signs, reading)

    def where(self, signs: Set[str], seen: Seen) -> tuple[int, int]:
        """The first words that show one of these signs: the first of them, and the one behind.

        What only several show together is shown where the first of them is.
        """
        alone = signs & self._alone or next(
            choices[0] for name, choices in self._together.items() if name in signs
        )
        ways: list[Way] = []
        needed = 0
        for sign in alone:
            ways += self._ways[sign]
            needed |= self._needed[sign]
        shown = []
        for clause, meant in enumerate(seen.reading.meant):
            if meant & needed:
                for _, needs, regards in ways:
                    if meant & regards == needs:
                        shown.append(self._grammar.stretch(seen.reading, clause, needs))
                if shown:
                    break
        return min(shown)

    def _ways_from(self, starts: int) -> list[Way]:
        """The ways of which what is needed and has the highest bit is there."""
        return [way for way in self._others if _highest(way.needs) & starts]

    def _phrases(self, lexicon_: SignalsPart) -> Iterator[tuple[str, int]]:
        grammar = lexicon_.grammar
        joins = {
            clauses.NEGATION: grammar.negations,
            clauses.SUPPOSED: grammar.suppositions,
            clauses.PAST: grammar.past,
            clauses.TURN: grammar.turns,
            clauses.STOP: grammar.stops,
            0: grammar.tone,
        }
        for bit, phrases in joins.items():
            yield from ((phrase, bit) for phrase in phrases)
        for name, phrases in lexicon_.words.items():
            yield from ((phrase, self._bits[name]) for phrase in phrases)

    def _ways_of(self, name: str, sign: SignPart) -> Iterator[Way]:
        for way in sign.when:
            words = way.split()
            needs = _all(self._bit(word) for word in words if not word.startswith(UNLESS))
            bars = [word.removeprefix(UNLESS) for word in words if word.startswith(UNLESS)]
            hides = [word for word in _NOT_NOW if word not in (*sign.even, *words)]
            yield Way(name, needs, needs | _all(map(self._barring, (*bars, *hides))))

    def _bit(self, word: str) -> int:
        if word.startswith(NOT):
            return self._bits[word.removeprefix(NOT)] << len(self._bits)
        return _GRAMMATICAL.get(word) or self._bits[word]

    def _barring(self, word: str) -> int:
        """The bit that must not be there; what holds for a sentence, not even elsewhere in it."""
        return self._bit(word) << (clauses.HOLDS if word in _GRAMMATICAL else 0)


def _is_plain(way: Way) -> bool:
    """Is it enough that one thing is meant, wherever it is?"""
    return way.needs.bit_count() == 1 and way.regards == way.needs | _HIDES


def _all(bits: Iterable[int]) -> int:
    return reduce(operator.or_, bits, 0)


def _highest(bits: int) -> int:
    return 1 << bits.bit_length() - 1
