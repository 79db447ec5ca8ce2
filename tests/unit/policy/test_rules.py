"""Rules over facts: the first match decides, and every combination has one."""

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.envelope import LEVELS
from schemas.facts import FACTS
from worker.policy.file import RulePart
from worker.policy.rules import (
    COMBINATIONS,
    DecisionTable,
    Known,
    NoRule,
    Verdict,
    is_net,
    unreached,
)


def parts(*rules: dict[str, Any]) -> list[RulePart]:
    return [RulePart.model_validate(rule) for rule in rules]


def table(*rules: dict[str, Any]) -> DecisionTable:
    return DecisionTable(parts(*rules))


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


def test_a_rule_that_can_never_match_is_found_with_those_that_take_all_of_it() -> None:
    rules = parts(
        rule("live", stage="production"),
        rule("faults", request="fault"),
        rule("live faults", request="fault", stage="production"),
        rule("not live", stage=["testing", "building"]),
        rule("questions", request="question", stage="testing"),
        rule("any stage", request="question", stage=["production", "building"]),
        LAST,
    )
    assert [*unreached(rules)] == [
        (2, ("live",)),
        (4, ("not live",)),
        (5, ("live", "not live")),
    ]


def test_a_rule_that_a_single_combination_comes_to_is_not_idle() -> None:
    all_but_the_last = {name: [*values[:-1], "unknown"] for name, values in FACTS.items()}
    rules = [rule(name, **{name: values}) for name, values in all_but_the_last.items()]
    assert not [*unreached(parts(*rules, LAST))]
    (idle,) = unreached(parts(*rules, LAST, rule("later")))
    assert idle == (len(rules) + 1, (*FACTS, "last"))


def test_a_net_is_the_last_rule_and_the_only_one_without_when() -> None:
    faults = rule("faults", request="fault")
    assert is_net(parts(faults, LAST), 1)
    assert is_net(parts(LAST), 0)
    assert not is_net(parts(faults, LAST), 0)
    assert not is_net(parts(LAST, rule("again")), 1)
    assert not is_net(parts(LAST, faults), 1)


_WHENS = st.fixed_dictionaries(
    {},
    optional={
        name: st.lists(st.sampled_from([*values, "unknown"]), min_size=1, unique=True)
        for name, values in FACTS.items()
    },
)
_RULES = st.lists(st.tuples(_WHENS, st.sampled_from(LEVELS)), max_size=8).map(
    lambda drawn: parts(
        *({"id": f"r{n}", "when": when, "level": level} for n, (when, level) in enumerate(drawn)),
        LAST,
    )
)


def every_verdict(rules: list[RulePart]) -> list[Verdict]:
    decided = DecisionTable(rules)
    every = itertools.product(*((None, *values) for values in FACTS.values()))
    pairs = ([*zip(FACTS, facts, strict=True)] for facts in every)
    known = [{name: value for name, value in each if value is not None} for each in pairs]
    return [decided.verdict(each) for each in known]


@settings(deadline=None, max_examples=50)
@given(_RULES)
def test_without_the_rules_that_never_match_all_is_decided_alike(rules: list[RulePart]) -> None:
    idle = {place for place, _ in unreached(rules)}
    kept = [rule for place, rule in enumerate(rules) if place not in idle]
    assert not [*unreached(kept)]
    assert every_verdict(kept) == every_verdict(rules)


@settings(deadline=None, max_examples=50)
@given(_RULES)
def test_those_that_take_all_of_a_rule_come_before_it_and_are_enough(rules: list[RulePart]) -> None:
    places = {rule.id: place for place, rule in enumerate(rules)}
    for place, takers in unreached(rules):
        assert all(places[taker] < place for taker in takers)
        enough = [rules[places[taker]] for taker in takers]
        assert len(enough) in dict(unreached([*enough, rules[place]]))
