"""A policy ready to decide: rules as a table, calendars built, everything found by name."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from schemas.envelope import LEVELS, Level
from worker.policy.calendar import ALWAYS, Calendar
from worker.policy.file import CalendarPart, Clock, PolicyFile
from worker.policy.holidays import Holidays
from worker.policy.hours import WeeklyHours
from worker.policy.rules import DecisionTable, Known, Verdict

#: The years whose holidays count into a policy's digest: a fixed span, so that the digest of one
#: file with one holiday list is the same on every day and every machine.
DIGEST_YEARS = range(2020, 2041)


@dataclass(frozen=True, slots=True)
class Goal:
    """How soon a first response is due, and on which clock."""

    respond_within: timedelta
    clock: Clock


class Policy:
    """What the policy file says, as questions that a decision asks."""

    def __init__(self, file: PolicyFile) -> None:
        self.file = file
        self.table = DecisionTable(file.rules)
        self.calendars = {name: calendar(name, part) for name, part in file.calendars.items()}
        self._goals = {
            level: Goal(goal.respond_within, goal.clock) for level, goal in file.levels.items()
        }

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

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the parsed file and its resolved holidays: same digest, same decisions.

        Holidays count by their dates alone: what they are called decides nothing.
        """
        closed = {
            name: [day.isoformat() for day in days]
            for name, days in self.holidays(DIGEST_YEARS).items()
        }
        canonical = json.dumps([self.parsed(), closed], sort_keys=True, separators=(",", ":"))
        return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()

    def parsed(self) -> dict[str, Any]:
        """The file as plain values, with what it leaves out filled in."""
        return self.file.model_dump(mode="json", by_alias=True, exclude_none=True)

    def holidays(self, years: Iterable[int]) -> dict[str, dict[date, str]]:
        """Each calendar's closed dates in these years, with their names."""
        wanted = list(years)
        parts = self.file.calendars.items()
        return {name: holidays(part).resolved(wanted) for name, part in parts}

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
        return above(level, part.raise_by if part else 0)


def above(level: Level, steps: int) -> Level:
    """The level so many steps up, at most critical."""
    return LEVELS[min(LEVELS.index(level) + steps, len(LEVELS) - 1)]


def highest(*levels: Level | None) -> Level:
    """The most urgent of the levels that are there."""
    return max((level for level in levels if level), key=LEVELS.index)


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


def objectives_in_seconds(policy: Policy) -> set[float]:
    """The levels' objectives, for the edges of histograms."""
    return {policy.goal(level).respond_within.total_seconds() for level in LEVELS}
