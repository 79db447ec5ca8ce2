"""JSON Schemas (draft 2020-12) of the events, made from their classes."""

import ast
import inspect
import itertools
import json
import textwrap
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import resources
from typing import Any, get_args

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import (
    DEFAULT_REF_TEMPLATE,
    GenerateJsonSchema,
    JsonSchemaMode,
    JsonSchemaValue,
)
from pydantic_core import core_schema

from schemas.inbound import Inbound
from schemas.outbound import Outbound

Schema = dict[str, Any]

#: Of the contract. Another number would mean that programs that keep to it have to be changed.
VERSION = "1"


class Described(GenerateJsonSchema):
    """Without titles that repeat a field's name, and with what is said of it in the source.

    Pydantic can keep what stands under a field too, but reads all sources at every start for that.
    """

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002
        return False

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        model: type[BaseModel] = schema["cls"]
        return _described(super().model_schema(schema), model, model.model_fields)

    def dataclass_schema(self, schema: core_schema.DataclassSchema) -> JsonSchemaValue:
        return _described(super().dataclass_schema(schema), schema["cls"], schema["fields"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        written = super().default_schema(schema)
        # A field that is left out says nothing; that is not what null says.
        if "default" in written and written["default"] is None:
            del written["default"]
        return written

    def union_schema(self, schema: core_schema.UnionSchema) -> JsonSchemaValue:
        written = super().union_schema(schema)
        # Every integer is a number.
        return {"type": "number"} if written == _NUMBER_OR_INTEGER else written


_NUMBER_OR_INTEGER = {"anyOf": [{"type": "number"}, {"type": "integer"}]}


class _Published(Described):
    """As `outbound.document` writes events: a default is there, an empty optional is absent."""

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        written = self.generate_inner(schema["schema"])
        if schema.get("default") is None and "anyOf" in written:
            kinds = [kind for kind in written["anyOf"] if kind != {"type": "null"}]
            return kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
        return written

    def field_is_required(self, field: Any, total: bool) -> bool:  # noqa: ARG002
        inner = field["schema"]
        return inner["type"] != "default" or inner.get("default") is not None


def inbound(ref_template: str = DEFAULT_REF_TEMPLATE) -> dict[str, Schema]:
    """The schema of each inbound event, by its type."""
    return dict(_event(model, ref_template, Described, "validation") for model in _members(Inbound))


def outbound(ref_template: str = DEFAULT_REF_TEMPLATE) -> dict[str, Schema]:
    """The schema of each outbound event, by its type."""
    return dict(
        _event(model, ref_template, _Published, "serialization") for model in _members(Outbound)
    )


def identified(name: str, schema: Schema) -> Schema:
    """The schema as a document of its own. Its `$id` names it, and leads nowhere."""
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        "$id": f"urn:respondby:{VERSION}:{name}",
        **schema,
    }


@cache
def examples() -> dict[str, list[Schema]]:
    """Events of two tickets, by their types: what came in, and all that was published for it."""
    told: dict[str, list[Schema]] = {}
    for way in ("inbound", "outbound"):
        file = resources.files("schemas").joinpath("examples", f"{way}.jsonl")
        for line in file.read_text("utf-8").splitlines():
            event = json.loads(line)
            told.setdefault(event["type"], []).append(event)
    return told


def _event(
    event: type, ref_template: str, kind: type[Described], mode: JsonSchemaMode
) -> tuple[str, Schema]:
    schema = TypeAdapter(event).json_schema(
        ref_template=ref_template, schema_generator=kind, mode=mode
    )
    type_ = schema["properties"]["type"]["const"]
    return type_, {**schema, "title": type_, "examples": examples()[type_][:1]}


def _members(union: object) -> tuple[type, ...]:
    """The events of an annotated union."""
    return get_args(get_args(union)[0])


def _described(written: JsonSchemaValue, part: type, fields: Iterable[str]) -> JsonSchemaValue:
    """With what its source says of a part and of its fields, which have their own order here."""
    if "description" in written:
        written["description"] = _one_line(written["description"])
    # By place: a property may have another name than its field.
    properties = dict(zip(fields, written["properties"].values(), strict=True))
    for name, said in _said_of_fields(part):
        properties[name]["description"] = said
    return written


def _said_of_fields(whole: type) -> Iterator[tuple[str, str]]:
    """What stands under each field, the class's own last."""
    for part in reversed(whole.__mro__):
        if part in (object, BaseModel):
            continue
        (body,) = ast.parse(textwrap.dedent(inspect.getsource(part))).body
        for field, text in itertools.pairwise(ast.iter_child_nodes(body)):
            match field, text:
                case (
                    ast.AnnAssign(target=ast.Name(id=name)),
                    ast.Expr(value=ast.Constant(value=str(said))),
                ):
                    yield name, _one_line(said)


def _one_line(text: str) -> str:
    return " ".join(text.split())
