"""Rules over facts, compiled to a table: every combination of facts has its verdict."""

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
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

    @property
    def levels(self) -> frozenset[Level]:
        """The levels that some combination of facts leads to."""
        return frozenset(verdict.level for verdict in self._verdicts.values())

    def verdict(self, known: Known) -> Verdict:
        return self._verdicts[tuple(map(known.get, _NAMES))]


def unreached(rules: Sequence[RulePart]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The place of each rule that can never match, and the ids of those before it that take all."""
    asked = [rule.when.asked() for rule in rules]
    takers: list[set[int]] = [set() for _ in rules]
    for facts in _combinations():
        matching = [*_matching(asked, _seen(facts))]
        for place in matching:
            takers[place].add(matching[0])
    for place, first in enumerate(takers):
        if place not in first:
            yield place, tuple(rules[taker].id for taker in sorted(first))


def is_net(rules: Sequence[RulePart], place: int) -> bool:
    """Whether this is the last rule and takes whatever the others leave, were it nothing."""
    *others, last = rules
    asks = [bool(rule.when.asked()) for rule in others]
    return place == len(others) and not last.when.asked() and all(asks)


def _combinations() -> Iterable[_Combination]:
    return itertools.product(*((None, *values) for values in FACTS.values()))


def _matched(rules: Sequence[RulePart]) -> dict[_Combination, RulePart]:
    asked = [rule.when.asked() for rule in rules]
    found = {facts: next(_matching(asked, _seen(facts)), None) for facts in _combinations()}
    matched = {facts: rules[place] for facts, place in found.items() if place is not None}
    if lacking := [facts for facts, place in found.items() if place is None]:
        raise NoRule(
            f"no rule for {len(lacking)} of {COMBINATIONS} combinations of facts, such as "
            f"{_told(lacking[0])}; a last rule without `when` matches all"
        )
    return matched


def _matching(asked: Sequence[_Asked], seen: Mapping[FactName, FactValue]) -> Iterator[int]:
    """The places of the rules that ask for nothing else than what is seen."""
    for place, when in enumerate(asked):
        if all(seen[name] in values for name, values in when.items()):
            yield place


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
