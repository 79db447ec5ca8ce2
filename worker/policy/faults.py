"""A model's faults in the words of a policy's author: the place, and what is allowed there."""

from collections.abc import Iterator
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from worker.policy import refusal
from worker.policy.document import Place
from worker.policy.file import CONTRADICTION, PolicyFile

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
_NO_WHOLE_NUMBER = "int_parsing", "int_type"
#: Words of others for what is allowed here.
_MEANT = {"business": "working", "office": "working", "24x7": "wall", "always": "wall"}


def explained(error: ValidationError) -> Iterator[tuple[Place, str]]:
    """Each fault's place in the file, and what is allowed there."""
    for fault in error.errors(include_url=False):
        place = fault["loc"]
        if fault["type"] == CONTRADICTION:
            continue  # of the whole file, and told elsewhere with its place
        if fault["type"] == "extra_forbidden":
            yield place, _unknown_key(str(place[-1]), list(_fields(_model(_kind(place[:-1])))))
        elif place[-1:] == ("[key]",):
            yield place[:-1], _refused_key(fault)
        elif not (fault["type"] == "too_short" and fault["input"]):  # its parts had other faults
            yield place, _message(fault, _kind(place))


def _message(fault: Any, kind: Any) -> str:
    said: str = _WORDS.get(fault["type"]) or fault["msg"]
    said = said.removeprefix("Value error, ").replace("Input should be", "must be")
    if fault["type"] in _NO_WHOLE_NUMBER:
        return said + _range(kind)
    if fault["type"] == "literal_error" and isinstance(fault["input"], str):
        word, allowed = fault["input"], get_args(_bare(kind))
        meant = _MEANT.get(word.casefold())
        near = meant if meant in allowed else refusal.nearest(word, allowed)
        return said + (f"; did you mean {near!r}?" if near else "")
    return said


def _refused_key(fault: Any) -> str:
    *place, key, _ = fault["loc"]
    kind = get_args(_bare(_kind(place)))[0]
    if get_origin(kind) is Literal:
        return _unknown_key(str(key), list(get_args(kind)))
    return _message(fault, kind)


def _unknown_key(word: str, allowed: list[str]) -> str:
    hint = refusal.did_you_mean(word, allowed, f"allowed here: {', '.join(allowed)}")
    return f"no such key; {hint}"


def _range(kind: Any) -> str:
    """Which whole numbers there may be, where both ends are said."""
    bounds: list[Any] = []
    for said in get_args(kind)[1:] if get_origin(kind) is Annotated else ():
        bounds += said.metadata if isinstance(said, FieldInfo) else [said]
    least = [bound.ge for bound in bounds if hasattr(bound, "ge")]
    most = [bound.le for bound in bounds if hasattr(bound, "le")]
    most += [bound.lt - 1 for bound in bounds if hasattr(bound, "lt")]
    return f" from {least[0]} to {most[0]}" if least and most else ""


def _kind(place: Place) -> Any:
    """What the model has at `place` of the file: a type, with what is asked of it."""
    kind: Any = PolicyFile
    for step in place:
        kind = _below(_bare(kind), step)
    return kind


def _below(kind: Any, step: str | int) -> Any:
    """What the model holds one step further down: a field's type, or that of a container."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        field = _fields(kind)[str(step)]
        said = _chosen(field.annotation)
        return Annotated[said, *field.metadata] if field.metadata else said
    return next(inner for inner in reversed(get_args(kind)) if inner is not Ellipsis)


def _chosen(kind: Any) -> Any:
    """Of a part that may be left out: what it is if it is there."""
    if get_origin(kind) in (UnionType, Union):
        return next(choice for choice in get_args(kind) if choice is not NoneType)
    return kind


def _bare(kind: Any) -> Any:
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def _model(kind: Any) -> type[BaseModel]:
    model: type[BaseModel] = _bare(kind)
    return model


def _fields(part: type[BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field for name, field in part.model_fields.items()}
