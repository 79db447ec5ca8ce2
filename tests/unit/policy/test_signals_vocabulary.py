"""Which phrases are found among words: the longest, from the left, each once."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.policy.signals import inflection
from worker.policy.signals.vocabulary import Vocabulary


def found(phrases: Sequence[str], text: str) -> list[str]:
    """The phrases that are found in a text, by what they mean."""
    vocabulary = Vocabulary((phrase, 1 << place) for place, phrase in enumerate(phrases))
    return [
        " & ".join(
            phrase
            for place, phrase in enumerate(phrases)
            if vocabulary.meanings[number] >> place & 1
        )
        for number, _, _ in vocabulary.matches("".join(map(vocabulary.letter, text.split())))
    ]


def test_of_phrases_that_begin_alike_the_longest_counts() -> None:
    phrases = ["no", "no longer", "no longer works", "works"]
    assert found(phrases, "no longer works") == ["no longer works"]
    assert found(phrases, "no longer it works no") == ["no longer", "works", "no"]


def test_a_phrase_counts_under_each_of_its_names() -> None:
    assert found(["down", "down"], "all down") == ["down & down"]


@pytest.mark.parametrize("number", ["0", "7", "12", "500", "9999"])
def test_a_number_sign_stands_for_any_number(number: str) -> None:
    assert found(["# clients", "500"], f"{number} clients") == ["# clients"]


def test_two_number_signs_stand_for_a_number_of_two_digits_or_more() -> None:
    phrases = ["## clients", "# clients"]
    assert found(phrases, "9 clients") == ["# clients"]
    assert found(phrases, "10 clients") == ["## clients & # clients"]


def test_within_a_phrase_a_year_is_no_count() -> None:
    assert found(["since #"], "since 9") == ["since #"]
    assert found(["since #"], "since 2019") == []


def test_a_number_that_a_phrase_names_is_itself_and_a_number() -> None:
    assert found(["error 500", "error #", "# errors"], "error 500") == ["error 500"]
    assert found(["error 50", "error #"], "error 50") == ["error 50 & error #"]
    assert found(["error 500", "# errors"], "500 errors") == ["# errors"]


def test_a_slip_of_the_hand_counts_anywhere_in_a_phrase() -> None:
    assert found(["in production"], "in producton") == ["in production"]


def test_a_word_that_another_phrase_has_is_no_slip() -> None:
    assert "typing" in inflection.slips("typoing")
    assert found(["typoing", "while typing"], "typing") == []


WORDS = ["a", "b", "c", "7", "70", "700"]
SIGNS = ["#", "##"]
phrase = st.lists(st.sampled_from([*WORDS, *SIGNS]), min_size=1, max_size=4)


def says(sign: str, word: str, *, first: bool) -> bool:
    if sign not in SIGNS:
        return sign == word
    if not word.isdecimal() or (int(word) > 99 and not first):
        return False
    return sign == "#" or int(word) > 9


def longest(phrases: Sequence[Sequence[str]], words: Sequence[str]) -> int:
    """How many words the longest phrase has that these words begin with, tried one by one."""
    return max(
        (
            len(signs)
            for signs in phrases
            if len(signs) <= len(words)
            and all(says(sign, words[at], first=not at) for at, sign in enumerate(signs))
        ),
        default=0,
    )


@given(st.lists(phrase, min_size=1, max_size=6), st.lists(st.sampled_from([*WORDS, "x"])))
def test_what_is_found_is_what_a_slow_search_finds(
    phrases: list[list[str]], words: list[str]
) -> None:
    expected, place = [], 0
    while place < len(words):
        length = longest(phrases, words[place:])
        expected += [(place, place + length)] if length else []
        place += length or 1
    vocabulary = Vocabulary((" ".join(signs), 1) for signs in phrases)
    letters = "".join(map(vocabulary.letter, words))
    assert [(first, behind) for _, first, behind in vocabulary.matches(letters)] == expected
