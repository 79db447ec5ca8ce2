"""From a YAML file to a policy, or to all its mistakes with their lines."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources

import yaml
from pydantic import ValidationError

from worker import errors
from worker.policy import policy as compiled
from worker.policy.file import PolicyFile
from worker.policy.policy import Policy

Place = Sequence[str | int]


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing wrong in a policy file: where, and what is allowed there."""

    place: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"line {self.line}: " + (f"{self.place}: " if self.place else "") + self.message


class UnusablePolicy(errors.BadPolicy):
    """A policy file with mistakes; `mistakes` holds them all."""

    def __init__(self, source: str, mistakes: Sequence[Mistake]) -> None:
        more = f" (and {len(mistakes) - 1} more)" if len(mistakes) > 1 else ""
        super().__init__(f"policy {source}, {mistakes[0]}{more}")
        self.mistakes = tuple(mistakes)


def default_text() -> str:
    """The built-in policy, as YAML."""
    return resources.files("worker.policy").joinpath("support_priorities.yaml").read_text("utf-8")


def parse(text: str, source: str) -> Policy:
    """The policy that `text` holds; raises UnusablePolicy with every mistake and its line.

    `source` names the file in messages.
    """
    try:
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
        fields = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:  # ValueError: an unquoted date like 2026-02-30
        raise UnusablePolicy(source, [_not_yaml(error)]) from error
    if not isinstance(tree, yaml.MappingNode):
        raise UnusablePolicy(source, [Mistake("", 1, "must be a mapping of name, levels, …")])
    mistakes = [*_doubled_keys(tree, ())]
    try:
        file = PolicyFile.model_validate(fields)
    except ValidationError as error:
        raise UnusablePolicy(source, mistakes + _faults(tree, error)) from error
    mistakes += _bad_calendars(tree, file)
    if mistakes:
        raise UnusablePolicy(source, mistakes)
    return _compiled(source, file, tree)


def _compiled(source: str, file: PolicyFile, tree: yaml.Node) -> Policy:
    try:
        return Policy(file)
    except errors.BadPolicy as error:
        line = _line(tree, ("rules",))
        raise UnusablePolicy(source, [Mistake("", line, str(error))]) from error


def _bad_calendars(tree: yaml.Node, file: PolicyFile) -> Iterator[Mistake]:
    for name, part in file.calendars.items():
        try:
            compiled.calendar(name, part)
        except errors.BadPolicy as error:
            place = ("calendars", name, *getattr(error, "place", ()))
            yield Mistake(".".join(map(str, place)), _line(tree, place), str(error))


def _faults(tree: yaml.Node, error: ValidationError) -> list[Mistake]:
    return [
        Mistake(
            ".".join(map(str, fault["loc"])),
            _line(tree, fault["loc"]),
            fault["msg"].removeprefix("Value error, "),
        )
        for fault in error.errors(include_url=False)
    ]


def _not_yaml(error: Exception) -> Mistake:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    return Mistake("", mark.line + 1 if mark else 1, f"is not YAML: {problem}")


def _doubled_keys(node: yaml.Node, place: tuple[str | int, ...]) -> Iterator[Mistake]:
    # YAML itself lets the last of two equal keys win, silently.
    if isinstance(node, yaml.SequenceNode):
        for index, child in enumerate(node.value):
            yield from _doubled_keys(child, (*place, index))
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, child in node.value:
            name = str(key.value)
            here = (*place, name)
            if name in seen:
                line = key.start_mark.line + 1
                yield Mistake(".".join(map(str, here)), line, "a key may stand once")
            seen.add(name)
            yield from _doubled_keys(child, here)


def _line(node: yaml.Node, place: Place) -> int:
    """The line of the deepest part of `place` that the file has."""
    line: int = node.start_mark.line + 1
    for step in place:
        if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            node = node.value[step]
        elif isinstance(node, yaml.MappingNode):
            found = next((pair for pair in node.value if pair[0].value == str(step)), None)
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
            continue
        else:
            break
        line = node.start_mark.line + 1
    return line
