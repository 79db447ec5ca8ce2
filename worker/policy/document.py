"""YAML as a policy file uses it: every value is text until the policy's model says what it is.

So `NO` is Norway and not false, `1.10` is not 1.1, `9:00` is no number of minutes, and a client
called `007` keeps its noughts. A value left empty is one left out.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from worker import errors

Place = Sequence[str | int]

_TAG = "tag:yaml.org,2002:"
_TAGS = {f"{_TAG}{name}" for name in ("null", "str", "seq", "map")}
_HALF = re.compile("[\ud800-\udfff]")
_NO_CHARACTER = "half of a surrogate pair is no character"
#: With every alias written out in full. A few lines of aliases of aliases could mean billions.
MOST_VALUES = 100_000


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing wrong in a policy file: where, and what is allowed there."""

    place: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"line {self.line}: " + (f"{self.place}: " if self.place else "") + self.message


class Unreadable(errors.BadPolicy):
    """A text is not YAML, or YAML that a policy has no use for; `mistakes` says why."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__(str(mistakes[0]))
        self.mistakes = tuple(mistakes)


class Document:
    """A YAML mapping whose values know their lines. Raises Unreadable with all its mistakes."""

    def __init__(self, text: str) -> None:
        self._root = _composed(text)
        if mistakes := [*_Inspection(self._root).mistakes]:
            raise Unreadable(sorted(mistakes, key=lambda mistake: mistake.line))
        self.values: dict[str, Any] = _plain(self._root)

    def mistake(self, place: Place, message: str) -> Mistake:
        return Mistake(dotted(place), self.line(place), message)

    def line(self, place: Place) -> int:
        """The line of the deepest part of `place` that the file has."""
        node: yaml.Node = self._root
        line = node.start_mark.line
        for step in place:
            below = dict(_children(node)).get(step)
            if below is None:
                break
            line, node = below
        return line + 1


def dotted(place: Place) -> str:
    return ".".join(map(str, place))


class _TextLoader(yaml.SafeLoader):
    """Resolves nothing but null."""


_TextLoader.yaml_implicit_resolvers = {}
_TextLoader.add_implicit_resolver(
    _TAG + "null", re.compile(r"(?:~|null|Null|NULL|)\Z"), ["~", "n", "N", ""]
)


def _composed(text: str) -> yaml.MappingNode:
    try:
        root = yaml.compose(text, Loader=_TextLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _not_yaml(mark.line + 1 if mark else 1, str(error.problem)) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        character = f"U+{ord(text[error.position]):04X}"
        raise _not_yaml(line, f"character {character} is not allowed") from error
    except RecursionError:
        raise _not_yaml(1, "nested too deeply") from None
    except (ValueError, OverflowError) as error:
        # The reader takes an escape like "\U00110000" for a character.
        raise _not_yaml(1, f"an escape names no character ({error})") from error
    if not isinstance(root, yaml.MappingNode):
        raise Unreadable([Mistake("", 1, "must be a mapping with name, levels, rules, …")])
    return root


def _not_yaml(line: int, problem: str) -> Unreadable:
    return Unreadable([Mistake("", line, f"is not YAML: {problem}")])


def _children(node: yaml.Node) -> Iterator[tuple[str | int, tuple[int, yaml.Node]]]:
    """The nodes right below, by key or position, each with the line where it begins."""
    if isinstance(node, yaml.SequenceNode):
        for position, child in enumerate(node.value):
            yield position, (child.start_mark.line, child)
    elif isinstance(node, yaml.MappingNode):
        for key, child in node.value:
            yield str(key.value), (key.start_mark.line, child)


def _plain(node: yaml.Node) -> Any:
    if isinstance(node, yaml.SequenceNode):
        return [_plain(child) for child in node.value]
    if isinstance(node, yaml.MappingNode):
        return {key.value: _plain(child) for key, child in node.value if child.tag != _TAG + "null"}
    return None if node.tag == _TAG + "null" else node.value


class _Inspection:
    """Finds what YAML allows and a policy has no use for. Each node is looked at once."""

    def __init__(self, root: yaml.Node) -> None:
        self.mistakes: list[Mistake] = []
        self._sizes: dict[int, int] = {}
        self._open: set[int] = set()
        if self._size(root, ()) > MOST_VALUES:
            message = f"its aliases stand for more than {MOST_VALUES} values"
            self.mistakes.append(Mistake("", 1, message))

    def _size(self, node: yaml.Node, place: tuple[str | int, ...]) -> int:
        """How many values the node stands for, with its aliases written out."""
        if id(node) in self._open:
            self._complain(place, node, "an alias may not stand within its own anchor")
            return 0
        if id(node) not in self._sizes:
            self._open.add(id(node))
            self._inspect(node, place)
            children = (self._size(child, (*place, step)) for step, (_, child) in _children(node))
            self._sizes[id(node)] = 1 + sum(children)
            self._open.remove(id(node))
        return self._sizes[id(node)]

    def _inspect(self, node: yaml.Node, place: Place) -> None:
        if node.tag not in _TAGS:
            tag = node.tag.replace(_TAG, "!!")
            self._complain(place, node, f"the tag {tag} has no meaning in a policy; leave it out")
        if isinstance(node, yaml.MappingNode):
            self._inspect_keys(node, place)
        elif isinstance(node, yaml.ScalarNode) and _HALF.search(node.value):
            self._complain(place, node, _NO_CHARACTER)

    def _inspect_keys(self, node: yaml.MappingNode, place: Place) -> None:
        # YAML itself lets the last of two equal keys win, silently.
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._complain(place, key, "a key must be a word")
            elif _HALF.search(key.value):
                self._complain(place, key, _NO_CHARACTER)
            elif key.value in seen:
                self._complain((*place, key.value), key, "a key may stand only once")
            else:
                seen.add(key.value)

    def _complain(self, place: Place, node: yaml.Node, message: str) -> None:
        self.mistakes.append(Mistake(dotted(place), node.start_mark.line + 1, message))
