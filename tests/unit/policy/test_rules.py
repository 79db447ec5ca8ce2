"""Rules over facts: the first match decides, and every combination has one."""

from typing import Any

import pytest

from schemas.facts import FACTS
from worker.policy.file import RulePart
from worker.policy.rules import COMBINATIONS, DecisionTable, Known, NoRule, Verdict


def table(*rules: dict[str, Any]) -> DecisionTable:
    return DecisionTable([RulePart.model_validate(rule) for rule in rules])


def rule(id_: str, level: str = "low", /, **when: Any) -> dict[str, Any]:
    return {"id": id_, "when": when, "level": level}


LAST = rule("last", "medium")


def test_the_first_rule_that_matches_decides() -> None:
    decided = table(rule("one", request="fault"), rule("two", "high", request="fault"), LAST)
    assert decided.verdict({"request": "fault"}).rule == "one"
    assert decided.verdict({"request": "question"}).rule == "last"


def test_all_facts_of_a_rule_must_match() -> None:
    decided = table(rule("both", request="fault", stage="production"), LAST)
    assert decided.verdict({"request": "fault", "stage": "production"}).rule == "both"
    assert decided.verdict({"request": "fault"}).rule == "last"
    assert decided.verdict({"stage": "production"}).rule == "last"


def test_a_list_matches_each_of_its_values() -> None:
    decided = table(rule("some", stage=["testing", "unknown"]), LAST)
    known: list[Known] = [{"stage": "testing"}, {}, {"stage": "building"}, {"stage": "production"}]
    assert [decided.verdict(k).rule for k in known] == ["some", "some", "last", "last"]


def test_unknown_matches_a_fact_that_nobody_stated_and_no_other() -> None:
    decided = table(rule("silent", workaround="unknown"), LAST)
    assert decided.verdict({}).rule == "silent"
    assert decided.verdict({"workaround": False}).rule == "last"


def test_false_is_not_unknown() -> None:
    decided = table(rule("no", degraded=False), LAST)
    assert decided.verdict({"degraded": False}).rule == "no"
    assert decided.verdict({}).rule == "last"


def test_a_verdict_says_which_facts_the_rule_looked_at() -> None:
    decided = table(rule("two", degraded=[True, False], request="fault"), LAST)
    assert decided.verdict({"request": "fault", "degraded": True}) == Verdict(
        rule="two",
        level="low",
        needs_triage=False,
        looked_at=("request", "degraded"),
        unknown=(),
    )


def test_an_unknown_fact_matters_only_if_it_could_change_the_level() -> None:
    decided = table(
        rule("same", "medium", stage="testing"), rule("other", "high", degraded=True), LAST
    )
    assert decided.verdict({}).unknown == ("degraded",)
    assert decided.verdict({"degraded": True}).unknown == ("stage",)


@pytest.mark.parametrize("fact", FACTS)
def test_a_combination_without_a_rule_is_refused_with_an_example(fact: str) -> None:
    values = FACTS[fact]  # type: ignore[index]
    with pytest.raises(NoRule) as refused:
        table({**rule("known"), "when": {fact: list(values)}})
    lacking = COMBINATIONS // (len(values) + 1)
    assert f"no rule for {lacking} of 648 combinations" in str(refused.value)
    assert f"{fact} unknown" in str(refused.value)
    assert "a last rule without `when` matches all" in str(refused.value)


def test_a_single_gap_is_found() -> None:
    all_but_the_last = {name: [*values[:-1], "unknown"] for name, values in FACTS.items()}
    all_but_one = [
        {**rule(name), "when": {name: values}} for name, values in all_but_the_last.items()
    ]
    with pytest.raises(NoRule) as refused:
        table(*all_but_one)
    assert (
        "no rule for 1 of 648 combinations of facts, such as request build, stage building, "
        "system_critical false, workaround false, degraded false;" in str(refused.value)
    )


def test_a_rule_for_each_value_leaves_no_gap() -> None:
    decided = table(*(rule(str(v), system_critical=v) for v in (True, False, "unknown")))
    assert decided.verdict({"system_critical": False}).rule == "False"
