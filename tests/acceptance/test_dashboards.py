"""What operators see: every panel and every rule on a real Prometheus and a real worker."""

from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support import dashboards, malformed, prometheus_server, stream
from tests.support.prometheus_server import Prometheus
from tests.support.site import Document, Site
from tests.support.tickets import CRITICAL, HIGH, LOW, MEDIUM
from tests.support.waiting import until

_HOURLY = {rule["record"] for rule in dashboards.hourly()}
_FACTS = {"critical": CRITICAL, "high": HIGH, "medium": MEDIUM, "low": LOW}


@pytest.fixture
async def prometheus(site: Site, tmp_path: Path) -> AsyncIterator[Prometheus]:
    """It has seen the worker before anything happened."""
    await site.worker.up()
    port = site.worker.log("worker_starting")[0]["http_port"]
    async with prometheus_server.scraping([port], tmp_path) as server:
        await until(lambda: _is_seen(server), "the worker is scraped")
        yield server


async def test_every_panel_and_every_rule_says_something_of_a_worker_at_work(
    site: Site, prometheus: Prometheus
) -> None:
    await site.send(*_a_day(datetime.now(UTC)))
    await site.pour(*(bad.sending for bad in malformed.twenty()))

    alerts = dashboards.alerts().items()
    asked = [
        *dashboards.queries(rate_interval="5m"),
        *((name, dashboards.computed(rule["expr"])) for name, rule in alerts),
        *((rule["record"], rule["record"]) for rule in dashboards.rules() if "record" in rule),
        *((rule["record"], rule["expr"]) for rule in dashboards.hourly()),
    ]
    silent = dict(asked)

    async def all_told() -> bool:
        for name, expression in list(silent.items()):
            if await prometheus.query(expression):
                del silent[name]
        return not silent

    try:
        await until(all_told, "every query has a value", 45)
    except AssertionError:
        assert silent == {}
    failed = {
        rule["name"]: rule.get("lastError") for rule in await prometheus.rules() if _ill(rule)
    }
    assert failed == {}


async def test_what_is_shown_is_what_happened(site: Site, prometheus: Prometheus) -> None:
    await site.send(*_a_day(datetime.now(UTC)))
    shown = {
        # critical: one was met, one was missed, one is past its deadline and unanswered
        'respondby:due:28d{level="critical"}': 3,
        'respondby:missed:28d{level="critical"}': 2,
        'respondby:share_met:28d{level="critical"}': 1 / 3,
        'respondby:share_met:28d{level="low"}': 1,
        'respondby:breaches:1d{level="critical"}': 2,
        'ALERTS{alertname="RespondbyBreachUnanswered", severity="critical"}': 1,
        "respondby_objective_seconds{level='high'}": 7200,
        "respondby_inbox_consumers": 1,
    }

    async def is_shown() -> bool:
        return {one: await _first(prometheus, one) for one in shown} == pytest.approx(shown)

    try:
        await until(is_shown, "all of it is shown", 45)
    except AssertionError:
        assert {one: await _first(prometheus, one) for one in shown} == pytest.approx(shown)


async def test_what_a_worker_counted_before_prometheus_first_saw_it_counts(
    site: Site, tmp_path: Path
) -> None:
    await site.worker.up()
    await site.send(*_a_day(datetime.now(UTC)))
    await until(lambda: _has_told(site, breaches=2), "both breaches were told")
    port = site.worker.log("worker_starting")[0]["http_port"]
    shown = {
        'respondby:due:28d{level="critical"}': 3,
        'respondby:missed:28d{level="critical"}': 2,
        'respondby:breaches:1d{level="critical"}': 2,
    }
    async with prometheus_server.scraping([port], tmp_path) as server:

        async def is_shown() -> bool:
            return {one: await _first(server, one) for one in shown} == pytest.approx(shown)

        await until(is_shown, "all of it is shown", 45)


async def _has_told(site: Site, breaches: int) -> bool:
    return len(await site.events("objective.breached")) == breaches


async def _first(prometheus: Prometheus, expression: str) -> float | None:
    return next(iter(await prometheus.query(expression)), None)


async def _is_seen(prometheus: Prometheus) -> bool:
    # A second scrape, so that a rise has something to rise from.
    return await prometheus.query("count_over_time(respondby_ready[1m]) >= 2") != []


def _ill(rule: dict[str, object]) -> bool:
    not_yet = rule["health"] == "unknown" and rule["name"] in _HOURLY
    return rule["health"] != "ok" and not not_yet


def _a_day(now: datetime) -> Iterable[Document]:
    """Tickets of every level: answered, late, unanswered, at risk, and one nobody announced."""
    for level, facts in _FACTS.items():
        yield _created(f"met-{level}", now - timedelta(minutes=20), facts)
        yield _event("ticket.responded", now - timedelta(minutes=18), f"met-{level}")
        yield _created(f"open-{level}", now - timedelta(minutes=1), facts)
    yield _created("late", now - timedelta(minutes=50), CRITICAL)
    yield _event("ticket.responded", now - timedelta(minutes=5), "late")
    yield _created("unanswered", now - timedelta(minutes=40), CRITICAL)
    yield _created("at-risk", now - timedelta(minutes=25), CRITICAL)
    yield _event("ticket.updated", now, "nobody-announced-this-one")


def _created(ticket: str, time: datetime, facts: dict[str, object]) -> Document:
    return _event("ticket.created", time, ticket, summary="", facts=facts)


def _event(type_: str, time: datetime, ticket: str, **data: object) -> Document:
    return stream.event(type_, time, f"{type_} {ticket}", ticket_id=ticket, **data)
