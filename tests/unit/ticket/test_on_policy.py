"""A person applies another policy to a ticket that is open."""

from datetime import UTC, datetime, timedelta
from typing import Any

from schemas.decoding import decode
from schemas.outbound import ObjectiveSuperseded, TicketPrioritized
from tests.support.house import event
from worker.policy import loading
from worker.policy.policy import Policy
from worker.ticket import decide
from worker.ticket.announce import Announcer
from worker.ticket.decide import Decision
from worker.ticket.history import Entry
from worker.ticket.ledger import Ledger

NOON = datetime(2026, 3, 9, 16, tzinfo=UTC)
ANNOUNCER = Announcer("/respondby", ("/psa", "T-1"))


def policy(*changes: tuple[str, str]) -> Policy:
    text = loading.default_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return loading.parse(text, "test")


DEFAULT = policy()
RENAMED = policy(('version: "1"', 'version: "2"'))
SOONER = policy(("respond_within: 30m", "respond_within: 15m"))
LATER = policy(("respond_within: 30m", "respond_within: 60m"))
LESS_WARNING = policy(("[0.5, 0.8]", "[0.9]"))


def entry(type_: str, minutes: float = 0, **data: Any) -> Entry:
    body = event(type_, at=NOON + timedelta(minutes=minutes), **data)
    return Entry(decode(body), body)


def lived(*entries: Entry, until: float = 0) -> Ledger:
    """The ledger after these, under the default policy, and so many minutes."""
    ledger = Ledger()
    for place, each in enumerate(entries):
        ledger = decide.on_event(ANNOUNCER, ledger, entries[:place], each, DEFAULT).ledger
    return decide.on_time(ANNOUNCER, ledger, "running", NOON + timedelta(minutes=until)).ledger


def applied(
    ledger: Ledger, entries: tuple[Entry, ...], other: Policy, minutes: float
) -> Decision | None:
    at = NOON + timedelta(minutes=minutes)
    return decide.on_policy(ANNOUNCER, ledger, entries, other, at)


def test_a_policy_that_decides_the_same_changes_nothing() -> None:
    entries = (entry("ticket.created"),)
    assert applied(lived(*entries), entries, DEFAULT, 5) is None
    assert applied(lived(*entries), entries, RENAMED, 5) is None


def test_a_sooner_deadline_is_revised_at_the_instant_of_the_application() -> None:
    entries = (entry("ticket.created"),)
    decision = applied(lived(*entries), entries, SOONER, 5)
    assert decision is not None
    (revised,) = decision.outbound
    assert isinstance(revised, TicketPrioritized)
    assert revised.time == NOON + timedelta(minutes=5)
    assert revised.data.revision == 2
    assert revised.data.deadline == NOON + timedelta(minutes=15)
    assert revised.data.policy.digest == SOONER.digest


def test_a_deadline_that_has_passed_by_then_is_breached_at_once() -> None:
    entries = (entry("ticket.created"),)
    decision = applied(lived(*entries), entries, SOONER, 20)
    assert decision is not None
    assert decision.ledger.wake_at == NOON + timedelta(minutes=20)


def test_alerts_that_no_longer_stand_are_withdrawn_because_of_the_policy() -> None:
    entries = (entry("ticket.created"),)
    decision = applied(lived(*entries, until=31), entries, LATER, 35)
    assert decision is not None
    withdrawn = [found for found in decision.outbound if isinstance(found, ObjectiveSuperseded)]
    assert [found.data.reason for found in withdrawn] == ["policy"]
    assert decision.phase == "running"
    assert decision.deadline == NOON + timedelta(minutes=60)


def test_other_warnings_alone_are_a_change_too() -> None:
    entries = (entry("ticket.created"),)
    decision = applied(lived(*entries), entries, LESS_WARNING, 1)
    assert decision is not None
    assert decision.ledger.wake_at == NOON + timedelta(minutes=27)


def test_applied_again_it_changes_nothing_more() -> None:
    entries = (entry("ticket.created"),)
    decision = applied(lived(*entries), entries, SOONER, 5)
    assert decision is not None
    assert applied(decision.ledger, entries, SOONER, 6) is None


def test_warnings_that_were_noticed_too_late_to_be_given_are_no_change() -> None:
    entries = (entry("ticket.created"),)
    breached = lived(*entries, until=31)
    assert [alert.type for alert in breached.alerts] == ["objective.breached"]
    assert applied(breached, entries, DEFAULT, 35) is None
    assert applied(breached, entries, RENAMED, 35) is None


def test_applied_again_after_its_own_warning_came_too_late_it_changes_nothing_more() -> None:
    entries = (entry("ticket.created"),)
    decision = applied(lived(*entries), entries, LESS_WARNING, 1)
    assert decision is not None
    late = NOON + timedelta(minutes=31)
    told = decide.on_time(ANNOUNCER, decision.ledger, "running", late).ledger
    assert applied(told, entries, LESS_WARNING, 32) is None


def test_a_ticket_that_is_answered_or_closed_is_left_alone() -> None:
    answered = (entry("ticket.created"), entry("ticket.responded", 1))
    closed = (entry("ticket.created"), entry("ticket.closed", 1))
    waiting = (entry("ticket.updated", client="acme"),)
    for entries in (answered, closed, waiting):
        assert applied(lived(*entries), entries, SOONER, 5) is None


def test_the_next_event_goes_on_from_what_was_applied() -> None:
    entries = (entry("ticket.created"),)
    decision = applied(lived(*entries), entries, SOONER, 5)
    assert decision is not None
    updated = entry("ticket.updated", 6, summary="still failing")
    after = decide.on_event(ANNOUNCER, decision.ledger, entries, updated, SOONER)
    assert after.outbound == ()
    assert after.deadline == decision.deadline
