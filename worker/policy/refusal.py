"""What a refused part of a policy says: where it stands and what is allowed there."""

import difflib
from collections.abc import Iterable

from worker import errors

Place = tuple[str | int, ...]
"""The way to a value from where the reader began: keys and list positions (from 0)."""


class Refusal(errors.BadPolicy):
    """A value in the policy cannot be used."""

    def __init__(self, place: Place, message: str) -> None:
        self.place = place
        self.message = message
        where = ".".join(str(step) for step in place)
        super().__init__(f"{where}: {message}" if where else message)


def nearest(word: str, allowed: Iterable[str]) -> str | None:
    """The allowed word most like the given one, whatever its case; None when none is like it."""
    by_fold = {candidate.casefold(): candidate for candidate in sorted(allowed)}
    matches = difflib.get_close_matches(word.casefold(), by_fold, n=1)
    return by_fold[matches[0]] if matches else None


def did_you_mean(word: str, allowed: Iterable[str], allowed_words: str) -> str:
    """A hint: the nearest allowed word where one is near, and the sentence that says them all."""
    match = nearest(word, allowed)
    return f"did you mean {match!r}? {allowed_words}" if match else allowed_words
