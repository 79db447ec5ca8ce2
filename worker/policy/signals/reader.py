"""From a ticket's words to facts, each with the words that gave it."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from schemas.facts import FactName, FactValue
from schemas.outbound import Fact
from worker.policy.signals import prose, regret, tokens
from worker.policy.signals.lexicon import BarsPart, Cause, SignalsPart
from worker.policy.signals.signs import Seen, Signs
from worker.policy.signals.weights import (
    REQUESTS,
    SCALE_OF,
    STAGES,
    Scale,
    Weights,
)

#: A ticket is read at each of its events, and an alert storm sends one text many times.
_REMEMBERED, _LONGEST_REMEMBERED = 1024, 4096
#: Longer evidence is cut to its first words.
LONGEST_EVIDENCE = 100
#: In fewer different words there is hardly more than a courtesy to tell a question by.
_FEW = 20
#: The most that a courtesy then says beyond the bar.
_COURTESY = 5

Causes = Mapping[Cause, int]
Scales = Mapping[Scale, int]


class _Claim(NamedTuple):
    """A fact that the points speak for, and by which cause."""

    fact: FactName
    cause: Cause
    value: FactValue = True
    """False where it is the points against the cause that speak"""
    loosely: bool = True
    """may it rest on words that do not say it by themselves?"""

    @property
    def sense(self) -> int:
        return -1 if self.value is False else 1


class Reader:
    """Reads tickets by one lexicon. Pure: the same text gives the same facts."""

    def __init__(self, signals: SignalsPart) -> None:
        self._signs = Signs(signals)
        self._weights = Weights(signals)
        self._bars = signals.bars
        self._remembered = lru_cache(maxsize=_REMEMBERED)(self._read)

    def read(self, summary: str, description: str | None = None) -> Mapping[FactName, Fact]:
        """What the text says of each fact; what it quotes counts if the rest says nothing."""
        short = len(summary) + len(description or "") <= _LONGEST_REMEMBERED
        return (self._remembered if short else self._read)(summary, description)

    def _read(self, summary: str, description: str | None) -> Mapping[FactName, Fact]:
        own = prose.own_words(summary, description)
        facts = self._facts(own)
        if not facts and (whole := prose.all_words(summary, description)) != own:
            facts = self._facts(whole)
        return MappingProxyType(facts)

    def _facts(self, text: str) -> dict[FactName, Fact]:
        level = tokens.flat(text)
        said = tokens.words(level)
        seen = self._signs.seen(said)
        if not seen.signs:
            return {}
        causes = self._weights.causes(seen.signs)
        words = self._weights.words(said)
        scales = self._weights.scales(seen.signs, words)
        if len(words) < _FEW and _could_be_grave(causes):
            scales["no_fault"] = min(scales["no_fault"], self._bars.no_fault + _COURTESY)
        facts: dict[FactName, Fact] = {}
        for claim in _claims(causes, scales, self._bars):
            if ground := self._ground(claim, seen, said):
                evidence = text[tokens.stretch(level, said, *ground)]
                said_so = {"value": claim.value, "from": "text", "evidence": _short(evidence)}
                facts[claim.fact] = Fact.model_validate(said_so)
        return facts

    def _ground(self, claim: _Claim, seen: Seen, said: Sequence[str]) -> tuple[int, int] | None:
        """The words that say most for a claim, of equals the first; None if none does."""
        signs = self._weights.speak_most(claim.cause, claim.sense, seen.signs)
        if not signs and claim.loosely:
            return self._loose_ground(claim, seen, said)
        return self._signs.where(signs, seen) if signs else None

    def _loose_ground(
        self, claim: _Claim, seen: Seen, said: Sequence[str]
    ) -> tuple[int, int] | None:
        scale, sense = SCALE_OF[claim.cause]
        sense *= claim.sense
        if signs := self._weights.weigh_most(scale, sense, seen.signs):
            return self._signs.where(signs, seen)
        words = self._weights.lean_most(scale, sense, set(said))
        place = min(map(said.index, words), default=None)
        return None if place is None else (place, place + 1)


def _could_be_grave(causes: Causes) -> bool:
    """A fault of something system-critical is named, and nothing that is still made or tested."""
    named = min(causes["fault"], causes["system_critical"])
    return named > 0 >= max(causes[stage] for stage in STAGES)


def _claims(causes: Causes, scales: Scales, bars: BarsPart) -> Iterator[_Claim]:
    """What the ticket is taken for says, and what the scales leave no doubt of."""
    decides = _deciding(causes, scales, bars)
    if decides == "no_fault":
        yield from _no_fault(causes)
        return  # how grave it would be, and what would help, is another matter
    yield from _fault(causes)
    if decides == "system_critical":
        yield _Claim("system_critical", "system_critical")
    elif scales["system_critical"] <= bars.not_system_critical:
        yield _Claim("system_critical", "system_critical", value=False)
    if decides == "mild":
        around = causes["workaround"] > causes["degraded"]
        yield _Claim("workaround", "workaround") if around else _Claim("degraded", "degraded")
    elif causes["workaround"] <= bars.no_workaround:
        yield _Claim("workaround", "workaround", value=False)


def _deciding(causes: Causes, scales: Scales, bars: BarsPart) -> regret.Kind:
    no_fault = scales["no_fault"] - bars.no_fault
    instead = max(causes[cause] for cause in (*REQUESTS, *STAGES))
    if instead <= 0 < max(causes["fault"], causes["production"]):
        no_fault = regret.NEVER  # a fault is named, and nothing that it is instead
    faults: dict[regret.Kind, int] = {
        None: 0,
        "mild": scales["mild"] - bars.mild,
        "system_critical": scales["system_critical"] - bars.system_critical,
    }
    return regret.least(no_fault, faults)


def _no_fault(causes: Causes) -> Iterator[_Claim]:
    """What it is instead: something built or tested, or a question, a wish, a matter of looks."""
    request = max(REQUESTS, key=lambda cause: causes[cause])
    stage = max(STAGES, key=lambda cause: causes[cause])
    if causes[stage] > max(causes[request], causes["production"]):
        yield _Claim("stage", stage, value=stage)
    else:
        yield _Claim("request", request, value=request)
        if causes["production"] > causes[stage]:
            yield _Claim("stage", "production", value="production")


def _fault(causes: Causes) -> Iterator[_Claim]:
    live = causes["production"] > max(causes[stage] for stage in STAGES)
    yield _Claim("request", "fault", value="fault", loosely=not live)
    if live:
        yield _Claim("stage", "production", value="production")


def _short(evidence: str) -> str:
    words = " ".join(evidence.split())
    return (
        words
        if len(words) <= LONGEST_EVIDENCE
        else words[:LONGEST_EVIDENCE].rsplit(" ", 1)[0] + " …"
    )
