"""Clauses: what is said together, with its negations and suppositions worked out."""

import sys
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from worker.policy.signals import tokens
from worker.policy.signals.vocabulary import Match, Vocabulary

# What joins words rather than names things.
SENTENCE, STOP, TURN, NEGATION, ASKED, SUPPOSED, PAST = (1 << bit for bit in range(7))
_JOINS = (1 << 7) - 1
#: What holds for a whole sentence, wherever in it it is said. That it holds has bits of its own.
WHOLE_SENTENCE = ASKED | SUPPOSED | PAST
HOLDS = 3
#: The first bit of what a lexicon names itself.
FIRST_NAMED = 10
_ENDS_CLAUSE = SENTENCE | TURN

#: Words before a question mark that make it a question, and not a way to look astonished.
_SHORTEST_QUESTION = 2

ENDS = {tokens.FULL_STOP: SENTENCE, tokens.COMMA: STOP, tokens.QUESTION_MARK: SENTENCE | ASKED}


class Reading(NamedTuple):
    """What was said, clause by clause in the order of the text."""

    meant: Sequence[int]
    """all that is meant in each clause, as bits"""
    ends: Sequence[int]
    """where the hits of each clause begin, and those of the last one end"""
    hits: Sequence[Match]


class Grammar:
    """Reads words by the phrases of a lexicon."""

    def __init__(self, phrases: Iterable[tuple[str, int]], *, reach: int, names: int) -> None:
        """`phrases`: each with the bits of what it means; `reach`: how many words after a negation
        are turned round by it; `names`: how far left the bit of a negated meaning is from its own.
        """
        joins_first = sorted((*phrases, *ENDS.items()), key=lambda phrase: not phrase[1] & _JOINS)
        self._vocabulary = Vocabulary(joins_first)
        self._reach = reach
        meanings = self._vocabulary.meanings
        self._joins = [meaning & _JOINS for meaning in meanings if meaning & _JOINS]
        means = [meaning & ~_JOINS | meaning & WHOLE_SENTENCE for meaning in meanings]
        means += [meaning << names for meaning in means]
        same: dict[int, int] = {}
        self._means = [same.setdefault(meaning, meaning) for meaning in means]
        """by the phrases' numbers; a phrase that is turned round has one behind all others"""

    def read(self, said: Sequence[str]) -> Reading:  # noqa: C901, one loop: here the time goes
        """Every clause in which something was meant, in the order of the text."""
        joins, means = self._joins, self._means
        joining, turned = len(joins), len(self._means) // 2
        hits = self._vocabulary.matches((*said, tokens.FULL_STOP))
        clauses: list[int] = []
        ends = [0]
        meant = whole = sentence = sentence_at = negation = negated_to = 0
        for stop, (phrase, first, behind) in enumerate(hits, start=1):
            if phrase >= joining:
                if first < negated_to:
                    phrase += turned  # noqa: PLW2901
                    hits[stop - 1] = phrase, negation, behind
                meant |= means[phrase]
                continue
            join = joins[phrase]
            if join == STOP:
                negated_to = 0
                continue
            if join != SENTENCE:
                if join & NEGATION:
                    negation, negated_to = first, behind + self._reach
                spoken = means[phrase]  # "nobody" names something itself
                if join & ASKED:
                    hits[stop - 1] = phrase, sentence_at, behind
                    spoken &= -1 if first - sentence_at >= _SHORTEST_QUESTION else ~WHOLE_SENTENCE
                meant |= spoken
                whole |= spoken & WHOLE_SENTENCE
                if not join & _ENDS_CLAUSE:
                    continue
            negated_to = 0
            if meant:
                clauses.append(meant)
                ends.append(stop)
                meant = 0
            if join & SENTENCE:
                if whole:
                    holds = whole << HOLDS
                    clauses[sentence:] = [bits | holds for bits in clauses[sentence:]]
                    whole = 0
                sentence, sentence_at = len(clauses), behind
        return Reading(clauses, ends, hits)

    def stretch(self, reading: Reading, clause: int, meaning: int) -> tuple[int, int]:
        """From the first to behind the last of a clause's words that mean any of this."""
        means, start, behind = self._means, sys.maxsize, 0
        for phrase, first, last in reading.hits[reading.ends[clause] : reading.ends[clause + 1]]:
            if means[phrase] & meaning:
                # the negation of a later one may stand before an earlier one
                start, behind = first if first < start else start, last
        return start, behind
