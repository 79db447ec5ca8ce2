"""What a policy file may say, and what it means."""

from datetime import date, timedelta
from typing import Any

import pytest
import yaml

from schemas.envelope import LEVELS
from worker.policy import loading
from worker.policy.file import PolicyFile
from worker.policy.policy import Policy, above, highest, objectives_in_seconds

DEFAULT = loading.default_text()


def policy(**changes: Any) -> Policy:
    """The built-in policy with other top-level parts."""
    return loading.parse(yaml.safe_dump({**yaml.safe_load(DEFAULT), **changes}), "a test")


def calendar(**changes: Any) -> dict[str, Any]:
    return {"timezone": "Europe/Oslo", "hours": {"monday": ["09:00-17:00"]}, **changes}


def test_a_file_needs_neither_at_risk_nor_binding_nor_clients_nor_contacts() -> None:
    said = yaml.safe_load(DEFAULT)
    for optional in ("at_risk", "binding", "contacts"):
        del said[optional]
    plain = loading.parse(yaml.safe_dump(said), "a test")
    assert (plain.at_risk, plain.binding, plain.contact_of("acme")) == ((0.5, 0.8), False, None)


def test_a_level_s_goal_is_a_duration_on_a_clock() -> None:
    levels = {level: {"respond_within": "1h30m", "clock": "wall"} for level in LEVELS}
    goal = policy(levels=levels).goal("high")
    assert (goal.respond_within, goal.clock) == (timedelta(minutes=90), "wall")


def test_at_risk_may_be_one_fraction_many_or_none() -> None:
    for fractions in ([], [0.5], [0.25, 0.5, 0.75, 0.999]):
        assert policy(at_risk=fractions).at_risk == tuple(fractions)


def test_a_client_has_its_calendar_contact_and_raise_and_the_rest_the_defaults() -> None:
    mine = policy(
        calendars={"default": calendar(), "other": calendar()},
        clients={"acme": {"calendar": "other", "contact": "Ada", "raise": 1}, "bare": {}},
        contacts={"default": "the desk"},
    )
    for client in ("bare", "nobody", None):
        assert mine.calendar_of(client).name == "default"
        assert mine.contact_of(client) == "the desk"
        assert mine.raised("low", client) == "low"
    assert mine.calendar_of("acme").name == "other"
    assert mine.contact_of("acme") == "Ada"
    assert mine.raised("low", "acme") == "medium"


@pytest.mark.parametrize(
    ("level", "steps", "raised"),
    [
        ("low", 0, "low"),
        ("low", 1, "medium"),
        ("medium", 3, "critical"),
        ("critical", 1, "critical"),
    ],
)
def test_a_level_is_raised_at_most_to_critical(level: Any, steps: int, raised: str) -> None:
    assert above(level, steps) == raised


def test_the_highest_level_is_the_most_urgent_that_is_there() -> None:
    assert highest("low", None, "high", "medium") == "high"


def test_the_wall_clock_is_no_client_s_calendar() -> None:
    mine = policy()
    default = mine.calendar_of(None)
    assert mine.clock_of("high", default) is default
    assert mine.clock_of("critical", default).name == "always"


def test_the_objectives_are_told_in_seconds() -> None:
    promised = {"critical": 1800, "high": 7200, "medium": 21600, "low": 28800}
    assert objectives_in_seconds(policy()) == promised


def test_the_digest_is_the_same_for_what_means_the_same() -> None:
    plain = yaml.safe_load(DEFAULT)
    spelled_otherwise = [
        policy(),
        policy(at_risk=[0.50, 0.80]),
        policy(clients={}, sources={}),
        policy(levels=dict(reversed(plain["levels"].items()))),
        policy(binding="no"),
    ]
    assert {p.digest for p in spelled_otherwise} == {loading.parse(DEFAULT, "").digest}


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "other"},
        {"version": "2"},
        {"binding": True},
        {"at_risk": [0.5]},
        {"contacts": {"default": "Ada"}},
        {"clients": {"acme": {"raise": 1}}},
        {"calendars": {"default": calendar()}},
        {"calendars": {"default": calendar(holidays={"country": "NO"})}},
        {"calendars": {"default": calendar(holidays={"dates": ["2026-03-09"]})}},
        {"calendars": {"default": calendar(holidays={"dates": ["2099-03-09"]})}},
        {"rules": [{"id": "all", "level": "low"}]},
        {"rules": [{"id": "all", "level": "high"}]},
    ],
)
def test_the_digest_is_another_for_what_means_something_else(changes: dict[str, Any]) -> None:
    others = [
        policy(),
        policy(calendars={"default": calendar(holidays={"country": "SE"})}),
        policy(rules=[{"id": "all", "level": "medium"}]),
    ]
    assert policy(**changes).digest not in {other.digest for other in others}


def test_holidays_are_told_for_each_calendar_less_those_that_are_worked() -> None:
    mine = policy(
        calendars={
            "default": calendar(holidays={"country": "NO", "open": ["2026-05-17"]}),
            "own": calendar(holidays={"dates": ["2026-05-17", "2027-01-04"]}),
        }
    )
    closed = mine.holidays([2026])
    assert date(2026, 5, 1) in closed["default"]
    assert date(2026, 5, 17) not in closed["default"]
    assert list(closed["own"]) == [date(2026, 5, 17)]


def test_a_file_that_contradicts_itself_is_refused_as_a_model_too() -> None:
    said = {**yaml.safe_load(DEFAULT), "default_calendar": "moon"}
    with pytest.raises(ValueError, match="default_calendar: no calendar 'moon' here"):
        PolicyFile.model_validate(said)


def test_the_model_takes_values_as_well_as_their_text() -> None:
    said = yaml.safe_load(DEFAULT)
    said["calendars"]["default"]["holidays"]["dates"] = [date(2026, 3, 9)]
    said["levels"]["low"]["respond_within"] = timedelta(hours=8)
    read = PolicyFile.model_validate(said)
    assert read.calendars["default"].holidays.dates == (date(2026, 3, 9),)
    again = PolicyFile.model_validate(
        read.model_dump(mode="json", by_alias=True, exclude_none=True)
    )
    assert again == read
