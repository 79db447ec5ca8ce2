"""A dashboard's file and a Prometheus make a page that a browser can show."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from deploy.grafana.panel import LEVELS
from tests.picture import plot, style
from tests.support.prometheus_server import Prometheus, Series

Panel = Mapping[str, Any]

_WIDTH, _ROW, _GAP, _TITLE, _LEGEND = 1560, 34, 8, 26, 38
_CHOSEN = {"job": ".*", "level": ".*", "instance": ".*", "window": "7d", "__rate_interval": "5m"}
_CSS = """
body { margin: 0; background: #111217; color: #ccccdc; font: 13px "DejaVu Sans", sans-serif }
h1 { position: absolute; left: 16px; top: 6px; font-size: 17px; font-weight: 500; margin: 0 }
.panel { position: absolute; background: #181b1f; border: 1px solid #25282e; border-radius: 3px }
.title { padding: 5px 8px 0; font-weight: 600; height: 20px; white-space: nowrap }
.row { position: absolute; left: 12px; font-weight: 600; font-size: 14px }
.numbers { display: flex; justify-content: space-around; align-items: center; height: 70% }
.numbers div { text-align: center } .numbers b { display: block; font-size: 25px; font-weight: 500 }
table { width: 100%; border-collapse: collapse } td, th { padding: 6px 10px; text-align: left;
border-bottom: 1px solid #25282e; font-weight: 400 } th { color: #6e9fff; font-weight: 600 }
.legend { font-size: 11px; padding-left: 46px; line-height: 15px }
.legend span { white-space: nowrap }
.legend i { display: inline-block; width: 14px; height: 4px; margin: 0 5px 2px 10px }
.grid line { stroke: #2c3235 } .grid text { fill: #9fa7b3; font-size: 11px }
"""


@dataclass(frozen=True, slots=True)
class Span:
    """The time that is shown, in seconds since 1970."""

    start: float
    end: float


async def page(dashboard: Mapping[str, Any], server: Prometheus, span: Span) -> tuple[str, int]:
    """The page, and how high it is."""
    parts = [f"<h1>{escape(dashboard['title'])}</h1>"]
    height = 0
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        height = max(height, place["y"] + place["h"])
        top = _ROW + place["y"] * _ROW
        if panel["type"] == "row":
            parts.append(f'<div class="row" style="top:{top + 8}px">⌄ {panel["title"]}</div>')
        else:
            parts.append(await _panel(panel, server, span, top))
    body = "".join(parts)
    return f'<meta charset="utf-8"><style>{_CSS}</style>{body}', _ROW * (height + 1) + _GAP


async def _panel(panel: Panel, server: Prometheus, span: Span, top: int) -> str:
    place = panel["gridPos"]
    left, width = place["x"] * _WIDTH / 24 + _GAP, place["w"] * _WIDTH / 24 - _GAP
    height = place["h"] * _ROW - _GAP
    match panel["type"]:
        case "stat":
            inner = await _numbers(panel, server, span)
        case "table":
            inner = await _table(panel, server, span)
        case _:
            inner = await _graph(panel, server, span, (width, height))
    return (
        f'<div class="panel" style="left:{left}px;top:{top}px;width:{width}px;height:{height}px">'
        f'<div class="title">{escape(panel["title"])}</div>{inner}</div>'
    )


async def _numbers(panel: Panel, server: Prometheus, span: Span) -> str:
    defaults = panel["fieldConfig"]["defaults"]
    words = {
        float(value): word["text"]
        for mapping in defaults.get("mappings", [])
        for value, word in mapping["options"].items()
    }
    shown = {}
    for target in panel["targets"]:
        for series in await server.series(_asked(target), span.end):
            for _, value in series.points:
                name = _named(target, series)
                said = words.get(value) or style.text(value, defaults["unit"])
                hue = style.colour(panel, name, value)
                shown[name] = f'<div>{name}<b style="color:{hue}">{said}</b></div>'
    return (
        f'<div class="numbers">{"".join(shown[name] for name in sorted(shown, key=_urgency))}</div>'
    )


async def _table(panel: Panel, server: Prometheus, span: Span) -> str:
    rows: dict[str, list[str]] = {}
    for target in panel["targets"]:
        unit = dict(style.properties(panel, target["legendFormat"])).get("unit", "none")
        for series in await server.series(_asked(target), span.end):
            row = rows.setdefault(series.labels.get("level", ""), [])
            row += [style.text(value, unit) for _, value in series.points]
    heads = "".join(f"<th>{t['legendFormat']}</th>" for t in panel["targets"])
    lines = "".join(
        f"<tr><td>{level}</td>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>"
        for level, row in sorted(rows.items(), key=lambda one: _urgency(one[0]))
    )
    return f"<table><tr><th>level</th>{heads}</tr>{lines}</table>"


async def _graph(panel: Panel, server: Prometheus, span: Span, size: tuple[float, float]) -> str:
    step = 3600 if "interval" in panel["targets"][0] else (span.end - span.start) / 500
    lines = []
    for target in panel["targets"]:
        # On the hour, as Grafana does it.
        start = span.start // step * step
        found = await server.over_time(_asked(target), start, span.end, step)
        lines += [plot.Line(_named(target, series), series.points) for series in found]
    lines.sort(key=lambda line: _urgency(line.name))
    names = [line.name for line in lines if line.points]
    legend = "".join(
        f'<span><i style="background:{style.look(panel, name, number).colour}"></i>'
        f"{escape(name)}</span> "
        for number, name in enumerate(names)
    )
    frame = (size[0] - 8, size[1] - _TITLE - _LEGEND, span.start, span.end)
    return f'{plot.drawn(panel, lines, frame)}<div class="legend">{legend}</div>'


def _asked(target: Mapping[str, Any]) -> str:
    expression: str = target["expr"]
    for variable, value in _CHOSEN.items():
        expression = expression.replace(f"${variable}", value)
    return expression


def _named(target: Mapping[str, Any], series: Series) -> str:
    return re.sub(r"{{(\w+)}}", lambda m: series.labels.get(m[1], ""), target["legendFormat"])


def _urgency(name: str) -> tuple[int, str]:
    level = name.partition(" ")[0]
    return ([*LEVELS].index(level) if level in LEVELS else 0, name)
