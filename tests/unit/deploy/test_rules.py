"""Prometheus takes the rules, and each alert fires when it should and ends when it may."""

import re
import subprocess
from collections import defaultdict
from itertools import groupby
from pathlib import Path

import pytest
import yaml

from tests.support import dashboards
from tests.support.prometheus_server import CONFIGURATION, program

CASES = sorted((Path(__file__).parent / "rules").glob("*.yml"))


def promtool(*arguments: str | Path) -> None:
    done = subprocess.run(
        [program("promtool"), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_takes_the_configuration_and_its_rules() -> None:
    promtool("check", "config", CONFIGURATION)


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_alerts_fire_and_end(file: Path) -> None:
    promtool("test", "rules", file)


def test_of_each_alert_it_is_tried_that_it_fires_and_that_it_ends() -> None:
    """In one and the same story: silent, firing, silent."""
    tried = defaultdict(list)
    for file in CASES:
        for story in yaml.safe_load(file.read_text("utf-8"))["tests"]:
            course = defaultdict(list)
            for step in sorted(
                story["alert_rule_test"], key=lambda one: _minutes(one["eval_time"])
            ):
                course[step["alertname"]].append(bool(step["exp_alerts"]))
            for alert, fired in course.items():
                tried[alert].append([firing for firing, _ in groupby(fired)])
    assert set(tried) == set(dashboards.alerts())
    for alert, courses in tried.items():
        assert [False, True, False] in courses, alert


def _minutes(time: str) -> int:
    return int(time[:-1]) * {"m": 1, "h": 60}[time[-1]]


def test_every_alert_says_how_bad_it_is_what_it_means_and_what_to_do() -> None:
    page = (dashboards.DEPLOY / "README.md").read_text("utf-8")
    for name, rule in dashboards.alerts().items():
        assert "critical" in rule["labels"]["severity"] or rule["labels"]["severity"] == "warning"
        assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}
        assert rule["annotations"]["runbook_url"] == f"deploy/README.md#{name.lower()}"
        assert f"\n### {name}\n" in page, name


def test_the_operators_page_has_sections_for_these_alerts_and_no_others() -> None:
    page = (dashboards.DEPLOY / "README.md").read_text("utf-8")
    assert set(re.findall(r"^### (Respondby\w+)$", page, re.M)) == set(dashboards.alerts())
