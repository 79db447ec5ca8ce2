"""Ids: one fact has one id, whoever publishes it and how often."""

import json
import uuid

from hypothesis import given
from hypothesis import strategies as st

from tests.support.tickets import (
    HIGH,
    LOW,
    SOURCE,
    TICKET,
    Case,
    Document,
    at,
    created,
    escalated,
    only,
    responded,
    updated,
    z,
)
from worker.ticket import ids


def _id(*about: object) -> str:
    array = json.dumps([SOURCE, TICKET, *about], separators=(",", ":"), ensure_ascii=False)
    return str(uuid.uuid5(ids.NAMESPACE, array))


def _told() -> list[Document]:
    case = Case()
    case.play(created("10:00", facts=HIGH), until="12:00")
    case.take(escalated("12:10", "escalation"), responded("12:20", "response"))
    return case.published


def test_the_namespace_never_changes() -> None:
    assert str(ids.NAMESPACE) == "6d3c8a0e-6f0b-5d0c-9f5e-0b8f6f6c2b71"


def test_an_id_is_the_uuid_of_the_compact_json_array_of_what_the_event_is_about() -> None:
    array = '["/psa","T-1","ticket.prioritized",1]'
    assert ids.event_id((SOURCE, TICKET), "ticket.prioritized", 1) == str(
        uuid.uuid5(ids.NAMESPACE, array)
    )


def test_letters_beyond_ascii_stand_as_they_are() -> None:
    array = '["/psa","Störung-1","ticket.prioritized",1]'
    assert ids.event_id((SOURCE, "Störung-1"), "ticket.prioritized", 1) == str(
        uuid.uuid5(ids.NAMESPACE, array)
    )


@given(st.text(st.characters(codec="utf-8")), st.integers())
def test_an_id_is_the_one_that_python_s_own_uuid5_gives(ticket_id: str, number: int) -> None:
    array = json.dumps([SOURCE, ticket_id, "x", number], separators=(",", ":"), ensure_ascii=False)
    assert ids.event_id((SOURCE, ticket_id), "x", number) == str(uuid.uuid5(ids.NAMESPACE, array))


def test_instants_stand_as_events_write_them_whatever_their_zone() -> None:
    local = at("12:00").astimezone()
    assert ids.event_id((SOURCE, TICKET), "x", local) == _id("x", z("12:00"))


def test_a_revisions_id_is_of_its_number() -> None:
    assert _told()[0]["id"] == _id("ticket.prioritized", 1)


def test_an_alerts_id_is_of_its_deadline_threshold_and_occurrence() -> None:
    _, half, most, breach, *_ = _told()
    assert half["id"] == _id("objective.at_risk", z("12:00"), 0.5, 1)
    assert most["id"] == _id("objective.at_risk", z("12:00"), 0.8, 1)
    assert breach["id"] == _id("objective.breached", z("12:00"), None, 1)


def test_the_id_of_what_an_event_asks_for_is_of_that_events_id() -> None:
    assert only(_told(), "escalation.requested")["id"] == _id("escalation.requested", "escalation")
    case = Case()
    case.take(created("10:00", facts=HIGH), responded("10:10", "response"))
    assert case.published[-1]["id"] == _id("response.recorded", "response")


def test_one_event_that_withdraws_several_alerts_gives_each_its_own_id() -> None:
    case = Case()
    case.play(created("10:00", facts=HIGH), until="12:00")
    case.take(updated("12:10", facts=LOW))
    alerts, withdrawn = case.published[1:4], case.published[-3:]
    assert [event["id"] for event in withdrawn] == [
        _id("objective.superseded", alert["id"]) for alert in alerts
    ]


def test_the_same_history_told_twice_gives_the_same_events_to_the_byte() -> None:
    assert json.dumps(_told()) == json.dumps(_told())


def test_tickets_of_one_id_and_different_sources_have_different_events() -> None:
    here, there = ids.event_id(("/a", "b"), "t", 1), ids.event_id(("/b", "a"), "t", 1)
    assert here != there
