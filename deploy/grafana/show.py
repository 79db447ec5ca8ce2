"""One panel as Grafana's JSON: its queries, and how each kind of panel is drawn."""

import re
from collections.abc import Sequence
from typing import Any

from deploy.grafana.panel import LEVELS, Panel, Step

Json = dict[str, Any]

SOURCE: Json = {"type": "prometheus", "uid": "${datasource}"}
_TYPES = {
    "numbers": "stat",
    "graph": "timeseries",
    "bars": "timeseries",
    "stack": "timeseries",
    "table": "table",
}


def shown(panel: Panel) -> Json:
    """All of the panel but its place."""
    return {
        "type": _TYPES[panel.kind],
        "title": panel.title,
        "description": panel.description,
        "datasource": SOURCE,
        "targets": [_target(panel, number) for number in range(len(panel.queries))],
        "fieldConfig": {"defaults": _defaults(panel), "overrides": _overrides(panel)},
        "options": _options(panel),
        **({"transformations": _columns(panel)} if panel.kind == "table" else {}),
    }


def _target(panel: Panel, number: int) -> Json:
    query = panel.queries[number]
    now = panel.kind in ("numbers", "table")
    return {
        "refId": _letter(number),
        "datasource": SOURCE,
        "editorMode": "code",
        "expr": query.expr,
        "legendFormat": query.name,
        "format": "table" if panel.kind == "table" else "time_series",
        "instant": now,
        "range": not now,
        **({"interval": panel.every} if panel.every else {}),
    }


def _letter(number: int) -> str:
    return chr(ord("A") + number)


def _defaults(panel: Panel) -> Json:
    how: Json = {"unit": panel.unit, "thresholds": _thresholds(panel.steps)}
    if panel.kind in ("numbers", "table"):
        how["color"] = {"mode": "thresholds"}
    else:
        how["color"] = {"mode": "palette-classic"}
        how["custom"] = _drawn(panel)
    if panel.words:
        words = {str(value): {"text": word} for value, word in panel.words.items()}
        how["mappings"] = [{"type": "value", "options": words}]
    return how


def _thresholds(steps: Sequence[Step]) -> Json:
    given = [{"color": step.colour, "value": step.value} for step in steps]
    return {"mode": "absolute", "steps": given or [{"color": "text", "value": None}]}


def _drawn(panel: Panel) -> Json:
    """Grafana's words for lines, bars and areas."""
    is_line = panel.kind == "graph"
    scale: Json = {"type": "log", "log": 2} if panel.logarithmic else {"type": "linear"}
    return {
        "drawStyle": "bars" if panel.kind == "bars" else "line",
        "lineWidth": 2 if is_line else 1,
        "fillOpacity": 0 if is_line else 60,
        "showPoints": "never",
        "spanNulls": False,
        "stacking": {"mode": "none" if is_line else "normal", "group": "A"},
        "scaleDistribution": scale,
        "thresholdsStyle": {"mode": "dashed" if panel.steps else "off"},
        "axisSoftMin": panel.floor,
        **({"axisSoftMax": panel.ceiling} if panel.ceiling is not None else {}),
    }


def _overrides(panel: Panel) -> list[Json]:
    """What differs for single series: colours of levels, dots of what is aimed at."""
    overrides = [
        _override("byName", name, thresholds=_thresholds(steps))
        for name, steps in panel.steps_of.items()
    ]
    overrides += [
        _override("byName", query.name, unit=query.unit)
        for query in panel.queries
        if query.unit is not None
    ]
    overrides += [
        _override("byName", name, color={"mode": "fixed", "fixedColor": colour})
        for name, colour in panel.colours.items()
    ]
    if panel.kind not in ("numbers", "table"):
        overrides += _of_levels(panel)
    return overrides


def _of_levels(panel: Panel) -> list[Json]:
    dots = {"custom.lineStyle": {"fill": "dot", "dash": [0, 8]}, "custom.lineWidth": 1}
    names = " ".join(query.name for query in panel.queries)
    overrides = []
    if "{{level}}" in names:
        overrides += [
            _override("byRegexp", f"/^{level}/", color={"mode": "fixed", "fixedColor": colour})
            for level, colour in LEVELS.items()
        ]
    if re.search("p50", names) and "{{level}}" in names:
        overrides.append(_override("byRegexp", "/ p50$/", **{"custom.lineStyle": {"fill": "dash"}}))
    if re.search("goal|objective", names):
        overrides.append(_override("byRegexp", "/ (goal|objective)$/", **dots))
    return overrides


def _override(matcher: str, which: str, **properties: Any) -> Json:
    return {
        "matcher": {"id": matcher, "options": which},
        "properties": [{"id": name, "value": value} for name, value in properties.items()],
    }


def _options(panel: Panel) -> Json:
    match panel.kind:
        case "numbers":
            return {
                "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
                "colorMode": "value",
                "graphMode": "none",
                "textMode": "value_and_name",
                "orientation": "auto",
                "justifyMode": "auto",
            }
        case "table":
            return {"showHeader": True, "cellHeight": "sm"}
        case _:
            return {
                "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
                "tooltip": {"mode": "multi", "sort": "desc"},
            }


def _columns(panel: Panel) -> list[Json]:
    """One row for each label, one column for each query that has a name."""
    one = len(panel.queries) == 1
    names = {
        ("Value" if one else f"Value #{_letter(number)}"): query.name
        for number, query in enumerate(panel.queries)
    }
    hidden = {"Time": True, **{value: True for value, name in names.items() if not name}}
    renamed = {value: name for value, name in names.items() if name}
    return [
        {"id": "merge", "options": {}},
        {"id": "organize", "options": {"excludeByName": hidden, "renameByName": renamed}},
    ]
