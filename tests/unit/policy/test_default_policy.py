"""The built-in policy against the table of the contract, said a second time and in other words."""

import itertools
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

import pytest

from schemas.envelope import LEVELS, Level
from schemas.facts import FACTS, FactName, FactValue
from tests.support import severity
from tests.support.examples import EXAMPLES, Example
from tests.support.examples import FACTS as STATED
from worker.policy import loading
from worker.policy.policy import Policy
from worker.policy.rules import Known


class Case(NamedTuple):
    """A combination of facts; None is unknown."""

    request: FactValue | None
    stage: FactValue | None
    system_critical: FactValue | None
    workaround: FactValue | None
    degraded: FactValue | None

    @property
    def known(self) -> Known:
        facts: dict[FactName, FactValue | None] = dict(zip(FACTS, self, strict=True))
        return {name: value for name, value in facts.items() if value is not None}

    def but(self, name: FactName, value: FactValue | None) -> "Case":
        return Case(**{**self._asdict(), name: value})

    def __str__(self) -> str:
        return " ".join(f"{name}={value}" for name, value in self._asdict().items())


CASES = [Case(*facts) for facts in itertools.product(*((None, *FACTS[name]) for name in FACTS))]


@cache
def default() -> Policy:
    return loading.parse(loading.default_text(), "the default")


def by_the_table(case: Case) -> tuple[Level, bool]:  # noqa: PLR0911 - one for each row
    """Level and needs_triage, row for row as the contract has them."""
    if case.request in ("question", "feature", "cosmetic", "build"):
        return "low", False
    if case.stage in ("testing", "building"):
        return "low", False
    if case.system_critical is not True and (case.workaround or case.degraded):
        return "medium", case.system_critical is None
    if case.system_critical is not None:
        lacking = (case.request is None) + (case.stage is None)
        if case.system_critical is False:
            return "high", lacking > 0
        return ("high" if lacking == 2 else "critical"), lacking > 0
    if case.request == "fault" or case.stage == "production":
        return "high", True
    return "medium", True


def test_there_are_648_combinations() -> None:
    assert len(set(CASES)) == 648


@pytest.mark.parametrize("request_", [None, *FACTS["request"]])
def test_every_combination_has_the_level_and_triage_of_the_contract(request_: str | None) -> None:
    wrong = [
        f"{case}: {verdict.level}, triage {verdict.needs_triage}, by {verdict.rule}"
        for case in CASES
        if case.request == request_
        for verdict in [default().verdict(case.known)]
        if (verdict.level, verdict.needs_triage) != by_the_table(case)
    ]
    assert not wrong


def test_unknown_are_the_unstated_facts_of_which_one_value_would_change_the_level() -> None:
    for case in CASES:
        level, _ = by_the_table(case)
        would_matter = tuple(
            name
            for name in FACTS
            if getattr(case, name) is None
            and any(by_the_table(case.but(name, value))[0] != level for value in FACTS[name])
        )
        assert default().verdict(case.known).unknown == would_matter, str(case)


@pytest.mark.parametrize(
    ("known", "unknown"),
    [
        ({}, ("request", "stage", "system_critical")),
        ({"request": "question"}, ()),
        (STATED["critical"], ()),
        (STATED["high"], ("workaround", "degraded")),
        (STATED["medium"], ()),
        (
            {"request": "fault", "stage": "production"},
            ("system_critical", "workaround", "degraded"),
        ),
        ({"system_critical": True}, ("request", "stage")),
    ],
)
def test_who_reads_the_event_sees_what_to_ask_for(
    known: Known, unknown: tuple[FactName, ...]
) -> None:
    assert default().verdict(known).unknown == unknown


def test_no_rule_is_idle() -> None:
    matched = {default().verdict(case.known).rule for case in CASES}
    assert matched == {rule.id for rule in default().file.rules}


def test_a_fact_that_speaks_for_more_never_lowers_the_level() -> None:
    """One fact at a time is enough: any number of them come one after another."""
    lowered = [
        f"{case}: {name} {value} gives {after}"
        for case in CASES
        for name in FACTS
        for value in severity.above(name, getattr(case, name))
        for before, after in [(level(case), level(case.but(name, value)))]
        if LEVELS.index(after) < LEVELS.index(before)
    ]
    assert not lowered


def test_each_fact_raises_the_level_of_some_ticket() -> None:
    for name in FACTS:
        least, *_, most = severity.GRADES[name]
        assert any(
            LEVELS.index(level(case.but(name, most[0]))) > LEVELS.index(level(case))
            for case in CASES
            if getattr(case, name) in least
        )


def level(case: Case) -> Level:
    return default().verdict(case.known).level


def test_a_rule_tells_no_more_facts_than_it_looked_at() -> None:
    for case in CASES:
        verdict = default().verdict(case.known)
        rule = next(rule for rule in default().file.rules if rule.id == verdict.rule)
        assert set(verdict.looked_at) == rule.when.model_fields_set


def test_the_levels_have_the_objectives_of_the_support_priorities_page() -> None:
    goals = {level: default().goal(level) for level in LEVELS}
    assert {level: (goal.respond_within, goal.clock) for level, goal in goals.items()} == {
        "critical": (timedelta(minutes=30), "wall"),
        "high": (timedelta(hours=2), "working"),
        "medium": (timedelta(hours=6), "working"),
        "low": (timedelta(hours=8), "working"),
    }
    assert not default().binding
    assert default().at_risk == (0.5, 0.8)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.level)
def test_the_page_s_examples_get_their_levels_and_deadlines(example: Example) -> None:
    policy = default()
    known: Any = STATED[example.level]
    level = policy.verdict(known).level
    clock = policy.clock_of(level, policy.calendar_of(None))
    notified = datetime.fromisoformat(example.notified_at).astimezone(UTC)
    due = clock.deadline(notified, policy.goal(level).respond_within)
    assert (level, due) == (example.level, datetime.fromisoformat(example.deadline))


def test_the_calendar_is_new_york_s_office_week_without_federal_holidays() -> None:
    calendar = default().calendar_of("anybody")
    assert (calendar.name, calendar.timezone) == ("default", "America/New_York")
    week = [*calendar.windows(at("2026-03-09T00:00"), at("2026-03-16T04:00"))]
    assert [(w.day.isoformat(), f"{w.opens:%H:%M}-{w.closes:%H:%M}") for w in week] == [
        (f"2026-03-{day:02}", "13:00-21:00") for day in (9, 10, 11, 12, 13)
    ]
    assert default().holidays([2026])["default"].keys() == {
        date(2026, 1, 1),
        date(2026, 1, 19),
        date(2026, 2, 16),
        date(2026, 5, 25),
        date(2026, 6, 19),
        date(2026, 7, 3),
        date(2026, 7, 4),
        date(2026, 9, 7),
        date(2026, 10, 12),
        date(2026, 11, 11),
        date(2026, 11, 26),
        date(2026, 12, 25),
    }


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
