"""A board as the JSON that Grafana reads (10 and later)."""

from collections.abc import Iterator, Sequence
from typing import Any

from deploy.grafana import show
from deploy.grafana.panel import Board, Panel, Row

Json = dict[str, Any]

#: Columns of Grafana's grid.
_GRID = 24
_RUNBOOKS = "${docs}/deploy/README.md"


def document(board: Board) -> Json:
    """The whole file."""
    return {
        "uid": board.uid,
        "title": board.title,
        "description": board.description,
        "tags": ["respondby"],
        "editable": False,
        "graphTooltip": 1,
        "refresh": "30s",
        "schemaVersion": 39,
        "time": {"from": "now-24h", "to": "now"},
        "timezone": "browser",
        "links": _links(),
        "templating": {"list": list(_variables(board))},
        "panels": list(_laid_out(board.rows)),
    }


def _links() -> list[Json]:
    others = {"title": "respondby", "type": "dashboards", "tags": ["respondby"], "keepTime": True}
    guide = {"title": "What to do", "type": "link", "url": f"{_RUNBOOKS}#alerts", "icon": "doc"}
    return [others, {**guide, "targetBlank": True, "tags": []}]


def _variables(board: Board) -> Iterator[Json]:
    yield {
        "name": "datasource",
        "label": "Prometheus",
        "type": "datasource",
        "query": "prometheus",
    }
    yield _one_of("job", "Workers of", "respondby_ready")
    if board.window:
        yield _values_of("level", "Level", 'respondby_open_tickets{job=~"$job"}')
    yield _values_of("instance", "Worker", 'respondby_ready{job=~"$job"}')
    if board.window:
        yield _chosen("window", "Response times over", ("1d", "7d", "28d"), "7d")
    yield {
        "name": "docs",
        "label": "Documentation at",
        "description": "Where deploy/README.md can be read: the address of your copy",
        "type": "textbox",
        "query": "https://git.example/respondby",
        "current": {
            "text": "https://git.example/respondby",
            "value": "https://git.example/respondby",
        },
    }


def _one_of(name: str, label: str, metric: str) -> Json:
    """One of a label's values: the first, unless another is chosen."""
    asked = f"label_values({metric}, {name})"
    return {
        "name": name,
        "label": label,
        "type": "query",
        "datasource": show.SOURCE,
        "definition": asked,
        "query": {"query": asked, "refId": name},
        "refresh": 2,  # whenever the time range changes
        "sort": 1,
    }


def _values_of(name: str, label: str, metric: str) -> Json:
    """All of a label's values, unless some are chosen."""
    return {
        **_one_of(name, label, metric),
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
    }


def _chosen(name: str, label: str, values: Sequence[str], first: str) -> Json:
    return {
        "name": name,
        "label": label,
        "type": "custom",
        "query": ",".join(values),
        "options": [{"text": v, "value": v, "selected": v == first} for v in values],
        "current": {"selected": True, "text": first, "value": first},
    }


def _laid_out(rows: Sequence[Row]) -> Iterator[Json]:
    """From left to right, a new line where the next one would not fit."""
    number, top = 1, 0
    for row in rows:
        yield {
            "id": number,
            "type": "row",
            "title": row.title,
            "collapsed": False,
            "gridPos": {"h": 1, "w": _GRID, "x": 0, "y": top},
            "panels": [],
        }
        number, top, left, tallest = number + 1, top + 1, 0, 0
        for panel in row.panels:
            if left + panel.width > _GRID:
                top, left, tallest = top + tallest, 0, 0
            yield _placed(panel, number, left, top)
            number, left, tallest = number + 1, left + panel.width, max(tallest, panel.height)
        top += tallest


def _placed(panel: Panel, number: int, left: int, top: int) -> Json:
    placed = {
        "id": number,
        "gridPos": {"h": panel.height, "w": panel.width, "x": left, "y": top},
        **show.shown(panel),
    }
    if panel.runbook:
        url = f"{_RUNBOOKS}#{panel.runbook.lower()}"
        placed["links"] = [{"title": "What to do", "url": url, "targetBlank": True}]
    return placed
