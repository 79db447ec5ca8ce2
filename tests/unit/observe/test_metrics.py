"""The vocabulary of metrics, as dashboards and rules rely on it."""

import math

from prometheus_client import CollectorRegistry, Metric

from worker.observe.metrics import Metrics

#: Name → type and labels; a counter's name is exposed with _total.
PROMISED = {
    "respondby_response_seconds": ("histogram", {"level", "clock"}),
    "respondby_responses": ("counter", {"level", "outcome"}),
    "respondby_breaches": ("counter", {"level"}),
    "respondby_at_risk": ("counter", {"level", "threshold"}),
    "respondby_superseded": ("counter", {"type", "level"}),
    "respondby_open_tickets": ("gauge", {"level", "state"}),
    "respondby_next_deadline_timestamp_seconds": ("gauge", {"level"}),
    "respondby_waiting_tickets": ("gauge", set()),
    "respondby_events": ("counter", {"type", "result"}),
    "respondby_published": ("counter", {"type"}),
    "respondby_outbox_pending": ("gauge", set()),
    "respondby_outbox_oldest_age_seconds": ("gauge", set()),
    "respondby_alert_lag_seconds": ("histogram", set()),
    "respondby_processing_seconds": ("histogram", set()),
    "respondby_dead_letters": ("counter", {"reason"}),
    "respondby_dead_letter_messages": ("gauge", set()),
    "respondby_unrouted_messages": ("gauge", set()),
    "respondby_broker_connected": ("gauge", set()),
    "respondby_inbox_messages": ("gauge", set()),
    "respondby_inbox_consumers": ("gauge", set()),
    "respondby_ready": ("gauge", set()),
    "respondby_policy": ("info", set()),
    "respondby_policy_reloads": ("counter", {"result"}),
    "respondby_objective_seconds": ("gauge", {"level"}),
    "process_virtual_memory_bytes": ("gauge", set()),
    "process_resident_memory_bytes": ("gauge", set()),
    "process_start_time_seconds": ("gauge", set()),
    "process_cpu_seconds": ("counter", set()),
    "process_open_fds": ("gauge", set()),
    "process_max_fds": ("gauge", set()),
}


def families(metrics: Metrics) -> dict[str, Metric]:
    return {family.name: family for family in metrics.registry.collect()}


def test_every_promised_metric_is_there_and_no_other() -> None:
    metrics = Metrics(CollectorRegistry(), [])
    found = {
        family.name: (family.type, set(_labels(metrics, family.name)))
        for family in families(metrics).values()
    }
    assert found == PROMISED


def _labels(metrics: Metrics, name: str) -> tuple[str, ...]:
    collector = metrics.registry._names_to_collectors.get(name)
    labels: tuple[str, ...] = getattr(collector, "_labelnames", ())
    return labels


def test_the_objectives_are_edges_of_the_response_buckets() -> None:
    metrics = Metrics(CollectorRegistry(), [1234.5])
    metrics.response_seconds.labels("high", "wall").observe(1234.5)
    buckets = {
        sample.labels["le"]: sample.value
        for sample in families(metrics)["respondby_response_seconds"].samples
        if sample.name.endswith("_bucket")
    }
    assert buckets["1234.5"] == 1
    assert buckets["1200.0"] == 0


def test_where_nobody_has_looked_yet_it_is_not_said_that_nothing_waits() -> None:
    metrics = Metrics(CollectorRegistry(), [])
    for what in ("dead_letter_messages", "unrouted_messages", "inbox_messages", "waiting_tickets"):
        depth = metrics.registry.get_sample_value(f"respondby_{what}")
        assert depth is not None
        assert math.isnan(depth)


def test_another_policy_promises_otherwise_from_the_moment_it_is_in_force() -> None:
    metrics = Metrics(CollectorRegistry(), [])
    for promised in (1800.0, 900.0):
        metrics.note_policy("p", "1", "digest", {"critical": promised})
        labels = {"level": "critical"}
        assert metrics.registry.get_sample_value("respondby_objective_seconds", labels) == promised


def test_two_workers_of_one_process_do_not_share_their_counts() -> None:
    one, other = Metrics(CollectorRegistry(), []), Metrics(CollectorRegistry(), [])
    one.outbox_pending.set(3)
    assert other.registry.get_sample_value("respondby_outbox_pending") == 0
