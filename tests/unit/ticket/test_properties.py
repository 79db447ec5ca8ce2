"""Guarantees over random histories of one ticket."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.envelope import LEVELS
from tests.support.tickets import (
    CLIENTS,
    CRITICAL,
    HIGH,
    LOW,
    MEDIUM,
    Builder,
    Case,
    Document,
    at,
    closed,
    created,
    escalated,
    of_type,
    paused,
    reopened,
    resolved,
    responded,
    resumed,
    updated,
    with_clients,
)
from worker.policy.policy import above
from worker.ticket import history
from worker.ticket.history import Entry
from worker.ticket.life import live

START = at("08:00")
STEP = timedelta(minutes=30)
#: Half hours of Monday, the closed ones of its morning and evening too, and some of Tuesday.
TIMES = [START + n * STEP for n in range(21)] + [at("tue 09:00") + n * STEP for n in range(5)]
#: So far that every deadline and every alert lies before it.
LONG_AFTER = START + timedelta(days=30)

# No limits of time: they would measure the machine.
_enough = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
_sequences = st.sampled_from([None, None, None, 1, "2", 10])
_clients = st.sampled_from([None, *CLIENTS, "somebody"])
_facts = st.one_of(
    st.sampled_from([CRITICAL, HIGH, HIGH, MEDIUM, LOW]),
    st.sampled_from([CRITICAL, HIGH]),
    st.dictionaries(
        st.sampled_from(["system_critical", "workaround", "degraded"]),
        st.sampled_from([True, False, None]),
    ),
)
_SIMPLE: tuple[Builder, ...] = (
    paused,
    resumed,
    paused,
    resumed,
    resolved,
    closed,
    reopened,
    reopened,
)


def _not_after(time: datetime) -> st.SearchStrategy[datetime]:
    return st.sampled_from([earlier for earlier in TIMES if earlier <= time])


@st.composite
def _stated(draw: st.DrawFn, time: datetime) -> dict[str, Any]:
    stated: dict[str, Any] = {}
    if draw(st.integers(0, 3)) > 0:
        stated["facts"] = draw(_facts)
    if draw(st.integers(0, 3)) == 0:
        stated["client"] = draw(_clients)
    if draw(st.integers(0, 3)) == 0:
        stated["notified_at"] = draw(_not_after(time))
    return stated


@st.composite
def _event(draw: st.DrawFn, id_: str, kind: str) -> Entry:
    time = draw(st.sampled_from(TIMES))
    data: dict[str, Any] = {}
    builders: dict[str, Builder] = {
        "created": created,
        "updated": updated,
        "responded": responded,
        "escalated": escalated,
    }
    build = builders.get(kind) or draw(st.sampled_from(_SIMPLE))
    if kind in ("created", "updated"):
        data = draw(_stated(time))
    elif kind == "responded":
        data["by"] = draw(st.sampled_from(["agent", "agent", "automation"]))
        if draw(st.booleans()):
            data["responded_at"] = draw(_not_after(time))
    elif kind == "escalated" and draw(st.integers(0, 2)) == 0:
        data["to_level"] = draw(st.sampled_from(LEVELS))
    return build(time, id_, sequence=draw(_sequences), **data)


@st.composite
def histories(draw: st.DrawFn) -> list[Entry]:
    """Some events of a ticket, ties in time among them, in the order of their times.

    The ticket is created once or twice, mostly before the rest but not always.
    """
    kinds = draw(
        st.lists(
            st.sampled_from(
                [
                    "updated",
                    "updated",
                    "updated",
                    "responded",
                    "escalated",
                    "simple",
                    "simple",
                    "simple",
                ]
            ),
            min_size=4,
            max_size=14,
        )
    )
    if draw(st.integers(0, 3)) == 0:
        kinds.append("created")
    time = draw(st.sampled_from(TIMES[:5]))
    first = created(time, "first", **draw(_stated(time)), sequence=draw(_sequences))
    return _as_replayed([first, *(draw(_event(f"e{n}", kind)) for n, kind in enumerate(kinds))])


def _as_replayed(entries: list[Entry]) -> list[Entry]:
    """By time; at one instant as the history has them."""
    place = {id(entry): n for n, entry in enumerate(history.ordered(entries))}
    return sorted(entries, key=lambda entry: (entry.event.time, place[id(entry)]))


def _case(*entries: Entry) -> Case:
    case = Case(with_clients())
    case.take(*entries)
    return case


def _ends(last: datetime) -> st.SearchStrategy[datetime]:
    """Instants from the last event on at which to look: at once, soon, or when all is over."""
    return st.sampled_from([last, last + STEP, last + timedelta(hours=5), LONG_AFTER])


@_enough
@given(histories(), st.data())
def test_the_end_is_the_same_in_whatever_order_and_however_often_events_arrive(
    entries: list[Entry], data: st.DataObject
) -> None:
    last = data.draw(_ends(entries[-1].event.time))
    in_order, shuffled = _case(*entries), Case(with_clients())
    in_order.until(last)
    doubled = data.draw(st.lists(st.sampled_from(entries), max_size=3))
    shuffled.take(*data.draw(st.permutations([*entries, *doubled])))
    shuffled.wake(last)
    assert shuffled.end == in_order.end


@_enough
@given(histories(), st.data())
def test_the_end_is_the_same_though_time_passes_between_the_events(
    entries: list[Entry], data: st.DataObject
) -> None:
    last = data.draw(_ends(entries[-1].event.time))
    at_once, replayed = _case(*entries), Case(with_clients())
    at_once.until(last)
    replayed.play(*entries, until=last)
    assert replayed.end == at_once.end


@_enough
@given(histories(), st.data())
def test_the_end_is_the_same_though_events_are_late_and_time_passes_meanwhile(
    entries: list[Entry], data: st.DataObject
) -> None:
    last = data.draw(_ends(entries[-1].event.time))
    replayed, late = Case(with_clients()), Case(with_clients())
    replayed.play(*entries, until=last)
    now = START
    for entry in data.draw(st.permutations(entries)):
        now = min(max(now, entry.event.time) + data.draw(st.integers(0, 5)) * STEP, last)
        late.wake(now)
        late.take(entry)
    late.until(last)
    assert late.end == replayed.end


@_enough
@given(histories(), st.data())
def test_a_sleepy_live_worker_ends_the_same_but_for_warnings_that_came_too_late(
    entries: list[Entry], data: st.DataObject
) -> None:
    replayed, sleepy = Case(with_clients()), Case(with_clients())
    replayed.play(*entries, until=LONG_AFTER)
    for entry in entries:
        if data.draw(st.booleans()):
            sleepy.wake(entry.event.time, live=True)
        sleepy.take(entry)
    sleepy.wake(LONG_AFTER, live=True)
    missing = replayed.end.standing - sleepy.end.standing
    assert sleepy.end._replace(standing=frozenset()) == replayed.end._replace(standing=frozenset())
    assert sleepy.end.standing <= replayed.end.standing
    assert all(alert.threshold is not None for alert in missing)


@_enough
@given(histories(), st.data())
def test_no_id_is_ever_published_twice(entries: list[Entry], data: st.DataObject) -> None:
    case = Case(with_clients())
    for entry in data.draw(st.permutations(entries)):
        case.take(entry)
        if data.draw(st.booleans()):
            case.until(entry.event.time)
    case.until(LONG_AFTER)
    ids = [event["id"] for event in case.published]
    assert len(set(ids)) == len(ids)


@_enough
@given(histories(), st.data())
def test_of_one_deadline_at_most_one_alert_of_a_kind_stands(
    entries: list[Entry], data: st.DataObject
) -> None:
    case = Case(with_clients())
    for entry in data.draw(st.permutations(entries)):
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


@_enough
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


@_enough
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


@_enough
@given(histories())
def test_a_breach_stands_exactly_when_the_response_was_missed(entries: list[Entry]) -> None:
    case = Case(with_clients())
    case.play(*entries, until=LONG_AFTER)
    if case.ledger.record:
        assert case.ledger.breached == (case.ledger.record.outcome == "missed")


@_enough
@given(histories())
def test_the_earliest_agent_response_is_the_one_that_is_recorded(entries: list[Entry]) -> None:
    answers = [
        entry.event.data.responded_at or entry.event.time
        for entry in entries
        if entry.event.type == "ticket.responded" and entry.event.data.by == "agent"
    ]
    record = _case(*entries).ledger.record
    assert (record and record.responded_at) == min(answers, default=None)


@_enough
@given(histories())
def test_an_escalation_never_lowers_and_its_repetition_never_climbs(entries: list[Entry]) -> None:
    case = _case(*entries)
    later = entries[-1].event.time + STEP
    levels = [case.level]
    for number in range(3):
        case.take(escalated(later + number * STEP, f"again{number}"))
        levels.append(case.level)
    assert _rank(levels[1]) >= _rank(levels[0])
    assert levels[1] == levels[2] == levels[3]


@_enough
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


@_enough
@given(histories())
def test_every_escalation_asks_for_the_contact_once(entries: list[Entry]) -> None:
    case = _case(*reversed(entries))
    escalations = sum(entry.event.type == "ticket.escalated" for entry in entries)
    assert len(of_type(case.published, "escalation.requested")) == escalations


_spans = st.lists(st.tuples(st.integers(1, 200), st.integers(0, 120)), max_size=4)


@_enough
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
