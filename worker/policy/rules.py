"""Rules over facts, compiled to a table: every combination of facts has its verdict."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from schemas.envelope import Level
from schemas.facts import FACTS, FactName, FactValue
from worker import errors
from worker.policy.file import RulePart

Known = Mapping[FactName, FactValue]
_Combination = tuple[FactValue | None, ...]

_NAMES: tuple[FactName, ...] = tuple(FACTS)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules say of a combination of facts."""

    rule: str
    level: Level
    needs_triage: bool
    looked_at: tuple[FactName, ...]
    """the facts that the rule speaks of"""
    unknown: tuple[FactName, ...]
    """unknown facts of which some value alone would change the level"""


class NoRule(errors.BadPolicy):
    """A combination of facts has no rule."""


class DecisionTable:
    """First match wins, worked out once for all combinations of known and unknown facts."""

    def __init__(self, rules: Sequence[RulePart]) -> None:
        matched = {facts: _first_match(rules, facts) for facts in _combinations()}
        self._verdicts = {
            facts: Verdict(
                rule=rule.id,
                level=rule.level,
                needs_triage=rule.needs_triage,
                looked_at=tuple(rule.when),
                unknown=_would_matter(facts, matched),
            )
            for facts, rule in matched.items()
        }

    def verdict(self, known: Known) -> Verdict:
        return self._verdicts[tuple(known.get(name) for name in _NAMES)]


def _combinations() -> Iterable[_Combination]:
    return itertools.product(*((None, *values) for values in FACTS.values()))


def _first_match(rules: Sequence[RulePart], facts: _Combination) -> RulePart:
    seen = {
        name: "unknown" if value is None else value
        for name, value in zip(_NAMES, facts, strict=True)
    }
    for rule in rules:
        if all(seen[name] in values for name, values in rule.when.items()):
            return rule
    told = ", ".join(f"{name} {str(value).lower()}" for name, value in seen.items())
    raise NoRule(f"rules: no rule for {told}; a last rule without `when` matches all")


def _would_matter(
    facts: _Combination, matched: Mapping[_Combination, RulePart]
) -> tuple[FactName, ...]:
    level = matched[facts].level
    return tuple(
        name
        for place, name in enumerate(_NAMES)
        if facts[place] is None
        and any(
            matched[(*facts[:place], value, *facts[place + 1 :])].level != level
            for value in FACTS[name]
        )
    )
