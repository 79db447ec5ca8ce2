"""The tables that people work from name what the code has, all of it and nothing else."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from schemas.inbound import INBOUND_TYPES
from schemas.outbound import OUTBOUND_TYPES
from worker.broker.dead_letter import DELIVERY_LIMIT
from worker.broker.events import Event
from worker.observe.logs import LogEvent
from worker.observe.metrics import Metrics
from worker.settings import Settings

HOME = Path(__file__).parents[3]
OPERATOR = HOME / "deploy" / "README.md"
PAGES = [HOME / "README.md", OPERATOR, *sorted((HOME / "docs").glob("*.md"))]
_SUFFIX = {"counter": "_total", "info": "_info"}


def rows(page: Path, heading: str) -> Iterator[list[str]]:
    """The cells of the tables under a heading, without the tables' own headings."""
    section = page.read_text("utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    for table in re.findall(r"(?:^\|.*\n)+", section, flags=re.MULTILINE):
        for line in table.splitlines()[2:]:
            yield [cell.strip() for cell in line.strip("|").split("|")]


def names(text: str) -> set[str]:
    return set(re.findall(r"`([^`]+)`", text))


def test_every_setting_is_explained_with_its_default() -> None:
    explained = {row[0].strip("`"): row[1] for row in rows(OPERATOR, "Settings")}
    assert set(explained) == {name.upper() for name in Settings.model_fields}
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, bool | int | float | str):
            assert names(explained[name.upper()]) == {str(field.default).lower()}


def test_every_log_event_is_explained() -> None:
    explained = [row[0].strip("`") for row in rows(OPERATOR, "Log events")]
    assert sorted(explained) == sorted([*LogEvent, *Event])


def test_every_metric_is_explained_with_its_labels() -> None:
    explained = {row[0].strip("`"): names(row[1]) for row in rows(OPERATOR, "Metrics")}
    metrics = Metrics(CollectorRegistry(), [])
    exposed = {
        family.name + _SUFFIX.get(family.type, ""): set(_labels(metrics, family.name))
        for family in metrics.registry.collect()
    }
    exposed["respondby_policy_info"] = {"name", "version", "digest"}
    assert explained == exposed


def _labels(metrics: Metrics, name: str) -> tuple[str, ...]:
    collector = metrics.registry._names_to_collectors.get(name)
    labels: tuple[str, ...] = getattr(collector, "_labelnames", ())
    return labels


def test_every_reason_of_a_dead_letter_is_explained() -> None:
    explained = {row[0].strip("`") for row in rows(OPERATOR, "Look after dead letters")}
    used = {
        reason
        for folder in ("schemas", "worker")
        for file in (HOME / folder).rglob("*.py")
        for reason in re.findall(r'Rejected\(\s*"(\w+)"', file.read_text("utf-8"))
    }
    assert explained == {*used, DELIVERY_LIMIT}


def test_every_event_is_in_the_newcomers_table() -> None:
    told = [(row[0].strip("`"), row[1]) for row in rows(HOME / "README.md", "The events")]
    assert told == [
        *((name, "in") for name in INBOUND_TYPES),
        *((name, "out") for name in OUTBOUND_TYPES),
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(HOME)))
def test_every_link_leads_somewhere(page: Path) -> None:
    text = page.read_text("utf-8")
    anchors = {
        "#" + re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    }
    for target in re.findall(r"\]\(([^)]+)\)", text):
        assert target in anchors or (page.parent / target).exists(), target
