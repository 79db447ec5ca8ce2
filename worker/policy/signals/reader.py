"""From a ticket's words to facts, each with the words that gave it."""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from schemas.facts import FactName, FactValue
from schemas.outbound import Fact
from worker.policy.signals import prose, regret, tokens
from worker.policy.signals.lexicon import BarsPart, Cause, SignalsPart
from worker.policy.signals.signs import Signs
from worker.policy.signals.weights import (
    REQUESTS,
    STAGES,
    Causes,
    Scales,
    Weights,
)

#: A ticket is read at each of its events, and an alert storm sends one text many times.
_REMEMBERED, _LONGEST_REMEMBERED = 1024, 4096
#: Longer evidence is cut to its first words.
LONGEST_EVIDENCE = 100
_SAID_OFTEN = 4096
#: In fewer different words there is hardly more than a courtesy to tell a question by.
_FEW = 20
#: The most that a courtesy then says beyond the bar.
_COURTESY = 5
#: What it is worth that a question or a wish is named and no fault is.
_UNNAMED = 15


class _Claim(NamedTuple):
    """A fact that the points speak for, and by which cause."""

    fact: FactName
    cause: Cause
    value: FactValue = True
    """False where it is the points against the cause that speak"""
    loosely: bool = True
    """may it rest on words that only lean to it, which are no evidence?"""

    @property
    def sense(self) -> int:
        return -1 if self.value is False else 1


_INSTEAD: tuple[Cause, ...] = (*REQUESTS, *STAGES)
_REQUEST = {cause: _Claim("request", cause, value=cause) for cause in REQUESTS}
_STAGE = {cause: _Claim("stage", cause, value=cause) for cause in STAGES}
_LOOSELY_A_FAULT = _Claim("request", "fault", value="fault")
_FAULT = _LOOSELY_A_FAULT._replace(loosely=False)
_LIVE = _Claim("stage", "production", value="production")
_CRITICAL = _Claim("system_critical", "system_critical")
_NOT_CRITICAL = _CRITICAL._replace(value=False)
_AROUND = _Claim("workaround", "workaround")
_NO_WAY_AROUND = _AROUND._replace(value=False)
_DEGRADED = _Claim("degraded", "degraded")


class Reader:
    """Reads tickets by one lexicon. Pure: the same text gives the same facts."""

    def __init__(self, signals: SignalsPart) -> None:
        self._signs = Signs(signals)
        self._weights = Weights(signals, self._signs.letter)
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
        letters = [*map(self._signs.letter, said)]
        seen = self._signs.seen(letters)
        if not seen.signs:
            return {}
        different = set(letters)
        causes, scales = self._weights.weighed(seen.signs, different)
        if self._weights.are_few(said, different, _FEW):
            scales["no_fault"] = _in_few_words(scales["no_fault"], causes, self._bars)
        facts: dict[FactName, Fact] = {}
        for claim in _claims(causes, scales, self._bars):
            signs = self._weights.speak_most(claim.cause, claim.sense, seen.signs)
            if signs:
                ground = tokens.stretch(level, said, *self._signs.where(signs, seen))
                facts[claim.fact] = _fact(claim.value, text[ground])
            elif claim.loosely:
                facts[claim.fact] = _fact(claim.value, None)
        return facts


@lru_cache(maxsize=_SAID_OFTEN)
def _fact(value: FactValue, said: str | None) -> Fact:
    """Made once for what is often said: "in production"."""
    evidence = None if said is None else _short(said)
    return Fact(value=value, origin="text", evidence=evidence)


def _in_few_words(no_fault: int, causes: Causes, bars: BarsPart) -> int:
    """There a courtesy makes no question of a fault, and no fault is left unnamed."""
    if _could_be_grave(causes):
        return min(no_fault, bars.no_fault + _COURTESY)
    if max(causes["fault"], causes["production"]) <= 0 < _most(_INSTEAD, causes):
        return no_fault + _UNNAMED
    return no_fault


def _could_be_grave(causes: Causes) -> bool:
    """A fault of something system-critical is named, and nothing that is still made or tested."""
    named = min(causes["fault"], causes["system_critical"])
    return named > 0 >= _most(STAGES, causes)


def _most(of: Iterable[Cause], causes: Causes) -> int:
    return max(map(causes.__getitem__, of))


def _claims(causes: Causes, scales: Scales, bars: BarsPart) -> Iterator[_Claim]:
    """What the ticket is taken for says, and what the scales leave no doubt of."""
    instead = _most(_INSTEAD, causes)
    decides = _deciding(causes, instead, scales, bars)
    if decides == "no_fault" and instead > 0:
        yield from _no_fault(causes)
        return  # how grave it would be, and what would help, is another matter
    if decides != "no_fault":  # where mere words lean to that, nobody has said what it is
        yield from _fault(causes)
    if decides == "system_critical":
        yield _CRITICAL
    elif scales["system_critical"] <= bars.not_system_critical:
        yield _NOT_CRITICAL
    if decides == "mild":
        yield _AROUND if causes["workaround"] > causes["degraded"] else _DEGRADED
    elif causes["workaround"] <= bars.no_workaround:
        yield _NO_WAY_AROUND


def _deciding(causes: Causes, instead: int, scales: Scales, bars: BarsPart) -> regret.Kind:
    no_fault = scales["no_fault"] - bars.no_fault
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
    request = max(REQUESTS, key=causes.__getitem__)
    stage = max(STAGES, key=causes.__getitem__)
    if causes[stage] > max(causes[request], causes["production"]):
        yield _STAGE[stage]
    else:
        yield _REQUEST[request]
        if causes["production"] > causes[stage]:
            yield _LIVE


def _fault(causes: Causes) -> Iterator[_Claim]:
    if causes["production"] > _most(STAGES, causes):
        yield _FAULT
        yield _LIVE
    else:
        yield _LOOSELY_A_FAULT


def _short(evidence: str) -> str:
    words = " ".join(evidence.split())
    return (
        words
        if len(words) <= LONGEST_EVIDENCE
        else words[:LONGEST_EVIDENCE].rsplit(" ", 1)[0] + " …"
    )
