"""The JSON Schema (draft 2020-12) of the policy file, by which editors complete and check it.

It says less than `policy check`: nothing of what one part must be for another to fit.
"""

from typing import Any

from pydantic.json_schema import JsonSchemaValue
from pydantic_core import core_schema

from schemas import json_schema
from worker.policy.file import PolicyFile

#: A policy is text throughout; where an editor sees a number, it is what the file has there.
_TEXT = ["string", "number", "boolean"]


def schema() -> dict[str, Any]:
    """The schema of a policy file."""
    written = PolicyFile.model_json_schema(schema_generator=_Written)
    return json_schema.identified("policy", {**written, "title": "policy"})


class _Written(json_schema.Described):
    """As a person writes it in YAML."""

    def str_schema(self, schema: core_schema.StringSchema) -> JsonSchemaValue:
        return {**super().str_schema(schema), "type": _TEXT}

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        written = super().default_schema(schema)
        default = {key: written.pop(key) for key in ("default",) if key in written}
        # What a whole part is by default is told by its own fields.
        told = {} if isinstance(default.get("default"), dict) else default
        return _or_empty(written) | told

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        written = super().dict_schema(schema)
        names = written.pop("propertyNames", {}).get("enum", ())
        value = _or_empty(written.pop("additionalProperties"))
        # Editors complete properties.
        return {
            **written,
            "properties": dict.fromkeys(names, value),
            "additionalProperties": False if names else value,
        }


def _or_empty(value: Any) -> JsonSchemaValue:
    """A value that is left empty in the file is one left out."""
    if value is True:
        return {}
    kinds = value["anyOf"] if value.keys() == {"anyOf"} else [value]
    return {"anyOf": [*(kind for kind in kinds if kind != _EMPTY), _EMPTY]}


_EMPTY = {"type": "null"}
