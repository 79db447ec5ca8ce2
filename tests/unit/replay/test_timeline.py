"""Virtual time, event by event."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import pytest

from schemas import decoding, times
from schemas.decoding import Rejected
from schemas.outbound import ObjectiveBreached, Outbound
from tests.support.examples import SOURCE, TICKET, body, created, critical, event
from worker.policy import loading
from worker.replay import scratch
from worker.replay.shelf import Shelf
from worker.replay.sketch import Sketch
from worker.replay.timeline import Timeline
from worker.ticket.history import Entry

POLICY = loading.parse(loading.default_text(), "built in")


def shelf(disk: sqlite3.Connection) -> Shelf:
    """To its tickets much can happen yet."""
    coming = Sketch()
    for ticket in (TICKET, "T-1", "T-2", "T-3"):
        for _ in range(9):
            coming.add((SOURCE, ticket))
    return Shelf(disk, coming)


@pytest.fixture
def timeline() -> Iterator[Timeline]:
    with scratch.opened() as disk:
        yield Timeline(POLICY, "/respondby", shelf(disk))


def at(time: str) -> datetime:
    return times.parse(f"2026-03-09T{time}:00Z")


def z(time: str) -> str:
    return times.text(at(time))


def happen(timeline: Timeline, one: Mapping[str, Any]) -> list[tuple[str, str]]:
    entry = Entry(decoding.decode(body(one)), body(one))
    return told(timeline.happen((entry.event.source, entry.event.data.ticket_id), entry))


def told(events: Iterable[Outbound]) -> list[tuple[str, str]]:
    return [(event.type.partition(".")[2], event.time.strftime("%H:%M")) for event in events]


def test_an_event_is_told_at_once_and_alerts_when_their_time_comes(timeline: Timeline) -> None:
    assert happen(timeline, critical(z("10:00"))) == [("prioritized", "10:00")]
    assert told(timeline.before(at("10:20"))) == [("at_risk", "10:15")]
    assert told(timeline.before(at("10:20"))) == []
    assert told(timeline.through(at("10:30"))) == [("at_risk", "10:24"), ("breached", "10:30")]
    assert told(timeline.through(at("23:59"))) == []


def test_an_instant_that_has_begun_is_not_over(timeline: Timeline) -> None:
    happen(timeline, critical(z("10:00")))
    assert told(timeline.before(at("10:15"))) == []
    assert told(timeline.through(at("10:15"))) == [("at_risk", "10:15")]


def test_what_a_response_prevents_is_never_told(timeline: Timeline) -> None:
    happen(timeline, critical(z("10:00")))
    happen(timeline, event("ticket.responded", z("10:10")))
    assert told(timeline.through(at("23:59"))) == []


def test_alerts_of_one_instant_come_by_ticket(timeline: Timeline) -> None:
    for ticket in ("T-2", "T-1", "T-3"):
        happen(timeline, critical(z("10:00"), ticket))
    subjects = [event.subject for event in timeline.through(at("10:15"))]
    assert subjects == ["T-1", "T-2", "T-3"]


def test_a_deadline_that_had_passed_when_the_ticket_came_is_breached_after_the_events_of_then(
    timeline: Timeline,
) -> None:
    happen(timeline, critical(z("12:00"), notified_at=z("11:00")))
    assert told(timeline.before(at("12:00"))) == []
    (breach,) = timeline.through(at("12:00"))
    assert isinstance(breach, ObjectiveBreached)
    assert (breach.data.due_at, breach.data.detected_at) == (at("11:30"), at("12:00"))
    assert breach.time == at("12:00")


def test_an_alert_that_stands_again_is_told_when_that_becomes_known(timeline: Timeline) -> None:
    happen(timeline, critical(z("10:00")))
    assert told(timeline.before(at("10:20"))) == [("at_risk", "10:15")]
    happen(timeline, event("ticket.resolved", z("10:20")))
    assert ("superseded", "11:00") in happen(timeline, event("ticket.reopened", z("11:00")))
    # Somebody had answered before all that, under the first deadline.
    happen(timeline, event("ticket.responded", z("11:05"), responded_at=z("10:18")))
    assert told(timeline.before(at("11:05"))) == []
    assert told(timeline.through(at("11:05"))) == [("at_risk", "10:15")]


def test_a_ticket_waits_for_its_created(timeline: Timeline) -> None:
    assert happen(timeline, event("ticket.paused", z("09:00"))) == []
    assert told(timeline.through(at("09:30"))) == []
    assert happen(timeline, created(z("10:00"))) == [("prioritized", "10:00")]


def test_an_event_that_breaks_its_decision_is_rejected_and_stops_no_other() -> None:
    policy = loading.parse(loading.default_text(), "loses its calendars for a minute")
    calendars = dict(policy.calendars)
    with scratch.opened() as disk:
        timeline = Timeline(policy, "/respondby", shelf(disk))
        assert happen(timeline, created(z("10:00"))) == [("prioritized", "10:00")]
        policy.calendars.clear()
        worse = event("ticket.escalated", z("10:01"), to_level="critical")
        with pytest.raises(Rejected, match="undecidable: KeyError"):
            happen(timeline, worse)
        policy.calendars.update(calendars)
        assert happen(timeline, event("ticket.responded", z("10:02"))) == [("recorded", "10:02")]
