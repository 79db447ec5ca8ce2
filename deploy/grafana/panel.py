"""Panels, as values: what is asked of Prometheus, and how it is shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

#: The levels, most urgent first, and the colour of each wherever it is shown.
LEVELS: Mapping[str, str] = {
    "critical": "red",
    "high": "orange",
    "medium": "yellow",
    "low": "blue",
}


@dataclass(frozen=True, slots=True)
class Query:
    """PromQL, and what its series are called: `{{label}}` is the label's value."""

    expr: str
    name: str = ""
    unit: str | None = None
    """of a table's column; None is the panel's"""


@dataclass(frozen=True, slots=True)
class Step:
    """From this value on, this colour; None is from the beginning."""

    value: float | None
    colour: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Panel:
    """One panel. `description` is for those who see it for the first time."""

    title: str
    description: str
    queries: Sequence[Query]
    kind: Literal["numbers", "graph", "bars", "stack", "table"]
    """values now; over time as lines, as bars, as areas one upon the other; a row for each label"""
    unit: str = "none"
    width: int = 8
    height: int = 7
    steps: Sequence[Step] = ()
    """colours by value; on a graph, lines at these values"""
    steps_of: Mapping[str, Sequence[Step]] = field(default_factory=dict)
    """other steps for the series of these names"""
    words: Mapping[int, str] = field(default_factory=dict)
    """what is said instead of a number"""
    every: str | None = None
    """the shortest step of a graph: what counts per hour has one value an hour"""
    logarithmic: bool = False
    floor: float = 0
    """where the axis begins, unless there is less"""
    ceiling: float | None = None
    """up to where the axis goes at least"""
    colours: Mapping[str, str] = field(default_factory=dict)
    """of the series of these names"""
    runbook: str | None = None
    """the section of deploy/README.md that says what to do"""


@dataclass(frozen=True, slots=True)
class Row:
    """Panels under one heading."""

    title: str
    panels: Sequence[Panel]


@dataclass(frozen=True, slots=True)
class Board:
    """One dashboard."""

    uid: str
    title: str
    description: str
    rows: Sequence[Row]
    window: bool = False
    """whether it asks over how long response times are to be looked at"""


def fine_until(value: float, colour: str = "red") -> tuple[Step, ...]:
    """Green below this value."""
    return Step(None, "green"), Step(value, colour)


def fine_from(value: float) -> tuple[Step, ...]:
    """Green from this value on."""
    return Step(None, "red"), Step(value, "green")
