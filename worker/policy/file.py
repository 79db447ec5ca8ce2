"""The policy file as a model: what a person may write, checked field by field.

A value may come as the text that stands in the file, or as what it means.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from schemas.envelope import LEVELS, Level
from schemas.facts import FACTS, FactName, FactValue
from worker import durations
from worker.policy import refusal, written
from worker.policy.signals.lexicon import SignalsPart

Clock = Literal["wall", "working"]
Place = tuple[str | int, ...]
#: The longest objective that a calendar is searched for.
LONGEST = timedelta(days=60)
#: The type of faults of the whole file that `contradictions` finds with their places.
CONTRADICTION = "contradiction"

_WORDS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def _truth(value: object) -> object:
    return _WORDS.get(value.lower(), value) if isinstance(value, str) else value


def _day(value: object) -> object:
    if isinstance(value, date):
        return value
    try:
        if isinstance(value, str) and _DAY.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"{value} is not in the calendar") from None
    raise ValueError("must be a date like 2026-03-09")


def _not_too_long(duration: timedelta) -> timedelta:
    if duration > LONGEST:
        raise ValueError(f"must be at most {LONGEST.days}d")
    return duration


_TRUTH = written.truth(_WORDS)
Truth = Annotated[bool, BeforeValidator(_truth), WithJsonSchema(_TRUTH)]
Day = Annotated[date, BeforeValidator(_day), written.DAY]
Words = Annotated[str, Field(min_length=1)]
Duration = Annotated[
    timedelta,
    BeforeValidator(durations.parse),
    AfterValidator(_not_too_long),
    PlainSerializer(durations.text),
    written.DURATION,
]


class Part(BaseModel):
    """A part of the file; a key that is not listed is a mistake, since it would say nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class LevelGoal(Part):
    respond_within: Duration
    clock: Clock
    """every hour (`wall`), or those of the client's calendar (`working`)"""


class HolidaysPart(Part):
    country: str | None = None
    """whose public holidays are closed, as an ISO 3166 code such as US"""
    subdivision: str | None = None
    """those of this state or province too, such as CA"""
    dates: tuple[Day, ...] = ()
    """closed as well"""
    open: tuple[Day, ...] = ()
    """dates worked all the same"""


class CalendarPart(Part):
    timezone: str
    """an IANA name such as America/New_York"""
    # Read by `worker.policy.hours`.
    hours: Annotated[dict[str, Any], WithJsonSchema(written.hours(_TRUTH))]
    """windows of local time for each weekday, one without any is closed; or `always: true`"""
    holidays: HolidaysPart = HolidaysPart()

    @field_validator("hours", mode="after")
    @classmethod
    def _always(cls, hours: dict[str, Any]) -> dict[str, Any]:
        return {**hours, "always": _truth(hours["always"])} if "always" in hours else hours


class ClientPart(Part):
    calendar: str | None = None
    """one of `calendars`; else the default one"""
    contact: Words | None = None
    """whom an alert names; else the default contact"""
    raise_by: Annotated[int, Field(alias="raise", ge=0, lt=len(LEVELS))] = 0
    """how many levels above the rule's this client's tickets are"""


def _asked_of(fact: FactName) -> BeforeValidator:
    """Reads what a rule asks of a fact: one value or several, among them `unknown`."""
    known = FACTS[fact]

    def read(said: object) -> list[object]:
        words = said if isinstance(said, list | tuple) else [said]
        values = [_truth(word) if True in known else word for word in words]
        if not values or not all(_is_one_of(value, (*known, "unknown")) for value in values):
            raise ValueError(_only_these(known, values))
        return values

    return BeforeValidator(read)


def _only_these(known: tuple[FactValue, ...], said: list[object]) -> str:
    words = [str(value).lower() for value in known]
    wrong = (word for word in said if not _is_one_of(word, (*known, "unknown")))
    near = refusal.nearest(str(next(wrong, "")), (*words, "unknown"))
    allowed = f"must be {', '.join(words)} or unknown, or a list of these"
    return allowed + (f"; did you mean {near!r}?" if near else "")


def _told_of(fact: FactName) -> WithJsonSchema:
    """The same for editors."""
    known = FACTS[fact]
    value = {**_TRUTH, "anyOf": [*_TRUTH["anyOf"], {"const": "unknown"}]}
    return WithJsonSchema(
        written.one_or_several(value if True in known else {"enum": [*known, "unknown"]})
    )


def _is_one_of(value: object, allowed: tuple[FactValue, ...]) -> bool:
    return any(type(value) is type(known) and value == known for known in allowed)


Asked = tuple[FactValue, ...] | None


class WhenPart(Part):
    """What a rule asks of each fact; it asks nothing of a fact that is left out."""

    request: Annotated[Asked, _asked_of("request"), _told_of("request")] = None
    stage: Annotated[Asked, _asked_of("stage"), _told_of("stage")] = None
    system_critical: Annotated[Asked, _asked_of("system_critical"), _told_of("system_critical")] = (
        None
    )
    workaround: Annotated[Asked, _asked_of("workaround"), _told_of("workaround")] = None
    degraded: Annotated[Asked, _asked_of("degraded"), _told_of("degraded")] = None

    def asked(self) -> dict[FactName, tuple[FactValue, ...]]:
        asked = ((name, getattr(self, name)) for name in FACTS)
        return {name: values for name, values in asked if values is not None}


class RulePart(Part):
    id: Annotated[str, Field(min_length=1, max_length=100)]
    """by which events name it"""
    when: WhenPart = WhenPart()
    """all of it must be so; the first rule that matches decides"""
    level: Level
    needs_triage: Truth = False
    """a person should find out what is unknown"""


class PolicyFile(Part):
    """The whole file. What refers to something by name must find it here."""

    name: Words
    version: Words
    binding: Truth = False
    """rigid agreements rather than goals: events say so, nothing else changes"""
    levels: Annotated[
        dict[Level, LevelGoal], Field(json_schema_extra={"required": [*reversed(LEVELS)]})
    ]
    at_risk: tuple[Annotated[float, Field(gt=0, lt=1)], ...] = (0.5, 0.8)
    """the parts of an objective after which an alert warns"""
    calendars: Annotated[dict[str, CalendarPart], Field(min_length=1)]
    default_calendar: str
    clients: dict[str, ClientPart] = {}
    """by the `client` that events name"""
    contacts: dict[str, Words] = {}
    """`default`: whom an alert names where the client has none"""
    rules: Annotated[tuple[RulePart, ...], Field(min_length=1)]
    signals: SignalsPart = SignalsPart()
    """what is added to the built-in lexicon, by which free text becomes facts"""
    sources: dict[str, Any] = {}

    @field_validator("levels")
    @classmethod
    def _every_level(cls, levels: dict[Level, LevelGoal]) -> dict[Level, LevelGoal]:
        if missing := [level for level in reversed(LEVELS) if level not in levels]:
            raise ValueError(f"needs all four levels; missing: {', '.join(missing)}")
        return levels

    @field_validator("at_risk")
    @classmethod
    def _fractions_in_order(cls, fractions: tuple[float, ...]) -> tuple[float, ...]:
        if list(fractions) != sorted(set(fractions)):
            raise ValueError("must rise from one to the next, like [0.5, 0.8]")
        return fractions

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        for place, message in contradictions(self.model_dump(by_alias=True)):
            said = {"message": f"{'.'.join(map(str, place))}: {message}"}
            raise PydanticCustomError(CONTRADICTION, "{message}", said)
        return self


def contradictions(fields: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    """Where parts of a file do not fit each other, for a file that may have other mistakes too."""
    yield from _unknown_calendars(fields)
    yield from _doubled_rules(fields)


def _unknown_calendars(fields: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    calendars, clients = _mapping(fields.get("calendars")), _mapping(fields.get("clients"))
    used: dict[Place, Any] = {("default_calendar",): fields.get("default_calendar")}
    for name, client in clients.items():
        used["clients", name, "calendar"] = _mapping(client).get("calendar")
    for place, calendar in used.items():
        if isinstance(calendar, str) and calendars and calendar not in calendars:
            yield place, f"no calendar {calendar!r} here; there are: {', '.join(calendars)}"


def _doubled_rules(fields: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    rules = fields.get("rules")
    seen: set[str] = set()
    for position, rule in enumerate(rules if isinstance(rules, list | tuple) else ()):
        id_ = _mapping(rule).get("id")
        if isinstance(id_, str) and id_ in seen:
            yield ("rules", position, "id"), f"another rule is called {id_!r}; an id stands once"
        elif isinstance(id_, str):
            seen.add(id_)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
