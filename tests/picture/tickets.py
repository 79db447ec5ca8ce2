"""Two weeks of an invented service provider's tickets, with one bad day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from schemas import times
from tests.support.tickets import CRITICAL, HIGH, LOW, MEDIUM

_ZONE = ZoneInfo("America/New_York")
_OPENS, _CLOSES = time(9), time(17)
#: Facts, tickets a day, and the objective in seconds.
_LEVELS = {
    "critical": (CRITICAL, 5, 1800),
    "high": (HIGH, 11, 7200),
    "medium": (MEDIUM, 14, 21600),
    "low": (LOW, 9, 28800),
}
#: Half of the tickets are answered within this share of their objective.
_USUAL, _ON_THE_BAD_DAY = 0.38, 0.9
_BAD_DAY = 17
#: The share of answers that respondby hears of only some time after.
_NOTED_LATER = 0.05


@dataclass(frozen=True, order=True)
class Happening:
    """An event that reaches the worker at this instant."""

    at: datetime
    ticket: str
    type: str
    data: tuple[tuple[str, Any], ...] = ()


def happenings(start: datetime, end: datetime, seed: int = 5) -> list[Happening]:
    """All events between the two, in order."""
    random = Random(seed)
    told = [
        happening
        for number in range((end - start).days + 1)
        for level in _LEVELS
        for happening in _day_of(random, start + timedelta(days=number), level)
    ]
    return sorted(one for one in told if start < one.at < end)


def _day_of(random: Random, day: datetime, level: str) -> Iterator[Happening]:
    facts, count, objective = _LEVELS[level]
    date = day.astimezone(_ZONE).date()
    if date.weekday() > 4 and level != "critical":
        return
    for number in range(count if date.weekday() < 5 else 1):
        ticket = f"{date:%d}-{level}-{number}"
        hours = random.uniform(0, 7.9) if level != "critical" else random.gauss(5, 3)
        opened = datetime.combine(date, _OPENS, _ZONE).astimezone(UTC) + timedelta(hours=hours)
        yield Happening(opened, ticket, "ticket.created", (("facts", facts),))
        median = _ON_THE_BAD_DAY if date.day == _BAD_DAY and level == "high" else _USUAL
        used = timedelta(seconds=objective * median * random.lognormvariate(0, 0.52))
        if random.random() < 0.12:
            yield from _waiting_on_the_client(random, opened, ticket, objective)
        yield _answer(random, _after(opened, used, level), ticket)


def _answer(random: Random, answered: datetime, ticket: str) -> Happening:
    """Now and then somebody calls back at once, and notes it later."""
    noted = answered
    if random.random() < _NOTED_LATER:
        noted += timedelta(minutes=random.uniform(20, 150))
    return Happening(noted, ticket, "ticket.responded", (("responded_at", times.text(answered)),))


def _waiting_on_the_client(
    random: Random, opened: datetime, ticket: str, objective: float
) -> Iterator[Happening]:
    paused = opened + timedelta(seconds=objective * random.uniform(0.02, 0.7))
    yield Happening(paused, ticket, "ticket.paused")
    yield Happening(paused + timedelta(minutes=random.uniform(5, 90)), ticket, "ticket.resumed")


def _after(start: datetime, used: timedelta, level: str) -> datetime:
    """So much later: of working hours, but for what is critical."""
    if level == "critical":
        return start + used
    local = start.astimezone(_ZONE)
    closing = datetime.combine(local.date(), _CLOSES, _ZONE)
    if local + used <= closing:
        return start + used
    opening = datetime.combine(local.date() + timedelta(days=1), _OPENS, _ZONE)
    while opening.weekday() > 4:
        opening += timedelta(days=1)
    return _after(opening.astimezone(UTC), used - (closing - local), level)
