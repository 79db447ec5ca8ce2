"""How the values of a policy file are written, as JSON Schema: so that editors know them."""

from collections.abc import Collection
from typing import Any

from pydantic import WithJsonSchema

from worker.policy.hours import WEEKDAYS

Schema = dict[str, Any]

DURATION = WithJsonSchema(
    {
        "type": "string",
        "pattern": "^(?=[0-9])([0-9]{1,6}d)?([0-9]{1,6}h)?([0-9]{1,6}m)?([0-9]{1,6}s)?$",
        "examples": ["30m", "2h", "1h30m"],
    }
)
DAY = WithJsonSchema(
    {
        "type": "string",
        "format": "date",
        "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
        "examples": ["2026-03-09"],
    }
)


def truth(words: Collection[str]) -> Schema:
    """True or false; or one of these words, in large or small letters."""
    spelt = "|".join("".join(f"[{c.upper()}{c}]" for c in word) for word in sorted(words))
    return {"anyOf": [{"type": "boolean"}, {"type": "string", "pattern": f"^({spelt})$"}]}


def hours(truth: Schema) -> Schema:
    """The windows of each weekday, or all of them."""
    windows = {"type": ["array", "null"], "items": _WINDOW}
    return {
        "type": "object",
        "properties": {**dict.fromkeys(WEEKDAYS, windows), "always": truth},
        "additionalProperties": False,
    }


def one_or_several(value: Schema) -> Schema:
    """A value, or a list of such."""
    return {"anyOf": [value, {"type": "array", "items": value, "minItems": 1}]}


_TIME = "([01][0-9]|2[0-3]):[0-5][0-9]"
_WINDOW = {
    "type": "string",
    "pattern": f"^{_TIME}-({_TIME}|24:00)$",
    "examples": ["09:00-17:30", "22:00-06:00"],
}
