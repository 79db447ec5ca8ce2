"""CloudEvents 1.0, structured JSON: what every event carries around its data."""

from functools import partial
from operator import is_
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from schemas.times import Instant
from schemas.values import dataclass


def _sequence(value: object) -> object:
    # Bounded, since the digits are compared as a number, and Python reads only so many.
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**200:
        return str(value)
    if value is not None and not (isinstance(value, str) and len(value) <= 200):
        raise ValueError(
            "must be a string of at most 200 characters, or an integer of at most 200 digits "
            "and no fraction"
        )
    return value


def _bounded(value: str) -> str:
    # Both names of an event are one index entry, and PostgreSQL's are at most 2.7 kB.
    if len(value.encode()) > 1024:
        raise ValueError("must have at most 1024 bytes in UTF-8")
    return value


def _without_nul(value: str) -> str:
    if "\0" in value:
        raise ValueError("must not hold a NUL character")
    return value


#: PostgreSQL's text cannot hold a NUL character, and no upstream means it.
WITHOUT_NUL = r"^[^\u0000]*$"

# Sought by Python, which finds one character in a long text at a fraction of a pattern's cost.
Text = Annotated[
    str, AfterValidator(_without_nul), Field(json_schema_extra={"pattern": WITHOUT_NUL})
]
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=WITHOUT_NUL)]
# A JSON Schema can say it of characters only.
_TOLD_BOUNDED = Field(json_schema_extra={"maxLength": 1024})
Key = Annotated[
    str, Field(min_length=1, pattern=WITHOUT_NUL), AfterValidator(_bounded), _TOLD_BOUNDED
]
#: A field that an event has only where there is something to say; the value is None by default.
Absent = Field(exclude_if=partial(is_, None))
# The bounds are floats: not every program reads integers of 200 digits from a schema.
_TOLD_INTEGER = WithJsonSchema(
    {
        "type": "integer",
        "exclusiveMinimum": -1e200,
        "exclusiveMaximum": 1e200,
        "description": "written without a fraction: 1.0 is refused, though a schema cannot say so",
    }
)
_Sequence = Annotated[str, Field(max_length=200)] | Annotated[int, _TOLD_INTEGER] | None
Level = Literal["critical", "high", "medium", "low"]

#: The levels, least urgent first: a higher index is a higher level.
LEVELS: tuple[Level, ...] = ("low", "medium", "high", "critical")


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """The context attributes of CloudEvents that respondby reads; others are ignored."""

    specversion: Literal["1.0"]
    id: Key
    """unique within `source`: an event is known by both"""
    source: Key
    """the system that tells this, as a URI reference such as `/psa`"""
    time: Instant
    """when it happened"""
    subject: Annotated[Text | None, Absent] = None
    """the ticket's id"""
    sequence: Annotated[
        str | None, BeforeValidator(_sequence, json_schema_input_type=_Sequence), Absent
    ] = None
    """the order that the source gives to events of one instant"""
    traceparent: Annotated[Text | None, Absent] = None
    """W3C Trace Context, carried from an event to what is published because of it"""
    tracestate: Annotated[Text | None, Absent] = None
