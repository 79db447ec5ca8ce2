"""How a series looks and how a value reads, by what the dashboard's file says of it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

#: Grafana's names for colours, and its first ones for series that have none.
COLOURS = {
    "red": "#f2495c",
    "orange": "#ff9830",
    "yellow": "#fade2a",
    "green": "#73bf69",
    "blue": "#5794f2",
    "text": "#d8d9da",
}
_PALETTE = ("#73bf69", "#f2cc0c", "#8ab8ff", "#ff780a", "#f2495c", "#b877d9", "#5794f2", "#96d98d")
#: States of one level differ by shade.
_SHADES = {"running": 1.0, "paused": 0.6, "breached": 1.35, "0.5": 0.65}


@dataclass(frozen=True, slots=True)
class Look:
    """Of one series."""

    colour: str
    width: float
    dashes: str


def look(panel: Mapping[str, Any], name: str, number: int) -> Look:
    """The number is the series' place, for those that no rule of the panel is about."""
    found = dict(properties(panel, name))
    colour = found.get("color", {}).get("fixedColor")
    kind = found.get("custom.lineStyle", {}).get("fill")
    dashes = {"dash": "6 4", "dot": "1 5"}.get(kind, "")
    hue = COLOURS[colour] if colour else _PALETTE[number % len(_PALETTE)]
    return Look(_shaded(hue, name), found.get("custom.lineWidth", 2), dashes)


def colour(panel: Mapping[str, Any], name: str, value: float) -> str:
    """The colour of a number, by the steps that hold for its series."""
    defaults = panel["fieldConfig"]["defaults"]["thresholds"]
    steps = dict(properties(panel, name)).get("thresholds", defaults)["steps"]
    reached = [step for step in steps if step["value"] is None or value >= step["value"]]
    return COLOURS[reached[-1]["color"]]


def text(value: float, unit: str) -> str:
    """The value as Grafana writes it, about."""
    if unit == "percentunit":
        return f"{value * 100:.3g}%"
    if unit != "s":
        return f"{value:.4g}"
    for size, name in ((86400, "days"), (3600, "hours"), (60, "min")):
        if abs(value) >= size:
            return f"{value / size:.3g} {name}"
    return f"{value:.3g} s"


def properties(panel: Mapping[str, Any], name: str) -> Iterator[tuple[str, Any]]:
    for override in panel["fieldConfig"]["overrides"]:
        kind, which = override["matcher"]["id"], override["matcher"]["options"]
        if which == name if kind == "byName" else re.search(which.strip("/"), name):
            for one in override["properties"]:
                yield one["id"], one["value"]


def _shaded(hue: str, name: str) -> str:
    shade = _SHADES.get(name.rpartition(" ")[2], 1.0)
    parts = (int(hue[at : at + 2], 16) * shade for at in (1, 3, 5))
    return "#" + "".join(f"{min(int(part), 255):02x}" for part in parts)
