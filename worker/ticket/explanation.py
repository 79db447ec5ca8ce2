"""Why a ticket has its level, and how its deadline was counted: a decision as one value."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from schemas.envelope import Level
from schemas.facts import FACTS, FactName, FactValue
from schemas.inbound import Created, Inbound, TicketCreated, TicketUpdated
from schemas.outbound import Fact
from schemas.values import dataclass
from worker import errors
from worker.policy.calendar import Calendar, ClosedDay
from worker.policy.policy import Goal, Policy
from worker.ticket.history import Entry
from worker.ticket.life import Life, Promise, live
from worker.ticket.objective import ObjectiveClock

#: What a person may ask the client to learn a fact.
QUESTIONS: Mapping[FactName, str] = {
    "request": "Does something fail, or is it a question, a wish, about looks, or something new?",
    "stage": "Is it in production, or still being tested or built?",
    "system_critical": "Does the client's business stand still because of it?",
    "workaround": "Is there a way around it?",
    "degraded": "Can it be used and are its results right, if less conveniently?",
}


class NothingToExplain(errors.RespondbyError):
    """An event from which alone no level follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactSeen:
    """A fact as the rules saw it."""

    name: FactName
    fact: Fact | None
    """None: nobody stated it"""
    decided: bool
    """the rule that matched speaks of it"""
    matters: bool
    """it is unknown, and some value of it would change the level"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A span of an objective's clock, [opens, closes) in UTC, of the local date it starts on."""

    day: date
    opens: datetime
    closes: datetime
    total: timedelta
    """counted up to its end"""

    @property
    def length(self) -> timedelta:
        return self.closes - self.opens


@dataclass(frozen=True, slots=True, kw_only=True)
class Otherwise:
    """What would be decided, had one fact one of these values and all else stayed."""

    name: FactName
    values: tuple[FactValue, ...]
    level: Level
    deadline: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What was decided, and from what. The spans that were counted add up to the objective."""

    ticket_id: str
    ticket_source: str
    client: str | None
    level: Level
    rule: str
    rule_level: Level
    """before the client's `raise`"""
    needs_triage: bool
    facts: tuple[FactSeen, ...]
    goal: Goal
    calendar: str
    timezone: str
    notified_at: datetime
    outside_hours: bool
    counted: tuple[Counted, ...]
    skipped: tuple[ClosedDay, ...]
    """local dates on which nothing was counted since no window starts there"""
    deadline: datetime
    contact: str | None
    """whom to tell at a breach or an escalation: the client's own, else the default"""
    otherwise: tuple[Otherwise, ...]
    """all that one other fact would change the level to"""
    policy: Policy

    @property
    def unknown(self) -> tuple[FactName, ...]:
        """Facts that nobody stated and that could change the level."""
        return tuple(seen.name for seen in self.facts if seen.matters)


def explain(event: Inbound, policy: Policy) -> Explanation:
    """What the policy makes of one event; raises NothingToExplain when it does not say enough."""
    life = _life(_as_created(event), policy)
    verdict, calendar, promise = life.verdict, life.calendar, life.promise
    deadline = promise.due_at
    counted = tuple(_counted(life, deadline))
    return Explanation(
        ticket_id=event.data.ticket_id,
        ticket_source=event.source,
        client=life.client,
        level=life.level,
        rule=verdict.rule,
        rule_level=verdict.level,
        needs_triage=verdict.needs_triage,
        facts=tuple(_facts(life)),
        goal=promise.goal,
        calendar=calendar.name,
        timezone=calendar.timezone,
        notified_at=life.notified_at,
        outside_hours=not calendar.is_open(life.notified_at),
        counted=counted,
        skipped=() if promise.goal.clock == "wall" else _skipped(calendar, life, counted),
        deadline=deadline,
        contact=policy.contact_of(life.client),
        otherwise=tuple(_otherwise(life)),
        policy=policy,
    )


def _as_created(event: Inbound) -> TicketCreated:
    """An update that tells something is read as if it were the ticket's first event."""
    if isinstance(event, TicketCreated):
        return event
    if not isinstance(event, TicketUpdated):
        raise NothingToExplain(f"a {event.type} event states no facts; give ticket.created")
    said = event.data
    stated = said.facts.stated().values() if said.facts else ()
    if not (said.summary or said.description or any(value is not None for value in stated)):
        raise NothingToExplain(
            "this ticket.updated event has neither facts nor words; give ticket.created"
        )
    return TicketCreated(
        specversion="1.0",
        type="ticket.created",
        id=event.id,
        source=event.source,
        time=event.time,
        data=Created(
            ticket_id=said.ticket_id,
            summary=said.summary or "",
            description=said.description,
            client=said.client,
            notified_at=said.notified_at,
            facts=said.facts,
        ),
    )


def _life(event: TicketCreated, policy: Policy) -> Life:
    life = live([Entry(event, b"")], policy)
    assert life is not None  # noqa: S101 - it begins with its created event
    return life


def _facts(life: Life) -> Iterator[FactSeen]:
    for name in FACTS:
        yield FactSeen(
            name=name,
            fact=life.facts.get(name),
            decided=name in life.verdict.looked_at,
            matters=name in life.verdict.unknown,
        )


def _otherwise(life: Life) -> Iterator[Otherwise]:
    for name in FACTS:
        by_level: dict[Level, list[FactValue]] = {}
        for value in FACTS[name]:
            level = _level_were(life, name, value)
            if level != life.level:
                by_level.setdefault(level, []).append(value)
        for level, values in by_level.items():
            yield Otherwise(
                name=name, values=tuple(values), level=level, deadline=_due_at(life, level)
            )


def _level_were(life: Life, name: FactName, value: FactValue) -> Level:
    known = {known: fact.value for known, fact in life.facts.items()}
    verdict = life.policy.verdict({**known, name: value})
    return life.policy.raised(verdict.level, life.client)


def _due_at(life: Life, level: Level) -> datetime:
    clock = ObjectiveClock(life.policy.clock_of(level, life.calendar), life.notified_at)
    return Promise(level, life.policy.goal(level), clock).due_at


def _counted(life: Life, deadline: datetime) -> Iterator[Counted]:
    start = life.notified_at
    if life.promise.goal.clock == "wall":
        # One span: the wall clock knows no days.
        day = start.astimezone(ZoneInfo(life.calendar.timezone)).date()
        yield Counted(day=day, opens=start, closes=deadline, total=deadline - start)
        return
    total = timedelta()
    for window in life.calendar.windows(start, deadline):
        total += window.closes - window.opens
        yield Counted(day=window.day, opens=window.opens, closes=window.closes, total=total)


def _skipped(calendar: Calendar, life: Life, counted: tuple[Counted, ...]) -> tuple[ClosedDay, ...]:
    # After midnight a night shift runs on into a date that may be closed, and was not skipped.
    last = counted[-1]
    closed = calendar.closed_days(life.notified_at, last.closes)
    return tuple(day for day in closed if day.day < last.day)
