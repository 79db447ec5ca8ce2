"""The forms of a word, so that a lexicon names it once: `fail+` is fail, fails, failed, failing."""

import itertools
from collections.abc import Iterator

MARK = "+"
_VOWELS = "aeiou"


def expanded(phrase: str) -> Iterator[tuple[str, ...]]:
    """Every reading of a phrase in which some words are marked as having forms."""
    return itertools.product(*(_choices(word) for word in phrase.split()))


def _choices(word: str) -> list[str]:
    return forms(word.removesuffix(MARK)) if word.endswith(MARK) and word != MARK else [word]


def forms(word: str) -> list[str]:
    """The word, its plural or third person, its past and its -ing, as regular English has them."""
    return [word, _with_s(word), *(f"{_stem(word, end)}{end}" for end in ("ed", "ing"))]


def _with_s(word: str) -> str:
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return word + "es"
    return word[:-1] + "ies" if _ends_in_consonant_and(word, "y") else word + "s"


def _stem(word: str, ending: str) -> str:
    if word.endswith("e") and not word.endswith("ee"):
        return word[:-1]
    if ending == "ed" and _ends_in_consonant_and(word, "y"):
        return word[:-1] + "i"
    return word + word[-1] if _doubles(word) else word


def _doubles(word: str) -> bool:
    """stop → stopping, but open → opening and fail → failing."""
    short = len(word) <= 4 and sum(letter in _VOWELS for letter in word) == 1
    return short and len(word) > 2 and word[-2] in _VOWELS and word[-1] not in "aeiouwxy"


def _ends_in_consonant_and(word: str, last: str) -> bool:
    return word.endswith(last) and word[-2:-1] not in _VOWELS


def slips(word: str) -> Iterator[str]:
    """What a hasty hand makes of a word: two letters swapped, one within it left out or doubled."""
    for place in range(1, len(word) - 1):
        before, letter, after = word[:place], word[place], word[place + 1 :]
        yield before + after
        yield before + letter * 2 + after
        yield before + after[0] + letter + after[1:]
