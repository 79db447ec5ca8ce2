"""A ticket's life: its history told in order, under one policy.

Nothing here knows what was published before. The same history gives the same life, in whatever
order its events arrived.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from schemas.envelope import Level
from schemas.facts import FACTS, FactName
from schemas.inbound import (
    Inbound,
    TicketCreated,
    TicketEscalated,
    TicketResponded,
    TicketUpdated,
)
from schemas.outbound import Fact
from schemas.values import dataclass
from worker.policy import policy as policies
from worker.policy.policy import Goal, Policy
from worker.ticket.history import Entry
from worker.ticket.objective import ObjectiveClock, Stop

#: Each fact as an event states it: facts are values, so that all tickets can share them.
_STATED = {
    value: Fact(value=value, origin="event") for values in FACTS.values() for value in values
}

Outcome = Literal["met", "missed"]
EndedBy = Literal["response", "pause", "closed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The first response of a person, judged."""

    place: int
    """up to where the history decided: its own place, or the birth that it waited for"""
    told_at: datetime
    """the time of the event at that place"""
    responded_at: datetime
    outcome: Outcome
    deadline: datetime | None
    level: Level
    ended_at: datetime
    """when the objective ended: then, or when the clock had stopped before"""
    ended_by: EndedBy
    spent: timedelta
    wall: timedelta


@dataclass(frozen=True, slots=True)
class Escalation:
    """A call for the client's contact, and what it did to the level."""

    event: TicketEscalated
    at: datetime
    """its time, or that of the birth that it waited for"""
    from_level: Level
    to_level: Level


@dataclass(frozen=True, slots=True)
class Promise:
    """The objective in force: what was promised at which level, and the clock that measures it."""

    level: Level
    goal: Goal
    clock: ObjectiveClock

    @property
    def due_at(self) -> datetime:
        """When the objective is used up, if the clock runs on."""
        return self.clock.reach(self.goal.respond_within)


class Life:
    """Where a ticket stands after its history. Built once by `live`; afterwards it is only read."""

    def __init__(self, policy: Policy, history: Sequence[Entry], birth: int) -> None:
        self.policy = policy
        self.client: str | None = None
        self.facts: Mapping[FactName, Fact] = {}
        self._stated: dict[FactName, Fact | None] = {}
        self._words: tuple[str, str | None] = ("", None)
        self.escalated = False
        self.paused = False
        self.closed = False
        self.stands_since: datetime | None = None
        self.stopped_by: EndedBy = "pause"
        self.answer: Answer | None = None
        self.escalations: list[Escalation] = []
        self._stops: tuple[Stop, ...] = ()
        self._stated_notification: datetime | None = None
        self._floor: Level | None = None
        self._floor_of_round: Level | None = None
        self._is_classified = False
        self._birth = birth
        # What calls for a judgement waits for the birth, though its time may lie before.
        self._unjudged: list[tuple[int, TicketResponded | TicketEscalated]] = []

        for place, entry in enumerate(history[: birth + 1]):
            self._note(place, entry.event)
        self.born_at = history[birth].event.time
        self._classify()
        self.promise = self._promised()
        self.deadline = self._due(self.promise)
        self.set_at = self.born_at
        self._judge_noted()
        for place, entry in enumerate(history[birth + 1 :], start=birth + 1):
            self._note(place, entry.event)
            self._decide(entry.event.time)
            self._judge_noted()

    @property
    def notified_at(self) -> datetime:
        """When the clock started."""
        return self._stated_notification or self.born_at

    @property
    def ends_at(self) -> datetime | None:
        """When the objective ended or its clock stopped; what is due from then on never is."""
        return self.answer.ended_at if self.answer else self.stands_since

    @property
    def ended_by(self) -> EndedBy:
        """By what, if it has ended or stopped."""
        return self.answer.ended_by if self.answer else self.stopped_by

    def _note(self, place: int, event: Inbound) -> None:
        # By its tag: a model's class would be compared by a method in Python.
        match event.type:
            case "ticket.created" | "ticket.updated":
                self._state(event)
            case "ticket.responded" | "ticket.escalated":
                self._unjudged.append((place, event))
            case "ticket.paused":
                self.paused = True
                self._stop(event.time, "pause")
            case "ticket.resumed":
                self.paused = False
                self._run_on(event.time)
            case "ticket.reopened":
                self._reopen(event.time)
            case _:
                self.closed = True
                self._stop(event.time, "closed")

    def _state(self, event: TicketCreated | TicketUpdated) -> None:
        self._is_classified = False
        said = event.data
        spoken_of = said.model_fields_set
        if "client" in spoken_of:
            self.client = said.client
        if said.notified_at is not None:
            self._stated_notification = said.notified_at
        summary, description = self._words
        if "summary" in spoken_of:
            summary = said.summary or ""
        if "description" in spoken_of:
            description = said.description
        self._words = summary, description
        for name, value in (said.facts.stated() if said.facts else {}).items():
            self._stated[name] = None if value is None else _STATED[value]

    def _known_facts(self) -> Mapping[FactName, Fact]:
        """What was stated, and what the ticket's words tell of the rest.

        A fact that was taken back is unknown: somebody knew better than the words.
        """
        whole = len(self._stated) == len(FACTS)
        told = self._stated if whole else {**self.policy.read(*self._words), **self._stated}
        return {name: fact for name, fact in told.items() if fact is not None}

    def _stop(self, instant: datetime, by: EndedBy) -> None:
        if self.stands_since is None:
            self.stands_since, self.stopped_by = instant, by

    def _run_on(self, instant: datetime) -> None:
        if self.stands_since is not None and not self.closed:
            self._stops += (Stop(self.stands_since, instant),)
            self.stands_since = None

    def _reopen(self, instant: datetime) -> None:
        if self.closed:
            # A ticket that is worked on again no longer waits on the client either.
            self.closed = self.paused = False
            self._run_on(instant)

    def _classify(self) -> None:
        self._is_classified = True
        self.facts = self._known_facts()
        self.verdict = self.policy.verdict({name: fact.value for name, fact in self.facts.items()})
        raised = self.policy.raised(self.verdict.level, self.client)
        self.level = policies.highest(raised, self._floor) if self._floor else raised
        self.calendar = self.policy.calendar_of(self.client)

    def _decide(self, instant: datetime) -> None:
        if not self._is_classified:
            self._classify()
        if self.answer or self.closed:
            return  # what has ended or stopped is not measured anew
        promise = self._promised()
        if promise != self.promise or self.paused:
            deadline = self._due(promise)
            # Another level sets it anew, be it by chance to the same instant.
            if (deadline, promise.level) != (self.deadline, self.promise.level):
                self.deadline, self.set_at = deadline, instant
            self.promise = promise

    def _promised(self) -> Promise:
        calendar = self.policy.clock_of(self.level, self.calendar)
        clock = ObjectiveClock(calendar, self.notified_at, self._stops)
        return Promise(self.level, self.policy.goal(self.level), clock)

    def _due(self, promise: Promise) -> datetime | None:
        due = promise.due_at
        if self.paused and self.stands_since is not None and due >= self.stands_since:
            return None
        return due

    def _judge_noted(self) -> None:
        noted, self._unjudged = self._unjudged, []
        for place, event in noted:
            if event.type == "ticket.escalated":
                self._escalate(event)
            elif event.data.by == "agent":
                self._floor_of_round = None
                self.answer = self.answer or self._judged(place, event)

    def _escalate(self, event: TicketEscalated) -> None:
        before = self.level
        floor = self._floor_of_round or policies.above(before, 1)
        # Never below an earlier floor, for that one is in the level before.
        self._floor = self._floor_of_round = policies.highest(floor, event.data.to_level)
        self.escalated, self._is_classified = True, False
        at = max(event.time, self.born_at)
        self._decide(at)
        self.escalations.append(Escalation(event, at, before, self.level))

    def _judged(self, place: int, event: TicketResponded) -> Answer:
        at = event.data.responded_at or event.time
        # Nobody owes a response while the clock stands still.
        ended_at = min(at, self.stands_since) if self.stands_since else at
        late = self.deadline is not None and self.deadline < ended_at
        return Answer(
            place=max(place, self._birth),
            told_at=max(event.time, self.born_at),
            responded_at=at,
            outcome="missed" if late else "met",
            deadline=self.deadline,
            level=self.promise.level,
            ended_at=ended_at,
            ended_by="response" if ended_at == at else self.stopped_by,
            spent=self.promise.clock.spent(ended_at),
            wall=max(at - self.notified_at, timedelta()),
        )


def live(history: Sequence[Entry], policy: Policy) -> Life | None:
    """The life that `history` tells, or None while the ticket's `created` is not known."""
    births = (place for place, entry in enumerate(history) if entry.event.type == "ticket.created")
    birth = next(births, None)
    return None if birth is None else Life(policy, history, birth)
