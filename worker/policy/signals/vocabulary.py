"""From words to what they mean: a tree of phrases in which the longest match counts."""

from collections.abc import Iterable, Mapping, Sequence

from worker.policy.signals import inflection, tokens

#: Stand for any number, and for one of two digits or more.
NUMBER, LARGE_NUMBER = "#", "##"
#: Numbers are written out up to these, at the start of a phrase and within one.
_FIRST_NUMBERS, _LATER_NUMBERS = 10_000, 100
#: A shorter word's slips are other words: form, from.
_SLIPS_FROM = 7

Node = tuple[int, "dict[str, Node]"]
"""What the phrase that ends here means (0: nothing), and the words that may go on from here."""


class _Branch:
    def __init__(self) -> None:
        self.meaning = 0
        self.further: dict[str, _Branch] = {}

    def grow(self, phrase: Sequence[str], meaning: int) -> None:
        branch = self
        for word in phrase:
            branch = branch.further.setdefault(word, _Branch())
        branch.meaning |= meaning

    def frozen(self, numbers: int = _LATER_NUMBERS) -> Node:
        further = {word: branch.frozen() for word, branch in self.further.items()}
        return self.meaning, _counted(further, numbers)


class Vocabulary:
    """Meanings are sets of bits; a phrase that stands under several names has them all."""

    def __init__(self, phrases: Iterable[tuple[str, int]], ends: Mapping[str, int]) -> None:
        root = _Branch()
        for phrase, meaning in phrases:
            for reading in inflection.expanded(phrase):
                root.grow(split(reading), meaning)
        for end, meaning in ends.items():
            root.grow([end], meaning)
        _, further = root.frozen(_FIRST_NUMBERS)
        self.first: Mapping[str, Node] = {**_slips(further), **further}

    def meanings(self) -> set[int]:
        """Every meaning that a phrase has."""
        met: dict[int, int] = {}  # numbers share their nodes: each is looked at once
        waiting = list(self.first.values())
        while waiting:
            node = waiting.pop()
            if id(node) not in met:
                met[id(node)] = node[0]
                waiting.extend(node[1].values())
        return set(met.values())


def longest(node: Node, said: Sequence[str], place: int) -> tuple[int, int]:
    """What the longest phrase means of which `node` is the start, and the place behind it.

    `place` is that of the next word.
    """
    meaning, further = node
    after = place
    while further and place < len(said):
        below = further.get(said[place])
        if below is None:
            break
        place += 1
        further = below[1]
        if below[0] or not further:
            meaning, after = below[0], place
    return meaning, after


def split(reading: Iterable[str]) -> list[str]:
    """A phrase as the words that a text would have; a number sign stays one."""
    return [
        word
        for part in reading
        for word in ([part] if part.startswith(NUMBER) else tokens.words(tokens.flat(part)))
    ]


def _counted(further: dict[str, Node], numbers: int) -> dict[str, Node]:
    """The number signs written out as numbers, since a reading only ever looks words up."""
    nothing: Node = (0, {})
    number, large = further.pop(NUMBER, nothing), further.pop(LARGE_NUMBER, nothing)
    if number is nothing and large is nothing:
        return further
    either = _joined(number, large)
    known = {str(count): either if count > 9 else number for count in range(numbers)}
    own = {count: _joined(node, known.get(count, nothing)) for count, node in further.items()}
    return {**known, **own}


def _joined(left: Node, right: Node) -> Node:
    both = left[1].keys() & right[1].keys()
    shared = {word: _joined(left[1][word], right[1][word]) for word in both}
    return left[0] | right[0], {**left[1], **right[1], **shared}


def _slips(further: Mapping[str, Node]) -> dict[str, Node]:
    return {
        slip: node
        for word, node in further.items()
        if len(word) >= _SLIPS_FROM and word.isalpha()
        for slip in inflection.slips(word)
    }
