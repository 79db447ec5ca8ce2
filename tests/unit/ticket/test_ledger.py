"""The ledger: what has been published and planned, as bytes in the store."""

from dataclasses import replace

from tests.support.tickets import (
    CRITICAL,
    HIGH,
    LOW,
    Case,
    at,
    closed,
    created,
    escalated,
    paused,
    policy,
    reopened,
    responded,
    updated,
)
from worker.ticket import decide, ledger
from worker.ticket.announce import Announcer
from worker.ticket.history import Entry
from worker.ticket.ledger import Ledger


def test_an_empty_ledger_is_empty_bytes_of_json() -> None:
    assert ledger.encode(Ledger()) == b"{}"
    assert ledger.decode(b"{}") == Ledger()


def test_a_ledger_comes_back_from_its_bytes_as_it_was() -> None:
    case = Case()
    announcer = Announcer("/respondby", ("/psa", "T-1"))
    known = Ledger()
    history: list[Entry] = []
    for entry in (
        created("10:00", facts=HIGH, client="somebody", traceparent="00-a"),
        escalated("10:10"),
        updated("10:20", facts={"degraded": None}),
        responded("10:50"),
    ):
        known = decide.on_time(announcer, known, "running", entry.event.time, live_=False).ledger
        known = decide.on_event(announcer, known, history, entry, case.policy).ledger
        history.append(entry)
        assert ledger.decode(ledger.encode(known)) == known
    assert known.revision
    assert known.alerts
    assert known.record


def test_a_ledger_keeps_the_reset_of_a_new_policy() -> None:
    case = Case()
    case.take(created("10:00", facts=CRITICAL))
    case.policy = policy(version="2", rules=[{"id": "all", "when": {}, "level": "low"}])
    case.take(updated("10:10"))
    assert case.ledger.reset == ledger.Reset(deadline=at("tue 10:00"), at=at("10:10"))


def test_a_planned_alert_tells_when_the_event_that_set_its_deadline_was_received() -> None:
    case = Case()
    case.take(replace(created("10:00", facts=LOW), received_at=at("10:01")))
    assert {planned.known_at for planned in case.ledger.plan} == {at("10:01")}
    case.take(replace(updated("10:30", facts=HIGH), received_at=at("10:31")))
    case.take(replace(updated("10:40", summary="still"), received_at=at("10:41")))
    assert {planned.known_at for planned in case.ledger.plan} == {at("10:31")}


def test_an_alert_that_stands_again_was_known_when_that_was_heard_of() -> None:
    case = Case()
    case.take(replace(created("10:00", facts=HIGH), received_at=at("10:00")))
    case.until("12:30")
    case.take(replace(closed("11:50"), received_at=at("12:40")))
    case.take(replace(reopened("11:50"), received_at=at("13:10")))
    assert {planned.known_at for planned in case.ledger.plan} == {at("13:10")}


def test_the_next_wake_up_is_the_first_planned_alert() -> None:
    case = Case()
    case.take(created("10:00", facts=LOW))
    assert case.ledger.wake_at == at("14:00")
    case.wake("15:00")
    assert case.ledger.wake_at == at("16:24")


def test_a_ticket_on_which_nothing_is_due_has_no_wake_up() -> None:
    case = Case()
    assert case.ledger.wake_at is None
    case.take(created("10:00", facts=LOW), paused("11:00"))
    assert case.ledger.wake_at is None
