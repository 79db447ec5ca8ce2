"""What must be true at the end, whatever happened on the way: what a replay says."""

import io
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from worker.policy.policy import Policy
from worker.replay import replay
from worker.replay.lines import Lines

Document = dict[str, Any]

SOURCE = "/respondby"
#: Of the last revision: all that would have made another one.
_REVISION = (
    "level",
    "deadline",
    "client",
    "calendar",
    "needs_triage",
    "unknown",
    "escalated",
    "policy",
)
_RECORD = ("outcome", "level", "responded_at", "deadline", "response_seconds", "wall_seconds")


def replayed(bodies: Iterable[bytes], policy: Policy, until: datetime) -> list[Document]:
    """The outbound events of these inbound events, in virtual time."""
    out, complaints = io.BytesIO(), list[str]()
    terms = replay.Terms(policy=policy, source=SOURCE, until=until)
    replay.run(Lines(io.BytesIO(b"\n".join(bodies))), terms, out, complaints.append)
    assert not complaints, complaints
    return [json.loads(line) for line in out.getvalue().splitlines()]


@dataclass(frozen=True, slots=True)
class Warned:
    """A standing at-risk alert, by what it says."""

    threshold: float
    deadline: str


@dataclass(frozen=True, slots=True)
class End:
    """Where a ticket stands, as far as it may not depend on the order of arrival."""

    revision: Document | None
    record: Document | None
    escalations: frozenset[str]
    """ids of the requests for a contact"""
    breaches: tuple[str, ...]
    """`due_at` of each standing breach"""
    warnings: frozenset[Warned]


def ends(events: Iterable[Document]) -> dict[str, End]:
    """The end of each ticket, told by all its outbound events, each of them once."""
    tickets: dict[str, list[Document]] = {}
    for event in events:
        tickets.setdefault(event["data"]["ticket_id"], []).append(event)
    return {ticket: _end(told) for ticket, told in tickets.items()}


def differences(
    live: dict[str, End], expected: dict[str, End], now: datetime
) -> dict[str, tuple[End | None, End]]:
    """The tickets whose end is not the expected one: what it is, and what it should be.

    Of warnings only those can be missing, live, whose deadline had passed when they were noticed.
    """
    return {
        ticket: (live.get(ticket), should)
        for ticket, should in expected.items()
        if not (ticket in live and _is_same(live[ticket], should, now))
    }


def missing(events: Sequence[Document]) -> list[str]:
    """What others among these events speak of, and is not there: revisions and alerts."""
    ids = {event["id"] for event in events}
    revisions: dict[str, set[int]] = {}
    for event in _of(events, "ticket.prioritized"):
        revisions.setdefault(event["data"]["ticket_id"], set()).add(event["data"]["revision"])
    return [
        *(
            f"revision {number} of {ticket}"
            for ticket, numbers in revisions.items()
            for number in {*range(1, max(numbers))} - numbers
        ),
        *(
            f"the alert {event['data']['alert_id']}"
            for event in _of(events, "objective.superseded")
            if event["data"]["alert_id"] not in ids
        ),
    ]


def doubled(events: Iterable[Document]) -> list[tuple[object, ...]]:
    """Alerts that were raised under two ids: what they are about."""
    raised = Counter(
        _about(event)
        for type_ in ("objective.at_risk", "objective.breached")
        for event in _of(events, type_)
    )
    return [about for about, times in raised.items() if times > 1]


def _about(alert: Document) -> tuple[object, ...]:
    data = alert["data"]
    return (
        data["ticket_source"],
        data["ticket_id"],
        data["objective"]["name"],
        alert["type"],
        data.get("deadline") or data["due_at"],
        data.get("threshold"),
        data["occurrence"],
    )


def _end(told: Sequence[Document]) -> End:
    withdrawn = {e["data"]["alert_id"] for e in told if e["type"] == "objective.superseded"}
    standing = [e for e in told if e["id"] not in withdrawn]
    return End(
        revision=_last_revision(told),
        record=_last_record(told),
        escalations=frozenset(e["id"] for e in _of(told, "escalation.requested")),
        breaches=tuple(sorted(e["data"]["due_at"] for e in _of(standing, "objective.breached"))),
        warnings=_warnings(_of(standing, "objective.at_risk")),
    )


def _last_revision(told: Sequence[Document]) -> Document | None:
    prioritized = [event["data"] for event in _of(told, "ticket.prioritized")]
    last = max(prioritized, key=lambda data: data["revision"], default=None)
    return {name: last.get(name) for name in _REVISION} if last else None


def _last_record(told: Sequence[Document]) -> Document | None:
    records = _of(told, "response.recorded")
    replaced = {event["data"].get("replaces") for event in records}
    left = [event["data"] for event in records if event["id"] not in replaced]
    assert len(left) == min(len(records), 1), f"several records stand: {left}"
    return {name: left[0].get(name) for name in _RECORD} if left else None


def _warnings(standing: Sequence[Document]) -> frozenset[Warned]:
    said = [Warned(e["data"]["threshold"], e["data"]["deadline"]) for e in standing]
    assert len({*said}) == len(said), f"warned twice: {said}"
    return frozenset(said)


def _is_same(live: End, expected: End, now: datetime) -> bool:
    same = (live.revision, live.record, live.escalations, live.breaches) == (
        expected.revision,
        expected.record,
        expected.escalations,
        expected.breaches,
    )
    missing = expected.warnings - live.warnings
    return (
        same
        and live.warnings <= expected.warnings
        and all(datetime.fromisoformat(warned.deadline) <= now for warned in missing)
    )


def _of(events: Iterable[Document], type_: str) -> list[Document]:
    return [event for event in events if event["type"] == type_]
