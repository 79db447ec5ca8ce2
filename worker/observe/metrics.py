"""Every metric that respondby exposes: name, labels and meaning, in one place."""

import math
from collections.abc import Iterable, Mapping

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
)

_MINUTE = 60.0
_HOUR = 3600.0
_RESPONSE_EDGES = (
    *(minutes * _MINUTE for minutes in (1, 5, 10, 15, 20, 30, 45)),
    *(hours * _HOUR for hours in (1, 2, 3, 4, 6, 8, 12, 16, 24, 48, 96)),
)
_SHORT_EDGES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """The vocabulary. Labels take few, fixed values; never an id or a client.

    Gauges read from the store are the same on every worker: use `max` over workers, not `sum`.
    """

    def __init__(self, registry: CollectorRegistry, objectives: Iterable[float]) -> None:
        """`objectives`: the seconds promised; each is an edge of the response buckets."""
        self.registry = registry
        self._of_responses(objectives)
        self._of_tickets()
        self._of_the_flow()
        self._of_the_broker()
        self._of_the_policy()
        self._of_the_process()

    def note_policy(
        self, name: str, version: str, digest: str, objectives: Mapping[str, float]
    ) -> None:
        """The policy in force, and what it promises: seconds by level."""
        self._policy.info({"name": name, "version": version, "digest": digest})
        for level, seconds in objectives.items():
            self._objectives.labels(level).set(seconds)

    def _of_responses(self, objectives: Iterable[float]) -> None:
        self.response_seconds = Histogram(
            "respondby_response_seconds",
            "Time to the first response, on the objective's own clock or the wall clock",
            ["level", "clock"],
            buckets=sorted({*_RESPONSE_EDGES, *objectives}),
            registry=self.registry,
        )
        self.responses = self._counter(
            "respondby_responses", "First responses by outcome: met or missed", "level", "outcome"
        )
        self.breaches = self._counter("respondby_breaches", "Breach alerts decided", "level")
        self.at_risk = self._counter(
            "respondby_at_risk", "At-risk alerts decided", "level", "threshold"
        )
        self.superseded = self._counter(
            "respondby_superseded", "Alerts withdrawn because they no longer stand", "type", "level"
        )

    def _of_tickets(self) -> None:
        self.open_tickets = self._gauge(
            "respondby_open_tickets", "Tickets that are owed a response", "level", "state"
        )
        self.next_deadline = self._gauge(
            "respondby_next_deadline_timestamp_seconds",
            "The earliest deadline of a running ticket; in the past, no breach was told",
            "level",
        )
        self.waiting_tickets = self._gauge(
            "respondby_waiting_tickets", "Tickets whose ticket.created has not come yet"
        )

    def _of_the_flow(self) -> None:
        self.events = self._counter(
            "respondby_events", "Inbound events by what became of them", "type", "result"
        )
        self.published = self._counter(
            "respondby_published", "Outbound events confirmed by the broker", "type"
        )
        self.outbox_pending = self._gauge(
            "respondby_outbox_pending", "Committed events that the broker has not confirmed yet"
        )
        self.outbox_oldest_age = self._gauge(
            "respondby_outbox_oldest_age_seconds", "Age of the oldest unconfirmed event"
        )
        self.alert_lag = self._histogram(
            "respondby_alert_lag_seconds",
            "From when an alert became true, and could be known, to its publication",
        )
        self.processing = self._histogram(
            "respondby_processing_seconds",
            "From the receipt of an inbound event until the broker confirmed what came of it",
        )

    def _of_the_broker(self) -> None:
        self.dead_letters = self._counter(
            "respondby_dead_letters", "Messages put among the dead letters by this worker", "reason"
        )
        self.dead_letter_messages = self._gauge(
            "respondby_dead_letter_messages", "Messages now among the dead letters"
        )
        self.unrouted_messages = self._gauge(
            "respondby_unrouted_messages", "Published events for which no queue was bound"
        )
        self.broker_connected = self._gauge(
            "respondby_broker_connected", "1 while both connections to the broker are up"
        )
        self.inbox_messages = self._gauge(
            "respondby_inbox_messages", "Messages in the inbox that no worker has in hand"
        )
        self.inbox_consumers = self._gauge(
            "respondby_inbox_consumers", "Consumers that the broker knows on the inbox"
        )
        # Nobody has looked yet. A 0 would be taken for a queue that was empty, and has grown.
        for gauge in (
            self.dead_letter_messages,
            self.unrouted_messages,
            self.inbox_messages,
            self.inbox_consumers,
            self.waiting_tickets,
        ):
            gauge.set(math.nan)

    def _of_the_policy(self) -> None:
        self.policy_reloads = self._counter(
            "respondby_policy_reloads", "Times the policy was loaded anew, or refused", "result"
        )
        for result in ("loaded", "refused"):
            self.policy_reloads.labels(result)
        self._policy = Info("respondby_policy", "The policy in force", registry=self.registry)
        self._objectives = self._gauge(
            "respondby_objective_seconds", "What the policy in force promises", "level"
        )

    def _of_the_process(self) -> None:
        self.ready = self._gauge("respondby_ready", "1 while /readyz says that it is able to work")
        # Memory, processor time and open files, under the names that all Prometheus clients use.
        ProcessCollector(registry=self.registry)

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(name, meaning, labels, registry=self.registry)

    def _gauge(self, name: str, meaning: str, *labels: str) -> Gauge:
        return Gauge(name, meaning, labels, registry=self.registry)

    def _histogram(self, name: str, meaning: str) -> Histogram:
        return Histogram(name, meaning, buckets=_SHORT_EDGES, registry=self.registry)
