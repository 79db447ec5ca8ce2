"""Words of a text, in one pass and without a regular expression: this is where time would go."""

from collections.abc import Sequence

#: What ends a sentence; a line's end is written as a bar. A comma ends less.
SENTENCE_ENDS = ".!?;|"
COMMA = ","
_ENDS = SENTENCE_ENDS + COMMA

_PLAIN = str.maketrans("’‘ʼ`“”«»–—‐‑…\u00a0", "''''\"\"\"\"----. ")
_TO_SPACE = {chr(code): " " for code in range(128) if not chr(code).isalnum()}
_KEPT = {**{end: end for end in _ENDS}, ":": ",", "\n": "|", "|": " ", "_": "_"}
_LEVELLED = str.maketrans({**_TO_SPACE, **_KEPT})


def flat(text: str) -> str:
    """The text in small letters with its marks levelled, each character still in its place.

    `doesn't` becomes `doesn_t`, one word, where `client's` becomes two.
    """
    low = text.lower()
    if len(low) != len(text):  # a few letters grow when they become small
        low = "".join(small if len(small := letter.lower()) == 1 else letter for letter in text)
    if not low.isascii():
        low = low.translate(_PLAIN)
    return low.replace("_", " ").replace("n't", "n_t").translate(_LEVELLED)


def words(level: str) -> list[str]:
    """The words and ends of a flat text."""
    for end in _ENDS:
        level = level.replace(end, f" {end} ")
    return level.split()


def stretch(level: str, said: Sequence[str], first: int, last: int) -> slice:
    """Where the words from `first` to `last` stand in the flat text that they come from."""
    start = end = _start(level, said, first)
    for word in said[first : last + 1]:
        end = level.index(word, end) + len(word)
    return slice(start, end)


def _start(level: str, said: Sequence[str], place: int) -> int:
    """Where a word stands: what is equal to it before it is counted, not what only contains it."""
    word = said[place]
    before = said[:place].count(word)
    at = level.index(word)
    while before or not _stands_alone(level, at, len(word)):
        before -= _stands_alone(level, at, len(word))
        at = level.index(word, at + 1)
    return at


def _stands_alone(level: str, at: int, length: int) -> bool:
    around = level[max(at - 1, 0) : at] + level[at + length : at + length + 1]
    return level[at] in _ENDS or all(letter in _ENDS or letter.isspace() for letter in around)
