"""The policy file as a model: what a person may write, checked field by field."""

from datetime import date, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from schemas.envelope import LEVELS, Level
from schemas.facts import FACTS, FactName, FactValue
from worker import durations

Clock = Literal["wall", "working"]
#: The longest objective that a calendar is searched for.
LONGEST = timedelta(days=60)


def _version(value: object) -> object:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _values(value: object) -> object:
    return value if isinstance(value, list) else [value]


class Part(BaseModel):
    """A part of the file; a key that is not listed is a mistake, since it would say nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class LevelGoal(Part):
    respond_within: Annotated[timedelta, BeforeValidator(durations.parse), Field(le=LONGEST)]
    clock: Clock


class HolidaysPart(Part):
    country: str | None = None
    subdivision: str | None = None
    dates: tuple[date, ...] = ()
    open: tuple[date, ...] = ()
    """dates worked all the same"""

    @field_validator("country", mode="before")
    @classmethod
    def _norway(cls, value: object) -> object:
        # YAML 1.1 reads an unquoted NO, the country code of Norway, as false.
        return "NO" if value is False else value


class CalendarPart(Part):
    timezone: str
    hours: dict[str, Any]
    holidays: HolidaysPart = HolidaysPart()


class ClientPart(Part):
    calendar: str | None = None
    contact: str | None = None
    raise_by: Annotated[int, Field(alias="raise", ge=0, lt=len(LEVELS))] = 0
    """how many levels above the rule's this client's tickets are"""


class RulePart(Part):
    id: Annotated[str, Field(min_length=1, max_length=100)]
    when: dict[FactName, Annotated[list[FactValue], BeforeValidator(_values)]] = {}
    level: Level
    needs_triage: bool = False

    @field_validator("when")
    @classmethod
    def _values_that_facts_have(
        cls, when: dict[FactName, list[FactValue]]
    ) -> dict[FactName, list[FactValue]]:
        for name, values in when.items():
            allowed = (*FACTS[name], "unknown")
            if not values or any(value not in allowed for value in values):
                said = ", ".join(str(known).lower() for known in allowed)
                raise ValueError(f"{name} can be {said}, or a list of these")
        return when


class PolicyFile(Part):
    """The whole file. What refers to something by name must find it here."""

    name: Annotated[str, Field(min_length=1)]
    version: Annotated[str, BeforeValidator(_version), Field(min_length=1)]
    binding: bool = False
    levels: dict[Level, LevelGoal]
    at_risk: tuple[Annotated[float, Field(gt=0, lt=1)], ...] = (0.5, 0.8)
    calendars: Annotated[dict[str, CalendarPart], Field(min_length=1)]
    default_calendar: str
    clients: dict[str, ClientPart] = {}
    contacts: dict[str, str] = {}
    rules: Annotated[tuple[RulePart, ...], Field(min_length=1)]
    signals: dict[str, Any] = {}
    sources: dict[str, Any] = {}

    @field_validator("levels")
    @classmethod
    def _every_level(cls, levels: dict[Level, LevelGoal]) -> dict[Level, LevelGoal]:
        if missing := [level for level in LEVELS if level not in levels]:
            raise ValueError(f"needs every level; missing: {', '.join(missing)}")
        return levels

    @field_validator("at_risk")
    @classmethod
    def _fractions_in_order(cls, fractions: tuple[float, ...]) -> tuple[float, ...]:
        if list(fractions) != sorted(set(fractions)):
            raise ValueError("must rise from one to the next, like [0.5, 0.8]")
        return fractions

    @field_validator("rules")
    @classmethod
    def _ids_once(cls, rules: tuple[RulePart, ...]) -> tuple[RulePart, ...]:
        ids = [rule.id for rule in rules]
        if doubled := sorted({id_ for id_ in ids if ids.count(id_) > 1}):
            raise ValueError(f"an id may stand once; doubled: {', '.join(doubled)}")
        return rules

    @model_validator(mode="after")
    def _calendars_exist(self) -> Self:
        used = {"default_calendar": self.default_calendar}
        for name, client in self.clients.items():
            if client.calendar is not None:
                used[f"clients.{name}.calendar"] = client.calendar
        for place, calendar in used.items():
            if calendar not in self.calendars:
                known = ", ".join(self.calendars)
                raise ValueError(f"{place}: no calendar {calendar!r} here; there are: {known}")
        return self
