"""Guarantees over random histories of one ticket."""

from datetime import timedelta
from typing import Any

import hypothesis.strategies as st
from hypothesis import given

from schemas.envelope import LEVELS
from tests.support.histories import LONG_AFTER, STEP, enough, histories
from tests.support.tickets import (
    CRITICAL,
    HIGH,
    LOW,
    MEDIUM,
    Case,
    Document,
    at,
    created,
    escalated,
    levels,
    of_type,
    paused,
    policy,
    responded,
    resumed,
    with_clients,
)
from worker.policy.policy import above
from worker.ticket import history
from worker.ticket.history import Entry
from worker.ticket.life import live

POLICIES = (
    with_clients(),
    policy(
        version="2", at_risk=[0.25], levels=levels(high={"respond_within": "3h", "clock": "wall"})
    ),
)


def _case(*entries: Entry) -> Case:
    case = Case(with_clients())
    case.take(*entries)
    return case


@enough
@given(histories(), st.data())
def test_no_id_is_ever_published_twice_under_whatever_policies(
    entries: list[Entry], data: st.DataObject
) -> None:
    case = Case(with_clients())
    for entry in data.draw(st.permutations(entries)):
        case.policy = data.draw(st.sampled_from(POLICIES))
        case.take(entry)
        if data.draw(st.booleans()):
            case.until(entry.event.time)
    case.until(LONG_AFTER)
    ids = [event["id"] for event in case.published]
    assert len(set(ids)) == len(ids)


@enough
@given(histories(), st.data())
def test_of_one_deadline_at_most_one_alert_of_a_kind_stands_under_whatever_policies(
    entries: list[Entry], data: st.DataObject
) -> None:
    case = Case(with_clients())
    for entry in data.draw(st.permutations(entries)):
        case.policy = data.draw(st.sampled_from(POLICIES))
        case.until(entry.event.time)
        case.take(entry)
    case.until(LONG_AFTER)
    keys = [(alert.type, alert.deadline, alert.threshold) for alert in case.standing]
    assert len(set(keys)) == len(keys)
    assert len({alert.deadline for alert in case.standing}) <= 1
    assert {event["id"] for event in _standing(case.published)} == {
        alert.id for alert in case.ledger.alerts if alert.stands
    }


def _standing(published: list[Document]) -> list[Document]:
    """What a reader of the events takes to stand: the alerts that nothing withdrew."""
    withdrawn = {event["data"]["alert_id"] for event in of_type(published, "objective.superseded")}
    alerts = of_type(published, "objective.at_risk") + of_type(published, "objective.breached")
    assert withdrawn <= {alert["id"] for alert in alerts}
    return [alert for alert in alerts if alert["id"] not in withdrawn]


@enough
@given(histories(), st.data())
def test_a_revision_is_published_exactly_when_what_it_says_has_changed(
    entries: list[Entry], data: st.DataObject
) -> None:
    case = Case(with_clients())
    last = None
    for entry in data.draw(st.permutations(entries)):
        now = _seen(case, entry)
        published = of_type(case.take(entry), "ticket.prioritized")
        assert len(published) == (now != last)
        if now is not None:
            last = now
    numbers = [event["data"]["revision"] for event in of_type(case.published, "ticket.prioritized")]
    assert numbers == [*range(1, len(numbers) + 1)]


def _seen(case: Case, entry: Entry) -> tuple[object, ...] | None:
    """All that calls for a revision where it differs, told from the history and nothing else."""
    life = live(history.ordered([*case.history, entry]), case.policy)
    if life is None:
        return None
    return (
        life.level,
        life.deadline,
        life.client,
        life.calendar.name,
        life.verdict.needs_triage,
        life.verdict.unknown,
        life.escalated,
        life.policy.digest,
    )


@enough
@given(histories(), st.data())
def test_the_last_events_tell_a_reader_where_the_ticket_stands(
    entries: list[Entry], data: st.DataObject
) -> None:
    case = _case(*data.draw(st.permutations(entries)))
    revision = of_type(case.published, "ticket.prioritized")[-1]["data"]
    assert case.level == revision["level"]
    records = of_type(case.published, "response.recorded")
    life = case.life
    assert life is not None
    assert bool(records) == bool(life.answer)
    if life.answer:
        assert records[-1]["data"]["outcome"] == life.answer.outcome
        assert records[-1]["data"]["wall_seconds"] == life.answer.wall.total_seconds()
        replaced = [record["data"].get("replaces") for record in records]
        assert replaced == [None, *(record["id"] for record in records[:-1])]


@enough
@given(histories())
def test_a_breach_stands_exactly_when_the_response_was_missed(entries: list[Entry]) -> None:
    case = Case(with_clients())
    case.play(*entries, until=LONG_AFTER)
    if case.ledger.record:
        assert case.ledger.breached == (case.ledger.record.outcome == "missed")


@enough
@given(histories())
def test_the_earliest_agent_response_is_the_one_that_is_recorded(entries: list[Entry]) -> None:
    answers = [
        entry.event.data.responded_at or entry.event.time
        for entry in entries
        if entry.event.type == "ticket.responded" and entry.event.data.by == "agent"
    ]
    record = _case(*entries).ledger.record
    assert (record and record.responded_at) == min(answers, default=None)


@enough
@given(histories())
def test_an_escalation_never_lowers_and_its_repetition_never_climbs(entries: list[Entry]) -> None:
    case = _case(*entries)
    later = entries[-1].event.time + STEP
    seen = [case.level]
    for number in range(3):
        case.take(escalated(later + number * STEP, f"again{number}"))
        seen.append(case.level)
    assert _rank(seen[1]) >= _rank(seen[0])
    assert seen[1] == seen[2] == seen[3]


@enough
@given(histories())
def test_an_escalated_ticket_is_never_below_what_it_is_without_its_escalations(
    entries: list[Entry],
) -> None:
    calm = [entry for entry in entries if entry.event.type != "ticket.escalated"]
    assert _rank(_case(*entries).level) >= _rank(_case(*calm).level)


@enough
@given(histories())
def test_an_escalation_after_a_response_climbs_by_one(entries: list[Entry]) -> None:
    case = _case(*entries)
    later = entries[-1].event.time + STEP
    case.take(responded(later, "answer"))
    before = case.level
    case.take(escalated(later + STEP, "again"))
    assert _rank(before) >= 0
    assert case.level == above(LEVELS[_rank(before)], 1)


def _rank(level: str | None) -> int:
    return [str(name) for name in LEVELS].index(str(level))


@enough
@given(histories())
def test_every_escalation_asks_for_the_contact_once(entries: list[Entry]) -> None:
    case = _case(*reversed(entries))
    escalations = sum(entry.event.type == "ticket.escalated" for entry in entries)
    assert len(of_type(case.published, "escalation.requested")) == escalations


_spans = st.lists(st.tuples(st.integers(1, 200), st.integers(0, 120)), max_size=4)


@enough
@given(st.sampled_from([CRITICAL, HIGH, MEDIUM, LOW]), st.sampled_from([None, "acme"]), _spans)
def test_the_deadline_is_that_of_a_stopwatch(
    facts: dict[str, Any], client: str | None, spans: list[tuple[int, int]]
) -> None:
    """Minute by minute: one counts when the calendar is open and the ticket waits on nobody."""
    notified, pauses, clock = at("09:10"), [], at("08:00")
    case = _case(created("09:30", notified_at=notified, client=client, facts=facts))
    for number, (running, standing) in enumerate(spans):
        begin = clock + timedelta(minutes=running)
        clock = begin + timedelta(minutes=standing)
        pauses.append((begin, clock))
        case.take(paused(begin, f"p{number}"), resumed(clock, f"r{number}"))
    life = case.life
    assert life is not None
    goal = case.policy.goal(life.level)
    left, minute = goal.respond_within // timedelta(minutes=1), notified
    while left:
        opened = goal.clock == "wall" or life.calendar.is_open(minute)
        left -= opened and not any(begin <= minute < end for begin, end in pauses)
        minute += timedelta(minutes=1)
    assert case.deadline == minute
