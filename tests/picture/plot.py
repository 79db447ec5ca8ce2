"""Graphs over time as SVG: lines, bars, and areas one upon the other."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any

from tests.picture import style

_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 10, 6, 20
_LINES = 4
#: On a logarithmic axis: from 5 minutes to 8 hours.
_ROUND_TIMES = (300, 900, 1800, 3600, 7200, 14400, 28800)


@dataclass(frozen=True, slots=True)
class Line:
    """A series with its name."""

    name: str
    points: list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Frame:
    """Where instants and values lie on the paper."""

    width: float
    height: float
    start: float
    end: float
    low: float
    high: float
    is_logarithmic: bool

    def x(self, at: float) -> float:
        share = (at - self.start) / (self.end - self.start)
        return _LEFT + share * (self.width - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        low, high = self._scaled(self.low), self._scaled(self.high)
        share = (self._scaled(max(value, self.low)) - low) / (high - low)
        return self.height - _BOTTOM - share * (self.height - _TOP - _BOTTOM)

    def marks(self) -> list[float]:
        """Where the horizontal lines are."""
        if self.is_logarithmic:
            return [value for value in _ROUND_TIMES if self.low <= value <= self.high]
        step = _round_step((self.high - self.low) / _LINES)
        return [step * n for n in range(math.ceil(self.low / step), int(self.high / step) + 1)]

    def _scaled(self, value: float) -> float:
        return math.log2(value) if self.is_logarithmic else value


def drawn(
    panel: Mapping[str, Any], lines: Sequence[Line], frame: tuple[float, float, float, float]
) -> str:
    """The panel's graph; `frame`: width, height, first and last instant."""
    defaults = panel["fieldConfig"]["defaults"]
    custom = defaults["custom"]
    stacked = custom["stacking"]["mode"] == "normal"
    lines = [line for line in lines if line.points]
    tops = _stacked(lines) if stacked else [(line, line.points) for line in lines]
    paper = _frame(custom, [points for _, points in tops], frame)
    parts = [_grid(paper, defaults["unit"])]
    parts += [_threshold(paper, step) for step in _lines_at(defaults)]
    bottom: dict[float, float] = {}
    for line, points in tops:
        look = style.look(panel, line.name, [one.name for one in lines].index(line.name))
        if stacked:
            parts.append(_bars(paper, points, bottom, look, custom["drawStyle"] == "bars"))
            bottom = dict(points)
        else:
            parts.append(_line(paper, points, look))
    body = "".join(parts)
    return f'<svg width="{paper.width:.0f}" height="{paper.height:.0f}">{body}</svg>'


def _frame(
    custom: Mapping[str, Any],
    curves: Sequence[Sequence[tuple[float, float]]],
    place: tuple[float, float, float, float],
) -> Frame:
    values = [value for points in curves for _, value in points] or [0]
    is_logarithmic = custom["scaleDistribution"]["type"] == "log"
    low = max(min(values), 60) / 1.2 if is_logarithmic else min([*values, custom["axisSoftMin"]])
    high = max([*values, custom.get("axisSoftMax", 0)]) * (1.3 if is_logarithmic else 1.05)
    return Frame(*place, low, high or 1, is_logarithmic)


def _stacked(lines: Sequence[Line]) -> list[tuple[Line, list[tuple[float, float]]]]:
    sums: dict[float, float] = {}
    found = []
    for line in lines:
        sums |= {at: sums.get(at, 0) + value for at, value in line.points}
        found.append((line, [(at, sums[at]) for at, _ in line.points]))
    return found


def _grid(paper: Frame, unit: str) -> str:
    parts = []
    for value in paper.marks():
        y = paper.y(value)
        parts.append(f'<line x1="{_LEFT}" x2="{paper.width - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        text = escape(style.text(value, unit))
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{text}</text>')
    day = 86400
    for at in range(int(paper.start // day + 1) * day, int(paper.end) + 1, day):
        x, name = paper.x(at), datetime.fromtimestamp(at, UTC).strftime("%m/%d")
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{paper.height - _BOTTOM}"/>')
        parts.append(f'<text x="{x:.1f}" y="{paper.height - 5}" text-anchor="middle">{name}</text>')
    return f'<g class="grid">{"".join(parts)}</g>'


def _lines_at(defaults: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    if defaults["custom"]["thresholdsStyle"]["mode"] == "off":
        return []
    return [step for step in defaults["thresholds"]["steps"] if step["value"] is not None]


def _threshold(paper: Frame, step: Mapping[str, Any]) -> str:
    y, colour = paper.y(step["value"]), style.COLOURS[step["color"]]
    return (
        f'<line x1="{_LEFT}" x2="{paper.width - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" '
        f'stroke="{colour}" stroke-dasharray="8 6" opacity="0.8"/>'
    )


def _line(paper: Frame, points: Sequence[tuple[float, float]], look: style.Look) -> str:
    path = " ".join(f"{paper.x(at):.1f},{paper.y(value):.1f}" for at, value in points)
    return (
        f'<polyline points="{path}" fill="none" stroke="{look.colour}" '
        f'stroke-width="{look.width}" stroke-dasharray="{look.dashes}"/>'
    )


def _bars(
    paper: Frame,
    points: Sequence[tuple[float, float]],
    bottom: Mapping[float, float],
    look: style.Look,
    apart: bool,
) -> str:
    step = points[1][0] - points[0][0] if len(points) > 1 else 3600
    width = (paper.x(step) - paper.x(0)) * (0.8 if apart else 1.02)
    parts = []
    for at, value in points:
        top, foot = paper.y(value), paper.y(bottom.get(at, 0))
        if foot > top:
            x = paper.x(at) - width / 2
            parts.append(
                f'<rect x="{x:.2f}" y="{top:.1f}" width="{width:.2f}" height="{foot - top:.1f}"/>'
            )
    return f'<g fill="{look.colour}" opacity="0.85">{"".join(parts)}</g>'


def _round_step(rough: float) -> float:
    power: float = 10 ** math.floor(math.log10(rough))
    return next(power * n for n in (1, 2, 2.5, 5, 10) if power * n >= rough)
