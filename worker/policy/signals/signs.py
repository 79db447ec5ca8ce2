"""Which signs a ticket shows: names that meet in one clause, and signs that meet in one ticket."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from worker.policy.signals import bits, clauses, lexicon
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

    sign: int
    """its bit"""
    needs: int
    regards: int
    """what it needs, and what must not be there"""


class Seen(NamedTuple):
    signs: int
    """as a set of bits"""
    reading: Reading


class Signs:
    """A lexicon's words and signs, ready to be looked for."""

    def __init__(self, lexicon_: SignalsPart) -> None:
        self._sign = {name: 1 << place for place, name in enumerate(lexicon_.says())}
        self._bits = {
            name: 1 << (clauses.FIRST_NAMED + position)
            for position, name in enumerate(lexicon_.words)
        }
        self._grammar = Grammar(
            self._phrases(lexicon_),
            lexicon_.learnt.words.named(),
            reach=lexicon_.grammar.reach or 0,
            names=len(self._bits),
        )
        self.letter = self._grammar.letter
        self._ways = [
            way for name, sign in lexicon_.signs.items() for way in self._ways_of(name, sign)
        ]
        self._alone = bits.union(way.sign for way in self._ways)
        self._together = [
            (self._sign[name], [self._any_of(lexicon.alternatives(choice)) for choice in part.of])
            for name, part in lexicon_.together.items()
        ]
        self._plain = self._table([way for way in self._ways if _is_plain(way)])
        self._others = [(bits.highest(way.needs), way) for way in self._ways if not _is_plain(way)]
        self._starts = bits.union(start for start, _ in self._others)
        self._starting = lru_cache(_REMEMBERED)(self._ways_from)
        self._showing = lru_cache(_REMEMBERED)(self._ways_to)

    def seen(self, letters: Sequence[str]) -> Seen:
        """The signs that words show, by their letters."""
        reading = self._grammar.read(letters)
        now = shown = 0
        for meant in reading.meant:
            if not meant & _HIDES:
                now |= meant
            if starts := meant & self._starts:
                for sign, needs, regards in self._starting(starts):
                    if meant & regards == needs:
                        shown |= sign
        shown |= self._plain.of(now)
        for sign, choices in self._together:
            for choice in choices:
                if not choice & shown:
                    break
            else:
                shown |= sign
        return Seen(shown, reading)

    def named(self, signs: int) -> list[str]:
        """The names of these signs."""
        return [name for name, sign in self._sign.items() if sign & signs]

    def where(self, signs: int, seen: Seen) -> tuple[int, int]:
        """The first words that show one of these signs: the first of them, and the one behind.

        What only several show together is shown where the first of them is, with what else of
        them its clause shows.
        """
        needed, first, others = self._showing(signs)
        stretch = self._grammar.stretch
        for clause, meant in enumerate(seen.reading.meant):
            if meant & needed and (needs := _shown(first, meant)):
                stretches = [stretch(seen.reading, clause, need) for need in needs]
                more = [stretch(seen.reading, clause, need) for need in _shown(others, meant)]
                break
        start, behind = min(stretches)
        for from_, to in more:
            start, behind = min(start, from_), max(behind, to)
        return start, behind

    def _ways_to(self, signs: int) -> tuple[int, list[Way], list[Way]]:
        """The ways to show one of these signs, what they need, and ways to what else shows it."""
        first, others = signs & self._alone, 0
        if not first:
            choices = next(choices for sign, choices in self._together if sign & signs)
            first, others = choices[0], bits.union(choices[1:])
        ways = [way for way in self._ways if way.sign & first]
        needed = bits.union(way.needs for way in ways)
        return needed, ways, [way for way in self._ways if way.sign & others]

    def _ways_from(self, starts: int) -> list[Way]:
        """The ways of which what is needed and has the highest bit is there."""
        return [way for start, way in self._others if start & starts]

    def _any_of(self, names: Iterable[str]) -> int:
        return bits.union(self._sign[name] for name in names)

    def _table(self, plain: Iterable[Way]) -> bits.Table:
        """The signs that each thing that is meant shows alone."""
        signs = [0] * (clauses.FIRST_NAMED + 2 * len(self._bits))
        for way in plain:
            signs[way.needs.bit_length() - 1] |= way.sign
        return bits.Table(signs, "union")

    def _phrases(self, lexicon_: SignalsPart) -> Iterator[tuple[str, int]]:
        grammar = lexicon_.grammar
        joins = {
            clauses.NEGATION: grammar.negations,
            clauses.CONDITION: grammar.conditions,
            clauses.SUPPOSED: grammar.suppositions,
            clauses.PAST: grammar.past,
            clauses.FORMER: grammar.former,
            clauses.LASTING: grammar.lasting,
            clauses.TURN: grammar.turns,
            clauses.CONTRAST: (*grammar.contrasts, *(f", {said}" for said in grammar.anew)),
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
            needs = bits.union(self._bit(word) for word in words if not word.startswith(UNLESS))
            bars = [word.removeprefix(UNLESS) for word in words if word.startswith(UNLESS)]
            meant = {*sign.even, *words}
            hides = [word for word in _NOT_NOW if word not in meant]
            bars_ = bits.union(map(self._barring, bars + hides))
            yield Way(self._sign[name], needs, needs | bars_)

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


def _shown(ways: Iterable[Way], meant: int) -> list[int]:
    """What is needed for those of the ways that a clause shows."""
    return [needs for _, needs, regards in ways if meant & regards == needs]
