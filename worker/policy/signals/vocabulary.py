"""From words to what they mean: a lexicon's phrases, found in one pass, the longest first."""

import itertools
from collections.abc import Iterable, Iterator, Mapping

from ahocorasick_rs import AhoCorasick, MatchKind

from worker.policy.signals import inflection, tokens

#: Stand for any number, and for one of two digits or more.
NUMBER, LARGE_NUMBER = "#", "##"
#: Only at the start of a phrase: within one, such a number is a year or a version, not a count.
_LARGEST = "###"
_SIZES = {NUMBER: range(10), LARGE_NUMBER: range(10, 100), _LARGEST: range(100, 10_000)}
#: A shorter word's slips are other words: form, from.
_SLIPS_FROM = 7
#: Each word is written as one letter, of which the first take three bytes; no phrase has a space.
_LETTERS = range(0x800, 0xD800), range(0xE000, 0x110000)
_NO_LETTER = " "

Match = tuple[int, int, int]
"""The number of a phrase, the first of its words, and the word behind it."""
Letters = Mapping[str, str]


class Vocabulary:
    """Finds phrases, each known by its number.

    With a letter for each word, phrases in a text are strings in a string, for which there are
    fast ways, and a place in it is that of a word.
    """

    def __init__(self, phrases: Iterable[tuple[str, int]], words: Iterable[str] = ()) -> None:
        """Meanings are sets of bits; a phrase that stands under several names has them all.

        `words`: others that have a letter of their own.
        """
        readings = [(said, meaning) for phrase, meaning in phrases for said in _readings(phrase)]
        every = dict.fromkeys(itertools.chain(_SIZES, *(said for said, _ in readings), words))
        letters = dict(zip(every, map(chr, itertools.chain(*_LETTERS)), strict=False))
        meanings: dict[str, int] = {}
        for spelt, meaning in _spelt(readings, letters):
            meanings[spelt] = meanings.get(spelt, 0) | meaning
        self.meanings = list(meanings.values())
        """by the phrases' numbers"""
        self.letter = _Letters(letters).__getitem__
        """of a word; a space for one that nothing is known of"""
        search = AhoCorasick(meanings, matchkind=MatchKind.LeftmostLongest)
        self._found = search.find_matches_as_indexes

    def matches(self, letters: str) -> list[Match]:
        """Every phrase in the letters of a text, none within another, in its order."""
        return self._found(letters)


class _Letters(dict[str, str]):
    """The words of phrases, and apart from them, so that they stay together, what is rarer."""

    def __init__(self, letters: Letters) -> None:
        super().__init__(letters)
        self._rarer = {**_slips(letters), **_numbers(letters)}

    def __missing__(self, word: str) -> str:
        return self._rarer.get(word, _NO_LETTER)


def _readings(phrase: str) -> Iterator[list[str]]:
    return map(split, inflection.expanded(phrase))


def split(reading: Iterable[str]) -> list[str]:
    """A phrase as the words that a text would have; a number sign stays one."""
    return [
        word
        for part in reading
        for word in ([part] if part.startswith(NUMBER) else tokens.words(tokens.flat(part)))
    ]


def _spelt(
    readings: Iterable[tuple[list[str], int]], letters: Letters
) -> Iterator[tuple[str, int]]:
    """Each reading in letters, with every number that a number sign may stand for."""
    large, small = _numbers_of(letters, LARGE_NUMBER), _numbers_of(letters, NUMBER)
    largest = _numbers_of(letters, _LARGEST)
    first = {**letters, NUMBER: small + large + largest, LARGE_NUMBER: large + largest}
    later = {**letters, NUMBER: small + large, LARGE_NUMBER: large}
    for said, meaning in readings:
        choices = first[said[0]], *map(later.__getitem__, said[1:])
        yield from ((spelt, meaning) for spelt in map("".join, itertools.product(*choices)))


def _numbers_of(letters: Letters, size: str) -> str:
    """The letters of numbers: of those that phrases have themselves, and one for all others."""
    return letters[size] + "".join(letters.get(str(number), "") for number in _SIZES[size])


def _numbers(letters: Letters) -> dict[str, str]:
    return {str(number): letters[size] for size, range_ in _SIZES.items() for number in range_}


def _slips(letters: Letters) -> dict[str, str]:
    return {
        slip: letter
        for word, letter in letters.items()
        if len(word) >= _SLIPS_FROM and word.isalpha()
        for slip in inflection.slips(word)
    }
