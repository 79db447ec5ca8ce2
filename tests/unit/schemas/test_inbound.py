"""Every inbound event of the contract: what it must say, what it may, and what is passed over."""

from typing import Any

import pytest

from schemas.decoding import Rejected, decode
from schemas.facts import FACTS
from schemas.inbound import (
    INBOUND_TYPES,
    Inbound,
    TicketCreated,
    TicketEscalated,
    TicketPaused,
    TicketResponded,
    TicketUpdated,
)
from schemas.times import parse
from tests.support.examples import body, created, event

WHEN = "2026-03-09T14:30:00Z"
BEFORE = "2026-03-09T10:00:00-04:00"

NEEDED: dict[str, dict[str, Any]] = {"ticket.created": {"summary": "It fails"}}
OPTIONAL: dict[str, dict[str, Any]] = {
    "ticket.created": {
        "description": "Since noon",
        "client": "acme",
        "notified_at": BEFORE,
        "facts": {"request": "fault"},
    },
    "ticket.updated": {
        "summary": "It fails",
        "description": "Since noon",
        "client": "acme",
        "notified_at": BEFORE,
        "facts": {"request": None},
    },
    "ticket.responded": {"responded_at": BEFORE, "by": "automation"},
    "ticket.paused": {"reason": "waiting on the client"},
    "ticket.resumed": {"reason": "the client answered"},
    "ticket.escalated": {"requested_by": "Ada", "reason": "A demo at noon", "to_level": "high"},
}


def read(written: dict[str, Any]) -> Inbound:
    return decode(body(written))


@pytest.mark.parametrize("type_", INBOUND_TYPES)
def test_each_type_needs_no_more_than_the_contract_says(type_: str) -> None:
    told = read(event(type_, WHEN, "T-9", id_="e-1", **NEEDED.get(type_, {})))
    assert (told.type, told.id, told.source) == (type_, "e-1", "/psa")
    assert (told.time, told.data.ticket_id) == (parse(WHEN), "T-9")


@pytest.mark.parametrize("type_", OPTIONAL)
def test_each_type_may_say_all_that_the_contract_lists(type_: str) -> None:
    fields = {**NEEDED.get(type_, {}), **OPTIONAL[type_]}
    said = read(event(type_, WHEN, **fields)).data
    assert said.model_fields_set == {"ticket_id", *fields}
    assert set(type(said).model_fields) == {"ticket_id", *fields}


@pytest.mark.parametrize("type_", INBOUND_TYPES)
def test_unknown_fields_do_not_fail_an_event(type_: str) -> None:
    odd: dict[str, Any] = {"colour": "red", "nested": {"deep": [None, 1e300, {}]}, "Ticket_ID": 7}
    written = event(type_, WHEN, **NEEDED.get(type_, {}), **odd)
    assert read({**written, "datacontenttype": "application/json", "partitionkey": 7})


def test_unknown_facts_do_not_fail_an_event() -> None:
    told = read(created(WHEN, facts={"moon": "full", "workaround": True}))
    assert isinstance(told, TicketCreated)
    assert told.data.facts is not None
    assert told.data.facts.stated() == {"workaround": True}


@pytest.mark.parametrize(("fact", "value"), [(f, v) for f, values in FACTS.items() for v in values])
def test_a_fact_may_have_each_value_of_the_contract(fact: str, value: object) -> None:
    told = read(created(WHEN, facts={fact: value}))
    assert isinstance(told, TicketCreated)
    assert told.data.facts is not None
    assert told.data.facts.stated() == {fact: value}


def test_an_update_tells_a_fact_taken_back_from_one_not_spoken_of() -> None:
    told = read(event("ticket.updated", WHEN, facts={"stage": None, "degraded": False}))
    assert isinstance(told, TicketUpdated)
    assert told.data.facts is not None
    assert told.data.facts.stated() == {"stage": None, "degraded": False}


def test_an_update_tells_a_client_taken_back_from_one_not_spoken_of() -> None:
    back = read(event("ticket.updated", WHEN, client=None)).data
    silent = read(event("ticket.updated", WHEN)).data
    assert "client" in back.model_fields_set
    assert "client" not in silent.model_fields_set


def test_a_response_is_an_agent_s_unless_it_says_otherwise() -> None:
    told = read(event("ticket.responded", WHEN))
    assert isinstance(told, TicketResponded)
    assert told.data.by == "agent"


def test_a_response_by_nobody_is_refused_rather_than_taken_for_an_agent_s() -> None:
    with pytest.raises(Rejected, match=r"data\.by must be 'agent' or 'automation'"):
        read(event("ticket.responded", WHEN, by=None))


@pytest.mark.parametrize("ticket_id", ["x", "x" * 200, "é" * 200, "🎫" * 200, " ", "#1/2"])
def test_a_ticket_id_is_any_string_of_1_to_200_characters(ticket_id: str) -> None:
    told = read(event("ticket.paused", WHEN, ticket_id))
    assert isinstance(told, TicketPaused)
    assert told.data.ticket_id == ticket_id


def test_a_subject_may_be_absent_null_or_the_ticket_s_id() -> None:
    plain = event("ticket.closed", WHEN)
    for written in (plain, {**plain, "subject": None}, {**plain, "subject": "T-1"}):
        assert read(written).data.ticket_id == "T-1"


def test_the_trace_is_carried_through_as_it_came() -> None:
    trace = {
        "traceparent": "00-" + "a" * 32 + "-" + "b" * 16 + "-01",
        "tracestate": "v=" + "x" * 900,
    }
    told = read({**created(WHEN), **trace})
    assert {"traceparent": told.traceparent, "tracestate": told.tracestate} == trace


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("007", "007"),
        (7, "7"),
        (-7, "-7"),
        ("a-7", "a-7"),
        (-(10**200) + 1, "-" + "9" * 200),
        (None, None),
    ],
)
def test_a_sequence_is_a_string_or_an_integer(written: object, kept: str | None) -> None:
    assert read({**created(WHEN), "sequence": written}).sequence == kept


def test_an_escalation_may_name_its_level() -> None:
    told = read(event("ticket.escalated", WHEN, to_level="critical"))
    assert isinstance(told, TicketEscalated)
    assert told.data.to_level == "critical"
