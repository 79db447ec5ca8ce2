"""What is counted, said in the words of the flow."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product

from schemas.inbound import INBOUND_TYPES
from schemas.outbound import OUTBOUND_TYPES, Outbound
from worker.broker.port import DeadLetter
from worker.observe.metrics import Metrics
from worker.store.port import OPEN_PHASES, Census, OutboxRow
from worker.ticket.decide import Decision

_ALERTS = ("objective.at_risk", "objective.breached")


@dataclass(slots=True)
class Accounts:
    """Counts after the fact: what was committed, what the broker confirmed."""

    metrics: Metrics
    levels: Sequence[str]
    at_risk: Sequence[float] = ()
    """the thresholds at which the policy warns"""

    def __post_init__(self) -> None:
        self._begin_at_zero()

    def decided(self, results: Iterable[tuple[str, str]], decisions: Iterable[Decision]) -> None:
        for (type_, result), count in Counter(results).items():
            self.metrics.events.labels(type_, result).inc(count)
        for decision in decisions:
            for event in decision.outbound:
                self._said(event)

    def rejected(self, dead: Iterable[DeadLetter]) -> None:
        for letter in dead:
            # The body may not tell its type; the routing key is the type, or anything at all.
            key = letter.delivery.routing_key
            self.metrics.events.labels(key if key in INBOUND_TYPES else "unknown", "rejected").inc()

    def buried(self, reason: str) -> None:
        self.metrics.dead_letters.labels(reason).inc()

    def published(self, rows: Sequence[OutboxRow], now: datetime) -> None:
        for type_, count in Counter(row.type for row in rows).items():
            self.metrics.published.labels(type_).inc(count)
        for row in rows:
            delay = self.metrics.alert_lag if row.type in _ALERTS else self.metrics.processing
            delay.observe(max((now - row.since).total_seconds(), 0))

    def census(self, census: Census, now: datetime) -> None:
        metrics = self.metrics
        metrics.next_deadline.clear()
        for level in self.levels:
            for state in OPEN_PHASES:
                metrics.open_tickets.labels(level, state).set(census.tickets.get((level, state), 0))
            if due := census.next_deadline.get(level):
                metrics.next_deadline.labels(level).set(due.timestamp())
        metrics.waiting_tickets.set(census.waiting)
        metrics.outbox_pending.set(census.outbox_pending)
        oldest = census.outbox_oldest
        metrics.outbox_oldest_age.set((now - oldest).total_seconds() if oldest else 0)

    def no_census(self) -> None:
        """The store does not tell. What it said last may be wrong by now, and would win over what
        a worker that can ask it says: no number does not."""
        metrics = self.metrics
        for labelled in (metrics.open_tickets, metrics.next_deadline):
            labelled.clear()
        for gauge in (metrics.waiting_tickets, metrics.outbox_pending, metrics.outbox_oldest_age):
            gauge.set(math.nan)

    def _begin_at_zero(self) -> None:
        """Whatever first shows up at 1 has not risen, to Prometheus: the first breach of a week
        would be missed."""
        metrics = self.metrics
        for level in self.levels:
            metrics.breaches.labels(level)
            for outcome in ("met", "missed"):
                metrics.responses.labels(level, outcome)
            for clock in ("objective", "wall"):
                metrics.response_seconds.labels(level, clock)
            for threshold in self.at_risk:
                metrics.at_risk.labels(level, f"{threshold:g}")
            for type_ in _ALERTS:
                metrics.superseded.labels(type_, level)
        for type_, result in product(INBOUND_TYPES, ("applied", "duplicate", "stale", "rejected")):
            metrics.events.labels(type_, result)
        for type_ in OUTBOUND_TYPES:
            metrics.published.labels(type_)

    def _said(self, event: Outbound) -> None:
        level = event.data.level
        match event.type:
            case "objective.breached":
                self.metrics.breaches.labels(level).inc()
            case "objective.at_risk":
                self.metrics.at_risk.labels(level, f"{event.data.threshold:g}").inc()
            case "objective.superseded":
                self.metrics.superseded.labels(event.data.alert_type, level).inc()
            case "response.recorded" if event.data.replaces is None:
                self.metrics.responses.labels(level, event.data.outcome).inc()
                observe = self.metrics.response_seconds.labels
                observe(level, "objective").observe(event.data.response_seconds)
                observe(level, "wall").observe(event.data.wall_seconds)
            case _:
                pass
