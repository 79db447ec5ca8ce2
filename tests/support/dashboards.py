"""The shipped dashboards and rules, as tests read them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

DEPLOY = Path(__file__).parents[2] / "deploy"
DASHBOARDS = sorted((DEPLOY / "grafana" / "dashboards").glob("*.json"))
RULES = sorted((DEPLOY / "prometheus" / "rules").glob("*.yml"))

Json = dict[str, Any]


def panels() -> Iterator[tuple[str, Json]]:
    """Each panel that shows something, with a name for people."""
    for file in DASHBOARDS:
        for panel in json.loads(file.read_text("utf-8"))["panels"]:
            if panel["type"] != "row":
                yield f"{file.stem}: {panel['title']}", panel


def queries(window: str = "7d", rate_interval: str = "1m") -> Iterator[tuple[str, str]]:
    """Each panel's PromQL as Grafana sends it, all levels and workers chosen."""
    chosen = {
        "job": ".*",
        "level": ".*",
        "instance": ".*",
        "window": window,
        "__rate_interval": rate_interval,
    }
    for name, panel in panels():
        for target in panel["targets"]:
            expression = target["expr"]
            for variable, value in chosen.items():
                expression = expression.replace(f"${variable}", value)
            yield f"{name}, {target['refId']}", expression


def groups() -> Iterator[Json]:
    for file in RULES:
        yield from yaml.safe_load(file.read_text("utf-8"))["groups"]


def rules() -> Iterator[Json]:
    for group in groups():
        yield from group["rules"]


def hourly() -> Iterator[Json]:
    """The rules that no test waits for."""
    for group in groups():
        if group.get("interval") == "1h":
            yield from group["rules"]


def alerts() -> dict[str, Json]:
    return {rule["alert"]: rule for rule in rules() if "alert" in rule}


def computed(condition: str) -> str:
    """An alert's condition that gives 0 or 1 where it would give nothing or something."""
    return re.sub(r" (==|!=|<=|>=|<|>) (?!bool)", r" \1 bool ", condition)
