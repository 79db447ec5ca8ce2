"""The level: what the rules say, what a client's tickets are raised by, and escalations."""

from itertools import permutations

import pytest

from tests.support.tickets import (
    CRITICAL,
    HIGH,
    LOW,
    MEDIUM,
    Case,
    closed,
    created,
    escalated,
    of_type,
    only,
    paused,
    policy,
    reopened,
    responded,
    updated,
    with_clients,
    z,
)

REQUEST = "escalation.requested"


@pytest.mark.parametrize(
    ("facts", "level"),
    [(CRITICAL, "critical"), (HIGH, "high"), (MEDIUM, "medium"), (LOW, "low"), ({}, "medium")],
)
def test_the_level_is_the_rules(facts: dict[str, object], level: str) -> None:
    case = Case()
    case.take(created("10:00", facts=facts))
    assert case.level == level


def test_the_rules_level_is_raised_by_the_clients_raise() -> None:
    case = Case(with_clients())
    case.take(created("10:00", client="acme", facts=LOW))
    assert case.level == "medium"


def test_a_raise_is_capped_at_critical() -> None:
    case = Case(policy(clients={"acme": {"raise": 3}}))
    case.take(created("10:00", client="acme", facts=HIGH))
    assert case.level == "critical"


def test_a_client_that_the_policy_does_not_name_is_not_raised() -> None:
    case = Case(with_clients())
    case.take(created("10:00", client="somebody", facts=LOW))
    assert case.level == "low"


def test_a_new_client_brings_its_own_raise() -> None:
    case = Case(with_clients())
    case.take(created("10:00", facts=LOW), updated("11:00", client="acme"))
    assert case.level == "medium"
    case.take(updated("12:00", client="owl"))
    assert case.level == "low"


def test_an_escalations_floor_is_one_above_the_level_in_force() -> None:
    case = Case()
    case.take(created("10:00", facts=MEDIUM), escalated("11:00"))
    assert case.level == "high"


def test_an_escalation_counts_on_top_of_the_clients_raise() -> None:
    case = Case(with_clients())
    case.take(created("10:00", client="acme", facts=LOW), escalated("11:00"))
    assert case.level == "high"


def test_a_floor_is_capped_at_critical() -> None:
    case = Case()
    case.take(created("10:00", facts=CRITICAL), escalated("11:00"))
    assert case.level == "critical"


def test_a_floor_holds_the_level_when_the_facts_would_lower_it() -> None:
    case = Case()
    case.take(created("10:00", facts=MEDIUM), escalated("11:00"), updated("11:30", facts=LOW))
    assert case.level == "high"


def test_the_rules_level_counts_where_it_is_above_the_floor() -> None:
    case = Case()
    case.take(created("10:00", facts=LOW), escalated("11:00"), updated("11:30", facts=CRITICAL))
    assert case.level == "critical"


def test_a_floor_is_taken_from_the_level_at_the_escalations_own_time() -> None:
    case = Case()
    case.take(created("10:00", facts=LOW), updated("12:00", facts=HIGH), escalated("11:00"))
    assert case.level == "high"
    assert only(case.published, REQUEST)["data"]["to_level"] == "medium"


def test_a_late_update_from_before_the_escalation_moves_its_floor() -> None:
    case = Case()
    case.take(created("10:00", facts=LOW), escalated("11:00"))
    assert case.level == "medium"
    case.take(updated("10:30", facts=MEDIUM))
    assert case.level == "high"


def test_a_repeated_escalation_does_not_climb() -> None:
    case = Case()
    case.take(created("10:00", facts=LOW), escalated("11:00"), escalated("11:05"))
    case.take(escalated("15:00"))
    assert case.level == "medium"


def test_a_repeated_escalation_keeps_the_floor_though_the_level_has_risen_meanwhile() -> None:
    case = Case()
    case.take(created("10:00", facts=LOW), escalated("11:00"), updated("11:30", facts=HIGH))
    case.take(escalated("12:00"))
    assert case.level == "high"


def test_after_an_agents_response_an_escalation_climbs_again() -> None:
    case = Case()
    case.take(created("10:00", facts=LOW), escalated("11:00"), responded("11:30"))
    assert case.level == "medium"
    case.take(escalated("12:00"))
    assert case.level == "high"


def test_an_automatic_response_starts_no_new_round() -> None:
    case = Case()
    case.take(created("10:00", facts=LOW), escalated("11:00"))
    case.take(responded("11:30", by="automation"), escalated("12:00"))
    assert case.level == "medium"


def test_any_agents_response_starts_a_new_round_not_only_the_first() -> None:
    case = Case()
    case.take(created("10:00", facts=LOW), responded("10:30"), escalated("11:00"))
    case.take(responded("11:30"), escalated("12:00"))
    assert case.level == "high"


def test_a_response_told_of_later_starts_its_round_when_it_was_given() -> None:
    case = Case()
    case.take(created("10:00", facts=LOW), escalated("11:00"), escalated("12:00"))
    assert case.level == "medium"
    case.take(responded("13:00", responded_at="11:30"))
    assert case.level == "high"


def test_escalations_climb_alike_in_whatever_order_they_arrive() -> None:
    entries = (
        created("10:00", facts=LOW),
        escalated("11:00"),
        responded("11:30"),
        escalated("12:00"),
        escalated("13:00"),
    )
    for arrival in permutations(entries):
        case = Case()
        case.take(*arrival)
        assert case.level == "high"


def test_to_level_lifts_the_floor() -> None:
    case = Case()
    case.take(created("10:00", facts=LOW), escalated("11:00", to_level="critical"))
    assert case.level == "critical"


@pytest.mark.parametrize("to_level", ["low", "medium"])
def test_to_level_may_only_lift(to_level: str) -> None:
    case = Case()
    case.take(created("10:00", facts=MEDIUM), escalated("11:00", to_level=to_level))
    assert case.level == "high"


def test_a_repeated_escalation_may_lift_to_a_level_of_its_own() -> None:
    case = Case()
    case.take(created("10:00", facts=LOW), escalated("11:00"), escalated("11:30", to_level="high"))
    assert case.level == "high"
    case.take(escalated("12:00"))
    assert case.level == "high"


def test_each_escalation_asks_for_the_contact_once() -> None:
    case = Case()
    case.take(created("10:00", facts=LOW), escalated("11:00", "a"), escalated("11:05", "b"))
    case.take(escalated("11:00", "a"), updated("10:30", facts=MEDIUM), responded("12:00"))
    asked = of_type(case.published, REQUEST)
    assert [event["time"] for event in asked] == [z("11:00"), z("11:05")]
    assert len({event["id"] for event in asked}) == 2


def test_an_escalation_asks_for_the_contact_at_critical_too() -> None:
    case = Case()
    case.take(created("10:00", facts=CRITICAL), escalated("11:00"))
    asked = only(case.published, REQUEST)
    assert asked["data"]["from_level"] == asked["data"]["to_level"] == "critical"


def test_an_escalation_of_an_ended_or_paused_ticket_asks_for_the_contact_too() -> None:
    case = Case()
    case.take(created("10:00", facts=LOW), paused("10:10"), escalated("10:20", "a"))
    case.take(responded("10:30"), escalated("10:40", "b"), closed("10:50"))
    case.take(escalated("11:00", "c"), reopened("11:10"))
    assert len(of_type(case.published, REQUEST)) == 3


def test_an_escalation_that_waited_for_its_ticket_is_told_of_with_its_own_time() -> None:
    case = Case()
    case.take(escalated("11:00", "e", traceparent="00-e", reason="it burns"))
    case.take(created("10:00", facts=LOW, traceparent="00-c"))
    asked = only(case.published, REQUEST)
    assert (asked["time"], asked["traceparent"]) == (z("11:00"), "00-e")
    in_order = Case()
    in_order.take(created("10:00", facts=LOW), escalated("11:00", "e", reason="it burns"))
    assert asked["id"] == only(in_order.published, REQUEST)["id"]


def test_an_escalation_older_than_its_ticket_counts_from_the_tickets_level() -> None:
    case = Case()
    case.take(escalated("09:00"), created("10:00", facts=MEDIUM))
    asked = only(case.published, REQUEST)
    assert (asked["data"]["from_level"], asked["data"]["to_level"]) == ("medium", "high")
    assert (case.level, asked["time"]) == ("high", z("10:00"))


def test_escalations_that_waited_are_each_told_of_with_the_level_that_they_gave() -> None:
    case = Case()
    case.take(escalated("11:00"), responded("11:30"), escalated("12:00"))
    case.take(created("10:00", facts=LOW))
    asked = [event["data"] for event in of_type(case.published, REQUEST)]
    assert [(data["level"], data["from_level"]) for data in asked] == [
        ("medium", "low"),
        ("high", "medium"),
    ]


def test_a_response_older_than_its_ticket_still_parts_the_rounds() -> None:
    case = Case()
    case.take(escalated("09:00"), responded("09:10"), escalated("09:20"))
    case.take(created("10:00", facts=LOW))
    assert case.level == "high"
