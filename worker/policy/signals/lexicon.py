"""The lexicon as a model: words under names, signs over names, and how much each says.

A policy's `signals` has the same shape. What it names is added to the built-in lexicon, or takes
the place of what has the same name there.
"""

from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Annotated, Any, Literal, get_args

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from worker.policy.refusal import Place, did_you_mean, nearest

DEFAULT_NAME = "signals_lexicon.yaml"

#: What a sign can speak for: the values of `request` and `stage`, and the three yes-or-no facts.
Cause = Literal[
    "fault", "question", "feature", "cosmetic", "build",
    "production", "testing", "building",
    "system_critical", "workaround", "degraded",
]  # fmt: skip
CAUSES: tuple[Cause, ...] = get_args(Cause)
#: Signs that the grammar itself gives to a clause.
GRAMMATICAL = ("supposed", "past", "asked")
NOT, UNLESS = "not-", "!"


def _listed(said: object) -> object:
    """A list, or one text with commas, which is easier to read and to write."""
    if not isinstance(said, str):
        return said
    return [phrase for part in said.split(",") if (phrase := " ".join(part.split()))]


def _has_words(phrase: str) -> str:
    if not any(map(str.isalnum, phrase)) and "#" not in phrase:
        raise ValueError(f"{phrase!r} has no word in it")
    return phrase


Phrase = Annotated[str, BeforeValidator(_has_words)]
Listed = BeforeValidator(_listed, json_schema_input_type=str | list[str])
Phrases = Annotated[tuple[Phrase, ...], Listed]
Names = Annotated[tuple[str, ...], Listed]
Points = Annotated[int, Field(ge=-100, le=100)]
Says = dict[Cause, Points]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class GrammarPart(_Part):
    reach: Annotated[int, Field(ge=0, le=20)] | None = None
    """how many words a negation turns round, within its part of a sentence"""
    negations: Phrases = ()
    suppositions: Phrases = ()
    """what makes a sentence one about what might be"""
    conditions: Phrases = ()
    """what makes the words after it, as many as after a negation, a case that may never be"""
    past: Phrases = ()
    """what makes a sentence one about what is over"""
    former: Phrases = ()
    """when something was: what makes a clause one about what is over, unless it is `lasting`"""
    lasting: Phrases = ()
    turns: Phrases = ()
    """words with which a new clause begins"""
    contrasts: Phrases = ()
    """turns to something else, of which it is not said what was said before"""
    anew: Phrases = ()
    """words that turn to something else behind a comma"""
    stops: Phrases = ()
    """words at which a negation ends"""
    tone: Phrases = ()
    """what says how loudly a thing is said, and nothing of the thing"""


class SignPart(_Part):
    """Something that a clause can show."""

    when: Annotated[Names, Field(min_length=1)]
    """each is one way to show it: the names that must all be in the clause, or (!) must not"""
    even: Names = ()
    """counts even in a sentence about what is only supposed, or past"""
    says: Says


class TogetherPart(_Part):
    """Signs that say more when one ticket has them all, wherever in it."""

    of: Annotated[Names, Field(min_length=2)]
    """each a sign, or several of which one will do: `stands or does-nothing`"""
    says: Says


class PointsPart(_Part):
    """On each scale: points, and those that have them."""

    no_fault: dict[Points, Phrases] = {}
    """a question, a wish, or something that is being built"""
    system_critical: dict[Points, Phrases] = {}
    mild: dict[Points, Phrases] = {}
    """can be lived with for some hours: a way round it, or an inconvenience"""

    def named(self) -> set[str]:
        """All that have points."""
        scales = (getattr(self, scale) for scale in type(self).model_fields)
        return {name for scale in scales for names in scale.values() for name in names}


class StartPart(_Part):
    """Where each scale stands before anything is read."""

    no_fault: Points = 0
    system_critical: Points = 0
    mild: Points = 0


class LearntPart(_Part):
    """What labelled tickets taught beyond what the signs say."""

    start: StartPart = StartPart()
    signs: PointsPart = PointsPart()
    words: PointsPart = PointsPart()
    """single words, each counted once"""


class BarsPart(_Part):
    """How many points make a fact."""

    no_fault: Points = 0
    system_critical: Points = 0
    not_system_critical: Points = -15
    mild: Points = 0
    no_workaround: Points = -3


class SignalsPart(_Part):
    grammar: GrammarPart = GrammarPart()
    words: dict[str, Phrases] = {}
    without: dict[str, Phrases] = {}
    """phrases to leave out of a name's words"""
    signs: dict[str, SignPart] = {}
    together: dict[str, TogetherPart] = {}
    learnt: LearntPart = LearntPart()
    bars: BarsPart = BarsPart()

    def says(self) -> dict[str, Says]:
        """What a person gave each sign to say, together or alone."""
        alone = {name: sign.says for name, sign in self.signs.items()}
        return alone | {name: part.says for name, part in self.together.items()}


@cache
def default_text() -> str:
    """The built-in lexicon, as YAML."""
    return resources.files("worker.policy").joinpath(DEFAULT_NAME).read_text("utf-8")


@cache
def default() -> SignalsPart:
    """The built-in lexicon."""
    # Every value is read as text, as in a policy file.
    return SignalsPart.model_validate(yaml.load(default_text(), Loader=yaml.CBaseLoader))  # noqa: S506


def merged(base: SignalsPart, own: SignalsPart) -> SignalsPart:
    """The base with a policy's own signals: its words and grammar added, its signs put in."""
    words = {
        name: tuple(
            phrase
            for phrase in dict.fromkeys((*base.words.get(name, ()), *own.words.get(name, ())))
            if phrase not in own.without.get(name, ())
        )
        for name in dict.fromkeys((*base.words, *own.words))
    }
    return SignalsPart(
        grammar=GrammarPart(**_joined(base.grammar, own.grammar)),
        words=words,
        signs={**base.signs, **own.signs},
        together={**base.together, **own.together},
        learnt=LearntPart(
            start=StartPart(**_replaced(base.learnt.start, own.learnt.start)),
            signs=PointsPart(**_joined(base.learnt.signs, own.learnt.signs)),
            words=PointsPart(**_joined(base.learnt.words, own.learnt.words)),
        ),
        bars=BarsPart(**_replaced(base.bars, own.bars)),
    )


def _replaced(base: _Part, own: _Part) -> dict[str, Any]:
    """Field by field: what the policy gives, else what was there."""
    return {**base.model_dump(), **own.model_dump(exclude_unset=True)}


def _joined(base: _Part, own: _Part) -> dict[str, Any]:
    """Field by field: phrases added, a number replaced where there is one."""
    return {name: _sum(getattr(base, name), getattr(own, name)) for name in type(base).model_fields}


def _sum(base: Any, own: Any) -> Any:
    if isinstance(base, dict):
        return {points: (*base.get(points, ()), *own.get(points, ())) for points in {**base, **own}}
    if isinstance(base, tuple):
        return (*base, *own)
    return base if own is None else own


def contradictions(own: SignalsPart, base: SignalsPart) -> Iterator[tuple[Place, str]]:
    """Where a part speaks of what neither it nor the base names, each with its place."""
    whole = merged(base, own)
    for name, sign in own.signs.items():
        yield from _unknown_words(("signs", name), sign, whole)
    for name, together in own.together.items():
        yield from _unknown_signs(("together", name), together, whole)
    yield from _unknown_learnt(own.learnt.signs, whole)
    for name in own.without.keys() - base.words.keys():
        yield ("without", name), "no words have this name"


def unused(own: SignalsPart, base: SignalsPart) -> Iterator[tuple[Place, str]]:
    """The names of a part's words that no sign asks for, each with its place."""
    signs = merged(base, own).signs.values()
    asked = {bare(name) for sign in signs for way in sign.when for name in way.split()}
    for name in own.words:
        if name not in asked:
            near = nearest(name, asked)
            hint = f"did you mean {near!r}?" if near else "name it in the `when` of a sign"
            yield ("words", name), f"no sign uses {name!r}; {hint}"


def _unknown_words(at: Place, sign: SignPart, whole: SignalsPart) -> Iterator[tuple[Place, str]]:
    for position, way in enumerate(sign.when):
        for name in map(bare, way.split()):
            if name not in whole.words and name not in GRAMMATICAL:
                hint = did_you_mean(name, whole.words, "each is a name from `words`")
                yield (*at, "when", position), f"no words are named {name!r}; {hint}"
        if all(word.startswith(UNLESS) for word in way.split()):
            yield (*at, "when", position), "must name something that is there, not only what is not"
    for position, name in enumerate(sign.even):
        if name not in GRAMMATICAL:
            yield (*at, "even", position), f"must be one of {', '.join(GRAMMATICAL)}"


def _unknown_signs(
    at: Place, together: TogetherPart, whole: SignalsPart
) -> Iterator[tuple[Place, str]]:
    for position, choice in enumerate(together.of):
        for name in alternatives(choice):
            if name not in whole.signs:
                hint = did_you_mean(name, whole.signs, "each is a name from `signs`")
                yield (*at, "of", position), f"no sign is named {name!r}; {hint}"


def _unknown_learnt(learnt: PointsPart, whole: SignalsPart) -> Iterator[tuple[Place, str]]:
    for scale in PointsPart.model_fields:
        for points, names in getattr(learnt, scale).items():
            for name in names:
                if name not in whole.says():
                    yield ("learnt", "signs", scale, str(points)), f"no sign is named {name!r}"


def bare(word: str) -> str:
    """The name in a sign's `when`, without what is asked of it."""
    return word.removeprefix(UNLESS).removeprefix(NOT)


def alternatives(choice: str) -> list[str]:
    """The signs of which one will do."""
    return choice.split(" or ")
