"""The dashboards are what their code says, and ask only for what there is."""

import json
import re
from itertools import combinations
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from deploy.grafana import build, objectives
from deploy.grafana.panel import LEVELS
from schemas import envelope
from tests.support import dashboards
from worker.observe.metrics import Metrics

_SUFFIXES = {
    "counter": ("_total",),
    "histogram": ("_bucket", "_count", "_sum"),
    "info": ("_info",),
    "gauge": ("",),
}
#: The gauges that all workers read from one store or one broker.
_SHARED = (
    "open_tickets|next_deadline_timestamp_seconds|waiting_tickets|outbox_pending|"
    "outbox_oldest_age_seconds|dead_letter_messages|unrouted_messages|inbox_messages|"
    "inbox_consumers|objective_seconds"
)
PANELS = dict(dashboards.panels())


def asked() -> dict[str, str]:
    """All PromQL that is shipped."""
    return {
        **dict(dashboards.queries()),
        **{rule.get("alert") or rule["record"]: rule["expr"] for rule in dashboards.rules()},
    }


@pytest.mark.parametrize("path", build.files(), ids=lambda path: path.name)
def test_a_dashboard_is_what_its_code_says(path: Path) -> None:
    assert path.read_text("utf-8") == build.files()[path], "run python -m deploy.grafana.build"


def test_no_other_dashboard_lies_there() -> None:
    assert set(dashboards.DASHBOARDS) == set(build.files())


def test_every_metric_that_is_asked_for_is_exposed_or_recorded() -> None:
    families = Metrics(CollectorRegistry(), []).registry.collect()
    known = {f.name + suffix for f in families for suffix in _SUFFIXES[f.type]}
    known |= {rule["record"] for rule in dashboards.rules() if "record" in rule}
    for name, expression in asked().items():
        metrics = set(re.findall(r"\b(?:respondby|process)[_:][\w:]+", expression))
        assert metrics <= known, name


def test_what_is_the_same_on_every_worker_is_never_added_up() -> None:
    added = re.compile(rf"\bsum[^(]*(\([^()]*\) *)?\(+respondby_({_SHARED})\b")
    assert added.search("sum by (level) (respondby_open_tickets{x='y'})")
    assert added.search("sum(respondby_outbox_pending)")
    assert {name for name, expression in asked().items() if added.search(expression)} == set()


@pytest.mark.parametrize("panel", PANELS.values(), ids=PANELS.keys())
def test_a_panel_shows_the_workers_of_one_job(panel: dashboards.Json) -> None:
    """Two installations have gauges of their own. Only the goals have no job."""
    for target in panel["targets"]:
        selectors = re.findall(r"\b(?:respondby[_:][\w:]+|ALERTS)(?:{[^}]*})?", target["expr"])
        ours = [one for one in selectors if not one.startswith("respondby:goal{")]
        assert ours or "respondby:goal{" in target["expr"]
        assert [one for one in ours if 'job=~"$job' not in one] == []


@pytest.mark.parametrize("panel", PANELS.values(), ids=PANELS.keys())
def test_a_panel_says_what_it_shows_and_in_which_unit(panel: dashboards.Json) -> None:
    assert len(panel["description"]) > 30
    assert panel["description"].endswith(".")
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["targets"]


@pytest.mark.parametrize("path", build.files(), ids=lambda path: path.name)
def test_no_panel_lies_on_another(path: Path) -> None:
    places = [panel["gridPos"] for panel in json.loads(build.files()[path])["panels"]]
    for one, other in combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below


def test_links_of_panels_lead_to_sections_of_the_operators_page() -> None:
    headings = re.findall(r"^#+ (.+)$", (dashboards.DEPLOY / "README.md").read_text(), re.M)
    sections = {heading.lower().replace(" ", "-") for heading in headings}
    links = [link["url"] for panel in PANELS.values() for link in panel.get("links", [])]
    assert links
    assert {link.rpartition("deploy/README.md#")[2] for link in links} <= sections


def test_every_level_has_a_goal_and_a_colour() -> None:
    assert set(objectives.goals()) == set(LEVELS) == set(envelope.LEVELS)
