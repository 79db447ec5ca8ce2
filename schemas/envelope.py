"""CloudEvents 1.0, structured JSON: what every event carries around its data."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from schemas.times import Instant


def _without_nul(value: str) -> str:
    # PostgreSQL's text cannot hold it, and no upstream means it.
    if "\0" in value:
        raise ValueError("must not hold a NUL character")
    return value


Text = Annotated[str, AfterValidator(_without_nul)]
Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_without_nul)]
Level = Literal["critical", "high", "medium", "low"]

#: The levels, least urgent first: a higher index is a higher level.
LEVELS: tuple[Level, ...] = ("low", "medium", "high", "critical")


class Envelope(BaseModel):
    """The context attributes of CloudEvents that respondby reads; others are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    specversion: Literal["1.0"]
    id: Name
    """unique within `source`: an event is known by both"""
    source: Name
    time: Instant
    """when it happened"""
    subject: Text | None = None
    sequence: Annotated[str, Field(max_length=200)] | int | None = None
    """the order that the source gives to events of one instant"""
    traceparent: Annotated[str, Field(max_length=200)] | None = None
    tracestate: Annotated[str, Field(max_length=512)] | None = None
