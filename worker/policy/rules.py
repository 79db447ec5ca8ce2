"""Rules over facts, compiled to a table: every combination of facts has its verdict."""

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from schemas.envelope import Level
from schemas.facts import FACTS, FactName, FactValue
from worker import errors
from worker.policy.file import RulePart

Known = Mapping[FactName, FactValue]
_Combination = tuple[FactValue | None, ...]
_Asked = Mapping[FactName, tuple[FactValue, ...]]

_NAMES: tuple[FactName, ...] = tuple(FACTS)
#: How many there are, with each fact known or unknown.
COMBINATIONS = math.prod(len(values) + 1 for values in FACTS.values())


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
        """Raises NoRule unless every combination has one."""
        matched = _matched(rules)
        self._verdicts = {
            facts: Verdict(
                rule=rule.id,
                level=rule.level,
                needs_triage=rule.needs_triage,
                looked_at=tuple(rule.when.asked()),
                unknown=_would_matter(facts, matched),
            )
            for facts, rule in matched.items()
        }

    def verdict(self, known: Known) -> Verdict:
        return self._verdicts[tuple(known.get(name) for name in _NAMES)]


def _combinations() -> Iterable[_Combination]:
    return itertools.product(*((None, *values) for values in FACTS.values()))


def _matched(rules: Sequence[RulePart]) -> dict[_Combination, RulePart]:
    asked = [(rule, rule.when.asked()) for rule in rules]
    found = {facts: _first_match(asked, _seen(facts)) for facts in _combinations()}
    matched = {facts: rule for facts, rule in found.items() if rule is not None}
    if lacking := [facts for facts, rule in found.items() if rule is None]:
        raise NoRule(
            f"no rule for {len(lacking)} of {COMBINATIONS} combinations of facts, such as "
            f"{_told(lacking[0])}; a last rule without `when` matches all"
        )
    return matched


def _first_match(
    asked: Sequence[tuple[RulePart, _Asked]], seen: Mapping[FactName, FactValue]
) -> RulePart | None:
    for rule, when in asked:
        if all(seen[name] in values for name, values in when.items()):
            return rule
    return None


def _seen(facts: _Combination) -> dict[FactName, FactValue]:
    return {
        name: "unknown" if value is None else value
        for name, value in zip(_NAMES, facts, strict=True)
    }


def _told(facts: _Combination) -> str:
    return ", ".join(f"{name} {str(value).lower()}" for name, value in _seen(facts).items())


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
