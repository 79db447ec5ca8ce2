"""A policy ready to decide: rules as a table, calendars built, everything found by name."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from schemas.envelope import LEVELS, Level
from schemas.facts import FactName
from schemas.outbound import Fact, Objective, PolicyName
from schemas.times import in_seconds
from worker.policy.calendar import ALWAYS, Calendar
from worker.policy.file import CalendarPart, Clock, LevelGoal, PolicyFile
from worker.policy.holidays import Holidays
from worker.policy.hours import WeeklyHours
from worker.policy.rules import DecisionTable, Known, Verdict
from worker.policy.signals import lexicon
from worker.policy.signals.lexicon import SignalsPart
from worker.policy.signals.reader import Reader

#: The years whose holidays count into a policy's digest: a fixed span, so that the digest of one
#: file with one holiday list is the same on every day and every machine.
DIGEST_YEARS = range(2020, 2041)


@dataclass(frozen=True, slots=True)
class RiskPoint:
    """A fraction of an objective at which a ticket is said to be at risk."""

    fraction: float
    after: timedelta
    """how much of the objective is used up by then"""
    remaining_seconds: float | int


@dataclass(frozen=True, slots=True)
class Goal:
    """How soon a first response is due, on which clock, and when to warn before."""

    respond_within: timedelta
    clock: Clock
    objective: Objective
    """the same as events tell it"""
    risks: tuple[RiskPoint, ...]
    """the earliest first"""


class Policy:
    """What the policy file says, as questions that a decision asks."""

    def __init__(self, file: PolicyFile) -> None:
        self.file = file
        self.table = DecisionTable(file.rules)
        self.calendars = {name: calendar(name, part) for name, part in file.calendars.items()}
        self._goals = {level: goal(part, file) for level, part in file.levels.items()}
        self._signals = file.signals.model_dump_json(exclude_unset=True)
        self.digest = self._digest()
        """SHA-256 over all that decides"""
        self.named = PolicyName(name=self.name, version=self.version, digest=self.digest)
        """which policy this is, as events tell it"""

    @property
    def name(self) -> str:
        return self.file.name

    @property
    def version(self) -> str:
        return self.file.version

    @property
    def binding(self) -> bool:
        return self.file.binding

    @property
    def at_risk(self) -> tuple[float, ...]:
        """The fractions of an objective at which a ticket is said to be at risk."""
        return self.file.at_risk

    def _digest(self) -> str:
        """Over the parsed file, its resolved holidays, the lexicon.

        Holidays count by their dates alone: what they are called decides nothing.
        """
        closed = {
            name: [day.isoformat() for day in days]
            for name, days in self.holidays(DIGEST_YEARS).items()
        }
        decided_by = [self.parsed(), closed, lexicon.default_text()]
        canonical = json.dumps(decided_by, sort_keys=True, separators=(",", ":"))
        return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()

    def parsed(self) -> dict[str, Any]:
        """The file as plain values, with what it leaves out filled in."""
        plain = self.file.model_dump(mode="json", by_alias=True, exclude_none=True)
        # What a policy leaves out of its signals is the built-in lexicon's, and not nothing.
        plain["signals"] = self.file.signals.model_dump(mode="json", exclude_unset=True)
        return plain

    def holidays(self, years: Iterable[int]) -> dict[str, dict[date, str]]:
        """Each calendar's closed dates in these years, with their names."""
        wanted = list(years)
        parts = self.file.calendars.items()
        return {name: holidays(part).resolved(wanted) for name, part in parts}

    def read(self, summary: str, description: str | None) -> Mapping[FactName, Fact]:
        """The facts that a ticket's own words tell."""
        return _compiled(self._signals).read(summary, description)

    def verdict(self, known: Known) -> Verdict:
        return self.table.verdict(known)

    def goal(self, level: Level) -> Goal:
        return self._goals[level]

    def calendar_of(self, client: str | None) -> Calendar:
        """The client's own calendar, else the default."""
        part = self.file.clients.get(client) if client is not None else None
        return self.calendars[(part and part.calendar) or self.file.default_calendar]

    def clock_of(self, level: Level, calendar: Calendar) -> Calendar:
        """The calendar that a level's objective runs on: the wall clock never closes."""
        return ALWAYS if self.goal(level).clock == "wall" else calendar

    def contact_of(self, client: str | None) -> str | None:
        part = self.file.clients.get(client) if client is not None else None
        return (part and part.contact) or self.file.contacts.get("default")

    def raised(self, level: Level, client: str | None) -> Level:
        """The level raised by as many steps as the client's tickets are."""
        part = self.file.clients.get(client) if client is not None else None
        return above(level, part.raise_by) if part and part.raise_by else level


@lru_cache(maxsize=4)
def _compiled(own: str) -> Reader:
    """The built-in lexicon with a policy's own signals. Many policies have the same."""
    signals = SignalsPart.model_validate_json(own)
    return Reader(lexicon.merged(lexicon.default(), signals))


def above(level: Level, steps: int) -> Level:
    """The level so many steps up, at most critical."""
    return LEVELS[min(LEVELS.index(level) + steps, len(LEVELS) - 1)]


def highest(*levels: Level | None) -> Level:
    """The most urgent of the levels that are there."""
    return max((level for level in levels if level), key=LEVELS.index)


def goal(part: LevelGoal, file: PolicyFile) -> Goal:
    within = part.respond_within
    objective = Objective(
        duration_seconds=in_seconds(within), clock=part.clock, binding=file.binding
    )
    risks = (
        RiskPoint(fraction, within * fraction, in_seconds(within * (1 - fraction)))
        for fraction in file.at_risk
    )
    return Goal(within, part.clock, objective, tuple(risks))


def calendar(name: str, part: CalendarPart) -> Calendar:
    """The calendar that this part of the file describes; raises BadPolicy where it cannot be."""
    return Calendar(
        name=name,
        timezone=part.timezone,
        hours=WeeklyHours.parse(part.hours),
        holidays=holidays(part),
    )


def holidays(part: CalendarPart) -> Holidays:
    return Holidays(
        country=part.holidays.country,
        subdivision=part.holidays.subdivision,
        dates=frozenset(part.holidays.dates),
        open=frozenset(part.holidays.open),
    )


def objectives_in_seconds(policy: Policy) -> dict[str, float]:
    """Within how many seconds each level is promised a response, on its own clock."""
    return {level: policy.goal(level).respond_within.total_seconds() for level in LEVELS}
