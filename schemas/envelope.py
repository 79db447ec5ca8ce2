"""CloudEvents 1.0, structured JSON: what every event carries around its data."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from schemas.times import Instant


def _without_nul(value: str) -> str:
    # PostgreSQL's text cannot hold it, and no upstream means it.
    if "\0" in value:
        raise ValueError("must not hold a NUL character")
    return value


def _sequence(value: object) -> object:
    # Bounded, since the digits are compared as a number, and Python reads only so many.
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if value is not None and not (isinstance(value, str) and len(value) <= 200):
        raise ValueError("must be a string or an integer of at most 200 characters")
    return value


def _bounded(value: str) -> str:
    # Both names of an event are one index entry, and PostgreSQL's are at most 2.7 kB.
    if len(value.encode()) > 1024:
        raise ValueError("must have at most 1024 bytes in UTF-8")
    return value


Text = Annotated[str, AfterValidator(_without_nul)]
Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_without_nul)]
Key = Annotated[str, Field(min_length=1), AfterValidator(_without_nul), AfterValidator(_bounded)]
Level = Literal["critical", "high", "medium", "low"]

#: The levels, least urgent first: a higher index is a higher level.
LEVELS: tuple[Level, ...] = ("low", "medium", "high", "critical")


class Envelope(BaseModel):
    """The context attributes of CloudEvents that respondby reads; others are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    specversion: Literal["1.0"]
    id: Key
    """unique within `source`: an event is known by both"""
    source: Key
    time: Instant
    """when it happened"""
    subject: Text | None = None
    sequence: Annotated[str | None, BeforeValidator(_sequence)] = None
    """the order that the source gives to events of one instant"""
    traceparent: Text | None = None
    tracestate: Text | None = None
