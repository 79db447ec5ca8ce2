"""Which signs a ticket shows: names that meet in one clause, and signs that meet in one ticket."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from worker.policy.signals import clauses, lexicon
from worker.policy.signals.clauses import Hit
from worker.policy.signals.lexicon import NOT, UNLESS, SignalsPart, SignPart
from worker.policy.signals.vocabulary import Vocabulary

_GRAMMATICAL = {"supposed": clauses.SUPPOSED, "past": clauses.PAST, "asked": clauses.ASKED}
#: A fault that is only supposed, or over, is none.
_NOT_NOW = ("supposed", "past")


class Way(NamedTuple):
    """One way to show a sign, in bits of meaning."""

    sign: str
    needs: int
    bars: int


class Seen(NamedTuple):
    """The way in which a sign was first shown, and the hits of its clause."""

    way: Way
    hits: Sequence[Hit]

    def stretch(self) -> tuple[int, int]:
        """The first and last word that showed it."""
        needs = self.way.needs
        places = [(first, last) for meaning, first, last in self.hits if meaning & needs]
        return min(places)[0], max(last for _, last in places)


class Signs:
    """A lexicon's words and signs, ready to be looked for."""

    def __init__(self, lexicon_: SignalsPart) -> None:
        self._bits = {
            name: 1 << (clauses.FIRST_NAMED + position)
            for position, name in enumerate(lexicon_.words)
        }
        self._sizes = {self._bits[name]: len(said) for name, said in lexicon_.words.items()}
        self.grammar = clauses.Grammar(lexicon_.grammar.reach or 0, len(self._bits))
        self.vocabulary = Vocabulary(self._phrases(lexicon_), clauses.ENDS)
        ways = [way for name, sign in lexicon_.signs.items() for way in self._ways(name, sign)]
        self._by_meaning = self._sorted_by_meaning(ways)
        self._together = [
            (name, [frozenset(lexicon.alternatives(choice)) for choice in part.of])
            for name, part in lexicon_.together.items()
        ]

    def seen(self, said: Sequence[str]) -> dict[str, Seen]:
        """The signs that these words show, each as it is shown first."""
        seen: dict[str, Seen] = {}
        ways_of = self._by_meaning
        for meant, hits in clauses.clauses(said, self.vocabulary, self.grammar):
            for hit in hits:
                if hit[0] in ways_of:
                    for way in ways_of[hit[0]]:
                        sign, needs, bars = way
                        if sign not in seen and meant & needs == needs and not meant & bars:
                            seen[sign] = Seen(way, hits)
        for name, choices in self._together:
            if not any(choice.isdisjoint(seen) for choice in choices):
                seen[name] = next(seen[sign] for sign in seen if sign in choices[0])
        return seen

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

    def _ways(self, name: str, sign: SignPart) -> Iterator[Way]:
        hidden = sum(_GRAMMATICAL[word] for word in _NOT_NOW if word not in sign.even)
        for way in sign.when:
            needs = bars = 0
            for word in way.split():
                if word.startswith(UNLESS):
                    bars |= self._bit(word.removeprefix(UNLESS))
                else:
                    needs |= self._bit(word)
            yield Way(name, needs, (bars | hidden) & ~needs)

    def _bit(self, word: str) -> int:
        if word.startswith(NOT):
            return self._bits[word.removeprefix(NOT)] << len(self._bits)
        return _GRAMMATICAL.get(word) or self._bits[word]

    def _sorted_by_meaning(self, ways: Iterable[Way]) -> Mapping[int, tuple[Way, ...]]:
        """For the meaning of each word or phrase, the ways that are looked at when it is met.

        A way is looked at for one of its needs only, the one that fewest phrases have.
        """
        meanings = self.vocabulary.meanings()
        named = {meaning >> clauses.FIRST_NAMED << clauses.FIRST_NAMED for meaning in meanings}
        hits = {
            *named,
            *(meaning << len(self._bits) for meaning in named),
            *(meaning & clauses.WHOLE_SENTENCE for meaning in meanings),
        }
        rarest = [(way, min(_bits(way.needs), key=self._frequency)) for way in ways]
        found = {hit: tuple(way for way, bit in rarest if bit & hit) for hit in hits}
        return {hit: parts for hit, parts in found.items() if parts}

    def _frequency(self, bit: int) -> int:
        """How often a meaning is met: what is negated is rarer than what is not."""
        negated = bit >> len(self._bits)
        return self._sizes[negated] if negated in self._sizes else 1000 * self._sizes.get(bit, 1)


def _bits(meaning: int) -> Iterator[int]:
    while meaning:
        yield meaning & -meaning
        meaning &= meaning - 1
