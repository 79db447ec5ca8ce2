"""What the real command shows of itself: its metrics, and a log that tells nothing private."""

from datetime import UTC, datetime, timedelta

from tests.support import malformed, stream
from tests.support.broker import Broker, with_login
from tests.support.malformed import Malformed
from tests.support.operator import Operator
from tests.support.site import Document, Site
from tests.support.trial import Trial
from tests.support.waiting import until
from tests.support.worker_process import Metrics
from worker.broker import topology
from worker.broker.events import Event
from worker.observe.logs import LogEvent

#: The metrics of the contract. (What only informs is a gauge on this page.)
METRICS = {
    "respondby_response_seconds": "histogram",
    "respondby_responses_total": "counter",
    "respondby_breaches_total": "counter",
    "respondby_at_risk_total": "counter",
    "respondby_superseded_total": "counter",
    "respondby_open_tickets": "gauge",
    "respondby_next_deadline_timestamp_seconds": "gauge",
    "respondby_waiting_tickets": "gauge",
    "respondby_events_total": "counter",
    "respondby_published_total": "counter",
    "respondby_outbox_pending": "gauge",
    "respondby_outbox_oldest_age_seconds": "gauge",
    "respondby_alert_lag_seconds": "histogram",
    "respondby_processing_seconds": "histogram",
    "respondby_dead_letters_total": "counter",
    "respondby_dead_letter_messages": "gauge",
    "respondby_unrouted_messages": "gauge",
    "respondby_broker_connected": "gauge",
    "respondby_policy_info": "gauge",
}
CRITICAL = {"request": "fault", "stage": "production", "system_critical": True}
HALF_HOUR = timedelta(minutes=30)


async def test_the_metrics_of_the_contract_are_there_and_count_right(site: Site) -> None:
    async with Operator(site.url) as operator:
        await operator.send(b"an earlier one", exchange=topology.DEAD)
        await operator.send(b"an earlier one", exchange=topology.UNROUTED)
    now = datetime.now(UTC)
    await site.worker.up()

    await site.send(*_what_happened(now))
    await site.pour(*(bad.sending for bad in _garbage()))
    # The answer that was in time comes only after its ticket's breach was told.
    await until(lambda: _breaches_are(site, 3), "three breaches", within=30)
    await site.send(_answer("disproved", now - timedelta(seconds=1)))
    await until(lambda: _is_counted(site), "all is counted")

    metrics = await site.worker.metrics()
    assert metrics.types == METRICS | metrics.types
    _decisions_are_right(metrics)
    _measures_are_right(metrics, now)
    _flow_is_right(metrics)
    (policy,) = metrics.labels("respondby_policy_info")
    (told, *_) = await site.events("ticket.prioritized")
    assert policy == told["data"]["policy"]


async def test_no_ticket_text_no_address_and_no_secret_stands_in_any_log_line(
    own_broker: Broker, own_site: Site
) -> None:
    passwords = ("amber-lynx", "cobalt-wren")
    _add_login(own_broker, "support", passwords[1], own_site.url.rpartition("/")[2])
    worker = own_site.worker
    worker.settings["LOG_LEVEL"] = "debug"
    worker.broker_url = with_login(own_site.url, "support", passwords[0])
    worker.start()
    await until(lambda: bool(worker.log("broker_access_refused")), "refused", 30)
    worker.kill()

    worker.broker_url = with_login(own_site.url, "support", passwords[1])
    trial = Trial(own_site, seed=10, count=300)
    await worker.up()
    await trial.pour()
    own_broker.close_connections(own_site.url.rpartition("/")[2])
    await trial.ends_as_replayed()
    assert len(await trial.dead_letters()) == 20

    told = worker.log_file.read_text()
    private = (stream.PRIVATE, malformed.WORDS, *passwords)
    assert [word for word in private if word in told] == []
    vocabulary = {*LogEvent, *Event}
    assert {line["event"] for line in worker.log()} <= vocabulary


def _what_happened(now: datetime) -> list[Document]:
    # Nothing of it is due yet, should its answer come in a batch of its own.
    met = _created("met", now - timedelta(minutes=40), "acme-dental")
    met["data"]["facts"] = CRITICAL | {"system_critical": False, "workaround": False}
    older = _event("ticket.updated", now - timedelta(minutes=20), "older", "met", description="")
    missed, paused = (
        _created(name, now - timedelta(hours=2), "acme-dental") for name in ("missed", "paused")
    )
    return [
        met,
        _answer("met", now - timedelta(minutes=40) + timedelta(seconds=60)),
        met,  # again
        _event("ticket.resolved", now - timedelta(minutes=1), "resolved", "met"),
        older,  # changes nothing any more
        missed,
        _answer("missed", now - timedelta(hours=1)),
        paused,
        _event("ticket.paused", now - timedelta(hours=1, minutes=50), "pause", "paused"),
        _created("breached", now - HALF_HOUR),
        _created("disproved", now - HALF_HOUR),
        _created("warned", now - timedelta(minutes=20)),
        _answer("unknown", now),
    ]


def _decisions_are_right(metrics: Metrics) -> None:
    value = metrics.value
    assert value("respondby_responses_total", level="high", outcome="met") == 1
    assert value("respondby_responses_total", level="critical", outcome="missed") == 1
    assert value("respondby_responses_total", level="critical", outcome="met") == 1
    assert value("respondby_responses_total") == 3
    assert value("respondby_breaches_total", level="critical") == 3
    assert value("respondby_breaches_total") == 3
    assert value("respondby_at_risk_total", level="critical", threshold="0.5") == 1
    assert value("respondby_at_risk_total") == 1
    superseded = {"type": "objective.breached", "level": "critical"}
    assert value("respondby_superseded_total", **superseded) == 1
    assert value("respondby_superseded_total") == 1
    for state, count in {"running": 1, "paused": 1, "breached": 1}.items():
        assert value("respondby_open_tickets", level="critical", state=state) == count
    assert value("respondby_open_tickets") == 3
    assert value("respondby_waiting_tickets") == 1


def _measures_are_right(metrics: Metrics, now: datetime) -> None:
    value = metrics.value
    for clock in ("objective", "wall"):
        high = {"level": "high", "clock": clock}
        assert value("respondby_response_seconds_count", **high) == 1
        assert value("respondby_response_seconds_sum", **high) == 60
        critical = {"level": "critical", "clock": clock}
        assert value("respondby_response_seconds_sum", **critical) == 3600 + 1799
    edges = {labels["le"] for labels in metrics.labels("respondby_response_seconds_bucket")}
    assert edges >= {"1800.0", "7200.0", "21600.0", "28800.0"}
    due = (now + timedelta(minutes=10)).timestamp()
    assert abs(value("respondby_next_deadline_timestamp_seconds", level="critical") - due) < 0.001
    assert value("respondby_alert_lag_seconds_count") == 4
    assert value("respondby_alert_lag_seconds_sum") < 4 * 2


def _flow_is_right(metrics: Metrics) -> None:
    value = metrics.value
    assert value("respondby_events_total", result="duplicate", type="ticket.created") == 1
    assert value("respondby_events_total", result="stale", type="ticket.updated") == 1
    assert value("respondby_events_total", result="rejected", type="ticket.created") == 20
    assert value("respondby_events_total", result="applied") == 12
    published = {
        "ticket.prioritized": 7,
        "response.recorded": 3,
        "objective.breached": 3,
        "objective.at_risk": 1,
        "objective.superseded": 1,
    }
    for type_, count in published.items():
        assert value("respondby_published_total", type=type_) == count, type_
    assert value("respondby_processing_seconds_count") > 0
    for reason in {bad.reason for bad in _garbage()}:
        count = sum(bad.reason == reason for bad in _garbage())
        assert value("respondby_dead_letters_total", reason=reason) == count
    assert value("respondby_dead_letter_messages") == 1, "seen at the connection"
    assert value("respondby_unrouted_messages") == 1, "seen at the connection"
    assert value("respondby_broker_connected") == 1
    assert value("respondby_outbox_pending") == 0
    assert value("respondby_outbox_oldest_age_seconds") == 0


async def _is_counted(site: Site) -> bool:
    value = (await site.worker.metrics()).value
    return (
        value("respondby_superseded_total") == 1
        and value("respondby_published_total") == 15
        and value("respondby_open_tickets") == 3
        and value("respondby_open_tickets", state="breached") == 1
        and value("respondby_dead_letters_total") == 20
        and value("respondby_outbox_pending") == 0
    )


async def _breaches_are(site: Site, count: int) -> bool:
    return len(await site.events("objective.breached")) == count


def _garbage() -> list[Malformed]:
    return [*malformed.twenty()]


def _created(name: str, time: datetime, client: str | None = None) -> Document:
    return _event(
        "ticket.created", time, f"created-{name}", name, summary="", client=client, facts=CRITICAL
    )


def _answer(name: str, time: datetime) -> Document:
    return _event("ticket.responded", time, f"answer-{name}", name)


def _event(type_: str, time: datetime, id_: str, ticket: str, **data: object) -> Document:
    return stream.event(type_, time, id_, ticket_id=ticket, **data)


def _add_login(broker: Broker, login: str, password: str, vhost: str) -> None:
    broker.rabbitmqctl("add_user", login, password)
    broker.rabbitmqctl("set_permissions", "--vhost", vhost, login, ".*", ".*", ".*")
