"""Clauses: what is said together, with its negations and suppositions worked out."""

from collections.abc import Sequence
from typing import NamedTuple

from worker.policy.signals import tokens
from worker.policy.signals.vocabulary import Vocabulary, longest

Hit = tuple[int, int, int]
"""What was meant, as bits, and the first and last word that said it."""
Clause = tuple[int, list[Hit]]
"""All that was meant, and each hit."""

# What joins words rather than names things.
SENTENCE, STOP, TURN, NEGATION, ASKED, SUPPOSED, PAST = (1 << bit for bit in range(7))
#: The first bit of what a lexicon names itself.
FIRST_NAMED = 7
#: What holds for a whole sentence, wherever in it it is said.
WHOLE_SENTENCE = ASKED | SUPPOSED | PAST
_JOINS = (1 << FIRST_NAMED) - 1
_ENDS_NEGATION = SENTENCE | STOP | TURN
_ENDS_CLAUSE = SENTENCE | TURN

#: Words before a question mark that make it a question, and not a way to look astonished.
_SHORTEST_QUESTION = 2

ENDS = {**dict.fromkeys(tokens.SENTENCE_ENDS, SENTENCE), tokens.COMMA: STOP, "?": SENTENCE | ASKED}


class Grammar(NamedTuple):
    reach: int
    """how many words after a negation are turned round by it"""
    names: int
    """how far left the bit of a negated meaning is from that of the meaning"""


class _Reading:
    """The clauses so far, and the sentence that is being read."""

    def __init__(self) -> None:
        self.hits: list[Hit] = []
        self.clauses: list[Clause] = []
        self._clause_at = 0
        self._whole = 0
        self._sentence = 0
        self._sentence_at = 0

    def join(self, meaning: int, first: int, last: int) -> None:
        if meaning > _JOINS:  # "nobody" names something itself
            self.hits.append((meaning & ~_JOINS, first, last))
        whole = meaning & WHOLE_SENTENCE
        if whole & ASKED and last - self._sentence_at < _SHORTEST_QUESTION:
            whole = 0
        if whole:
            self._whole |= whole
            self.hits.append((whole, self._sentence_at if whole & ASKED else first, last))
        if meaning & _ENDS_CLAUSE:
            self._end_clause()
            if meaning & SENTENCE:
                self._end_sentence(last + 1)

    def _end_clause(self) -> None:
        if hits := self.hits[self._clause_at :]:
            meant = 0
            for hit in hits:
                meant |= hit[0]
            self.clauses.append((meant, hits))
            self._clause_at += len(hits)

    def _end_sentence(self, next_at: int) -> None:
        if whole := self._whole:
            spoken = self.clauses[self._sentence :]
            self.clauses[self._sentence :] = [(meant | whole, hits) for meant, hits in spoken]
        self._whole, self._sentence, self._sentence_at = 0, len(self.clauses), next_at


def clauses(said: Sequence[str], vocabulary: Vocabulary, grammar: Grammar) -> list[Clause]:
    """Every clause in which something was meant, in the order of the text."""
    reading = _Reading()
    hit = reading.hits.append
    after = negated_to = negation = 0
    behind = len(said)
    for place, node in enumerate(map(vocabulary.first.get, said)):
        if node is None or place < after:
            continue
        meaning, further = node
        after = place + 1
        if further and after < behind and said[after] in further:
            meaning, after = longest(node, said, after)
        if meaning > _JOINS and not meaning & _JOINS:
            if place < negated_to:
                hit((meaning << grammar.names, negation, after - 1))
            else:
                hit((meaning, place, after - 1))
        elif meaning & _ENDS_NEGATION:
            negated_to = 0
            if meaning != STOP:
                reading.join(meaning, place, after - 1)
        elif meaning:
            reading.join(meaning, place, after - 1)
            if meaning & NEGATION:
                negation, negated_to = place, after + grammar.reach
    reading.join(SENTENCE, behind, behind)
    return reading.clauses
