"""A model's faults in the words of a policy's author: the place, and what is allowed there."""

from collections.abc import Iterator
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import ValidationError

from schemas.envelope import LEVELS
from worker.policy import refusal
from worker.policy.document import Place
from worker.policy.file import CONTRADICTION, Part, PolicyFile

_WORDS = {
    "missing": "is missing",
    "string_type": "must be text",
    "string_too_short": "must not be empty",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "dict_type": "must be a mapping",
    "model_type": "must be a mapping",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "too_short": "must not be empty",
}


def explained(error: ValidationError) -> Iterator[tuple[Place, str]]:
    """Each fault's place in the file, and what is allowed there."""
    for fault in error.errors(include_url=False):
        place = fault["loc"]
        if fault["type"] == CONTRADICTION:
            continue  # of the whole file, and told elsewhere with its place
        if fault["type"] == "extra_forbidden":
            yield place, _unknown_key(str(place[-1]), _keys(place[:-1]))
        elif place[-1:] == ("[key]",):
            yield place[:-1], _unknown_key(str(place[-2]), list(reversed(LEVELS)))
        elif not (fault["type"] == "too_short" and fault["input"]):  # its parts had other faults
            yield place, _message(fault)


def _message(fault: Any) -> str:
    said: str = _WORDS.get(fault["type"]) or fault["msg"]
    said = said.removeprefix("Value error, ").replace("Input should be", "must be")
    if fault["type"] == "literal_error" and isinstance(fault["input"], str):
        allowed = [word.strip("'") for word in fault["ctx"]["expected"].split(" or ")]
        near = refusal.nearest(fault["input"], ", ".join(allowed).replace("'", "").split(", "))
        return said + (f"; did you mean {near!r}?" if near else "")
    return said


def _unknown_key(word: str, allowed: list[str]) -> str:
    hint = refusal.did_you_mean(word, allowed, f"allowed here: {', '.join(allowed)}")
    return f"no such key; {hint}"


def _keys(place: Place) -> list[str]:
    """The keys of the part of the file that stands at `place`."""
    inside: Any = PolicyFile
    for step in place:
        inside = _below(inside, step)
    return list(_fields(inside))


def _below(inside: Any, step: str | int) -> Any:
    """What the model holds one step further down: a field's type, or that of a container."""
    if isinstance(inside, type) and issubclass(inside, Part):
        inside = _fields(inside)[str(step)].annotation
        if get_origin(inside) in (UnionType, Union):
            inside = next(kind for kind in get_args(inside) if kind is not NoneType)
        return inside
    return next(kind for kind in reversed(get_args(inside)) if kind is not Ellipsis)


def _fields(part: type[Part]) -> dict[str, Any]:
    return {field.alias or name: field for name, field in part.model_fields.items()}
