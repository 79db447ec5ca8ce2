"""Clauses: what is said together, with its negations and suppositions worked out."""

import sys
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from worker.policy.signals import tokens
from worker.policy.signals.vocabulary import Match, Vocabulary

# What joins words rather than names things: first what does no more than end something.
SENTENCE, STOP, TURN, CONTRAST, NEGATION, CONDITION, ASKED, SUPPOSED, PAST = (
    1 << bit for bit in range(9)
)
_ENDS_ALONE = SENTENCE | STOP | TURN | CONTRAST
_JOINS = (1 << 9) - 1
#: What holds beyond its clause. That it holds there has bits of its own.
WHOLE_SENTENCE = ASKED | SUPPOSED | PAST
HOLDS = 3
# When something was, which makes a clause one about the past, unless it lasts.
FORMER, LASTING = 1 << 12, 1 << 13
#: The first bit of what a lexicon names itself.
FIRST_NAMED = 14
_ENDS_CLAUSE = SENTENCE | TURN | CONTRAST
_UNDER = NEGATION | CONDITION

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


class _Text:
    """The clauses of a text so far, and what holds for more than one of them."""

    def __init__(self) -> None:
        self.meant: list[int] = []
        self.ends = [0]
        self._sentence = self._part = 0
        self._whole = 0
        self._over = sys.maxsize
        self._remarked = False

    def remark(self, said: int, meant: int) -> None:
        """Something is said that holds for more than its clause, of which so much is meant."""
        self._remarked = True
        if said & PAST:
            # "but it is fixed" speaks of what was said before, "but staging is fixed" not
            self._over = min(self._over, self._part if meant else self._sentence)
        self._whole |= said & (ASKED | SUPPOSED)

    def end(self, join: int, meant: int, stop: int) -> None:
        """A clause ends with such a join, and before the hit with this number."""
        if meant:
            if meant & FORMER and not meant & LASTING:
                meant |= PAST << HOLDS
            self.meant.append(meant)
            self.ends.append(stop)
        if join != TURN:
            if self._remarked:
                self._spread(join)
            self._part = len(self.meant)
            if join & SENTENCE:
                self._sentence = self._part

    def _spread(self, join: int) -> None:
        """What was remarked holds for what it spoke of, now that this has ended."""
        if self._over < len(self.meant):
            self._hold(self._over, PAST)
        self._over = sys.maxsize
        if join & SENTENCE:
            self._hold(self._sentence, self._whole)
            self._whole, self._remarked = 0, False

    def _hold(self, since: int, said: int) -> None:
        self.meant[since:] = [meant | said << HOLDS for meant in self.meant[since:]]


class Grammar:
    """Reads words by the phrases of a lexicon."""

    def __init__(
        self, phrases: Iterable[tuple[str, int]], words: Iterable[str], *, reach: int, names: int
    ) -> None:
        """`phrases`: each with the bits of what it means; `words`: others to have a letter;
        `reach`: how many words after a negation are turned round by it, or after a condition are
        only supposed; `names`: how far left the bit of a negated meaning is from its own.
        """
        joins_first = sorted((*phrases, *ENDS.items()), key=lambda phrase: not phrase[1] & _JOINS)
        self._vocabulary = Vocabulary(joins_first, words)
        self.letter = self._vocabulary.letter
        self._end, self._comma = map(self.letter, (tokens.FULL_STOP, tokens.COMMA))
        self._reach = reach
        meanings = self._vocabulary.meanings
        self._joins = [meaning for meaning in meanings if meaning & _JOINS]
        means = [meaning & ~_JOINS | meaning & WHOLE_SENTENCE for meaning in meanings]
        means += [meaning >> FIRST_NAMED << FIRST_NAMED + names for meaning in means]
        means += [0] * len(meanings)
        same: dict[int, int] = {}
        self._means = [same.setdefault(meaning, meaning) for meaning in means]
        """by the phrases' numbers; behind all others one for each that is turned round, and behind
        these one for each that is only a condition"""

    def read(self, letters: Sequence[str]) -> Reading:  # noqa: C901, PLR0912, here the time goes
        """Every clause in which something was meant, in the order of the text of these letters."""
        joins, means, comma = self._joins, self._means, self._comma
        joining, turned = len(joins), len(means) // 3
        hits = self._vocabulary.matches("".join(letters) + self._end)
        text = _Text()
        meant = sentence_at = under = under_to = sense = opening = 0
        for stop, (phrase, first, behind) in enumerate(hits, start=1):
            if phrase >= joining:
                if first < under_to:
                    phrase += sense  # noqa: PLW2901
                    hits[stop - 1] = phrase, under, behind
                meant |= means[phrase]
                continue
            join = joins[phrase]
            if join > _ENDS_ALONE:  # which most are not
                if join & _UNDER:
                    if first < under_to and sense != turned:
                        continue  # "if it does not work"
                    under, under_to = first, behind + self._reach
                    sense = turned if join & NEGATION else 2 * turned
                if join & ASKED:
                    hits[stop - 1] = phrase, sentence_at, behind
                    if first - sentence_at < _SHORTEST_QUESTION:
                        join = SENTENCE
                if join & WHOLE_SENTENCE:
                    text.remark(join, meant)
                # "nobody" names something itself
                meant |= means[phrase] & (join | ~WHOLE_SENTENCE)
                join &= _JOINS
            if join & STOP:
                under_to = 0
                if opening and letters[first] == comma:  # "While this works, that fails"
                    join |= opening
            if join & _ENDS_CLAUSE:
                text.end(join, meant, stop)
                meant = under_to = 0
                opening = CONTRAST & join if first == sentence_at else 0
                if join & SENTENCE:
                    sentence_at = behind
        return Reading(text.meant, text.ends, hits)

    def stretch(self, reading: Reading, clause: int, meaning: int) -> tuple[int, int]:
        """From the first to behind the last of a clause's words that mean any of this."""
        means, start, behind = self._means, sys.maxsize, 0
        for phrase, first, last in reading.hits[reading.ends[clause] : reading.ends[clause + 1]]:
            if means[phrase] & meaning:
                # the negation of a later one may stand before an earlier one
                start, behind = first if first < start else start, last
        return start, behind
