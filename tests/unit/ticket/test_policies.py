"""Policies that change while tickets are open."""

from typing import Any

from tests.support.tickets import (
    CRITICAL,
    HIGH,
    LOW,
    Case,
    at,
    built_in,
    created,
    levels,
    of_type,
    only,
    paused,
    policy,
    responded,
    resumed,
    types,
    updated,
    z,
)
from worker.policy.policy import Policy

BREACHED = "objective.breached"


def _with_high(respond_within: str, **changes: Any) -> Policy:
    high = {"respond_within": respond_within, "clock": "working"}
    return policy(version="2", levels=levels(high=high), **changes)


def test_a_reload_changes_nothing_by_itself() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH))
    case.policy = _with_high("1h", contacts={"default": "somebody-else"}, at_risk=[0.1])
    alerts = case.until("fri 10:00")
    assert [alert["time"] for alert in alerts] == [z("11:00"), z("11:36"), z("12:00")]
    assert alerts[-1]["data"]["contact"] == "customer-success"


def test_the_next_event_is_decided_whole_by_the_policy_in_force() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH), paused("10:10"), resumed("10:20"))
    case.policy = _with_high("3h", contacts={"default": "somebody-else"})
    (revision,) = case.take(updated("10:30", summary="no fact has changed"))
    assert revision["data"]["deadline"] == z("13:10")
    assert revision["data"]["policy"] == {
        "name": "support-priorities",
        "version": "2",
        "digest": case.policy.digest,
    }
    assert only(case.until("14:00"), BREACHED)["data"]["contact"] == "somebody-else"


def test_a_policy_of_the_same_digest_is_no_revision() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH))
    case.policy = policy()
    assert case.take(updated("10:10")) == []


def test_a_deadline_of_a_new_policy_was_set_by_the_event_that_it_decided() -> None:
    case = Case()
    case.play(created("10:00", facts=HIGH), until="11:45")
    case.policy = _with_high("1h")
    case.play(updated("11:50"), until="11:50")
    breach = only(case.published, BREACHED)
    assert (breach["time"], breach["data"]["due_at"]) == (z("11:50"), z("11:00"))


def test_warnings_of_a_new_policy_that_lie_behind_are_not_published() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH))
    case.policy = _with_high("3h")
    case.take(updated("11:40"))
    assert [alert["time"] for alert in case.until("13:00")] == [z("12:24"), z("13:00")]


def test_the_old_policys_deadline_set_anew_stands_from_then_on() -> None:
    case = Case()
    case.play(created("10:00", facts=HIGH), until="12:00")
    case.policy = _with_high("5h")
    case.play(updated("12:30"))
    assert case.standing == []
    case.policy = built_in()
    case.play(updated("12:40"), until="12:40")
    again = of_type(case.published, BREACHED)[-1]
    assert (again["time"], again["data"]["occurrence"]) == (z("12:40"), 2)
    assert [alert.threshold for alert in case.standing] == [None]


def test_a_policy_that_leaves_the_deadline_leaves_the_alerts() -> None:
    case = Case()
    case.play(created("10:00", facts=HIGH), until="12:00")
    case.policy = policy(version="2")
    assert types(case.play(updated("12:30"), until="fri 10:00")) == ["ticket.prioritized"]
    assert len(case.standing) == 3


def test_a_level_that_a_new_policy_gives_is_in_force_for_the_whole_history() -> None:
    case = Case()
    case.take(created("10:00", facts=LOW))
    rules = [{"id": "all", "when": {}, "level": "critical"}]
    case.policy = policy(version="2", rules=rules)
    (revision,) = case.take(updated("10:20"))
    assert (revision["data"]["level"], revision["data"]["previous_level"]) == ("critical", "low")
    assert revision["data"]["deadline"] == z("10:30")


def test_a_reload_while_paused_tells_in_the_deadline_after_it() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH), paused("10:10"))
    case.policy = _with_high("3h")
    case.take(resumed("11:10"))
    assert case.deadline == at("14:00")


def test_an_event_that_does_not_bear_on_the_response_brings_no_new_policy_to_judge_it() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH), responded("11:00"))
    case.policy = _with_high("30m")
    assert types(case.take(updated("10:30", summary="velvet otter"))) == ["ticket.prioritized"]
    assert case.ledger.record is not None
    assert case.ledger.record.outcome == "met"


def test_one_that_bears_on_the_response_has_it_judged_by_the_policy_in_force() -> None:
    case = Case()
    case.take(created("10:00", facts=LOW), responded("11:00"))
    case.policy = _with_high("30m")
    case.take(updated("10:20", facts=HIGH))
    data = case.published[-1]["data"]
    assert (data["outcome"], data["deadline"]) == ("missed", z("10:30"))


def test_an_earlier_response_is_judged_by_the_policy_in_force() -> None:
    case = Case()
    case.take(created("10:00", facts=HIGH), responded("11:00"))
    case.policy = _with_high("30m")
    case.take(responded("10:40"))
    assert case.published[-1]["data"]["outcome"] == "missed"


def test_an_answered_ticket_is_levelled_by_the_new_policy_and_judged_by_the_old() -> None:
    case = Case()
    case.play(created("10:00", facts=CRITICAL), responded("10:10"), until="12:00")
    case.policy = policy(version="2", rules=[{"id": "all", "when": {}, "level": "low"}])
    (revision,) = case.take(updated("12:00"))
    assert (revision["data"]["level"], revision["data"]["deadline"]) == ("low", z("10:30"))
    assert case.ledger.record is not None
    assert (case.ledger.record.outcome, case.ledger.record.level) == ("met", "critical")
