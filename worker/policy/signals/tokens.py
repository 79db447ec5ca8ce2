"""Words of a text, in few passes and without a regular expression: this is where time would go."""

from collections.abc import Sequence

#: What ends a sentence, and what ends less. Other marks that do are levelled to these.
FULL_STOP, QUESTION_MARK, COMMA = ".", "?", ","

_MARKS = {chr(code): " " for code in range(128) if not chr(code).isalnum()}
_MARKS |= {mark: mark for mark in (FULL_STOP, QUESTION_MARK, COMMA, "_")}
_MARKS |= {"!": FULL_STOP, ";": FULL_STOP, "\n": FULL_STOP, ":": COMMA}
#: Of bytes, which is fastest: in UTF-8 those of ASCII are never part of anything else.
_LEVELLED = bytes.maketrans("".join(_MARKS).encode(), "".join(_MARKS.values()).encode())
_PLAIN = dict(zip("’‘ʼ`“”«»–—‐‑…\u00a0", "''''\"\"\"\"----. ", strict=True))


def flat(text: str) -> str:
    """The text in small letters with its marks levelled, each character still in its place.

    `doesn't` becomes `doesn_t`, one word, where `client's` becomes two.
    """
    low = text.lower()
    if not low.isascii():
        if len(low) != len(text):  # a few letters grow when they become small
            low = "".join(small if len(small := letter.lower()) == 1 else letter for letter in text)
        for mark, plain in _PLAIN.items():
            low = low.replace(mark, plain)
    # what ends a sentence at the end of a line ends it once
    low = low.replace("_", " ").replace("n't", "n_t").replace(".\n", ". ")
    return (
        low.encode("utf-8", "surrogatepass").translate(_LEVELLED).decode("utf-8", "surrogatepass")
    )


def words(level: str) -> list[str]:
    """The words and ends of a flat text."""
    return level.replace(".", " . ").replace(",", " , ").replace("?", " ? ").split()


def stretch(level: str, said: Sequence[str], first: int, behind: int) -> slice:
    """Where the words from `first` on, up to `behind`, stand in the flat text they come from."""
    start = level.index(said[first])
    if level.find(said[first], start + 1) >= 0:  # it is there again, maybe within other words
        for _ in range("\n".join(said[:first]).count(said[first])):
            start = level.index(said[first], start + len(said[first]))
    end = start + len(said[first])
    for word in said[first + 1 : behind]:
        end = level.index(word, end) + len(word)
    return slice(start, end)
