"""Builders for a ticket's events, and one ticket as a worker carries it, without a worker.

The week is that of Monday 9 March 2026 in New York, four hours behind UTC, without a holiday.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any, NamedTuple, Protocol
from zoneinfo import ZoneInfo

import pydantic_core
import yaml

from schemas import decoding, outbound, times
from worker.policy import loading
from worker.policy.policy import Policy
from worker.ticket import decide, history
from worker.ticket import ledger as ledgers
from worker.ticket.announce import Announcer
from worker.ticket.history import Entry
from worker.ticket.ledger import Ledger, Record
from worker.ticket.life import Life, live
from worker.ticket.phase import Phase

Document = dict[str, Any]

SOURCE = "/psa"
TICKET = "T-1"
MONDAY = date(2026, 3, 9)
NEW_YORK = ZoneInfo("America/New_York")
_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

#: All facts of a ticket of each level, so that one update moves it from any to any.
LOW = {"request": "question", "stage": "production", "system_critical": False, "workaround": False}
MEDIUM = {**LOW, "request": "fault", "workaround": True}
HIGH = {**LOW, "request": "fault"}
CRITICAL = {**HIGH, "system_critical": True}


def at(text: str) -> datetime:
    """An instant of the week by the clocks of New York: "10:00" of Monday, or "tue 09:30"."""
    day, _, clock = text.rpartition(" ")
    local = MONDAY + timedelta(days=_WEEK.index(day or "mon"))
    return datetime.combine(local, time.fromisoformat(clock), NEW_YORK).astimezone(UTC)


def z(text: str) -> str:
    """That instant as outbound events write it."""
    return times.text(at(text))


def event(
    type_: str,
    when: str | datetime,
    id_: str | None = None,
    /,
    *,
    sequence: str | int | None = None,
    traceparent: str | None = None,
    **data: Any,
) -> Entry:
    """An event as the inbox has it; instants in `data` may be written as for `at`."""
    instant = at(when) if isinstance(when, str) else when
    for name in ("notified_at", "responded_at"):
        if isinstance(data.get(name), str):
            data[name] = at(data[name])
    envelope = {
        "specversion": "1.0",
        "id": id_ or f"{type_} {times.text(instant)}",
        "source": SOURCE,
        "type": type_,
        "time": instant,
        "data": {"ticket_id": TICKET, **data},
    }
    more = {"sequence": sequence, "traceparent": traceparent}
    envelope |= {name: value for name, value in more.items() if value is not None}
    body = pydantic_core.to_json(envelope)
    return Entry(decoding.decode(body), body)


class Builder(Protocol):
    def __call__(self, when: str | datetime, id_: str | None = None, /, **fields: Any) -> Entry: ...


def _builder(type_: str, **usual: Any) -> Builder:
    def build(when: str | datetime, id_: str | None = None, /, **fields: Any) -> Entry:
        return event(type_, when, id_, **{**usual, **fields})

    return build


created = _builder("ticket.created", summary="ticket")
updated = _builder("ticket.updated")
responded = _builder("ticket.responded")
paused = _builder("ticket.paused")
resumed = _builder("ticket.resumed")
escalated = _builder("ticket.escalated")
resolved = _builder("ticket.resolved")
closed = _builder("ticket.closed")
reopened = _builder("ticket.reopened")


def policy(**changes: Any) -> Policy:
    """The built-in policy with these parts of its file in place of its own."""
    file = {**yaml.safe_load(loading.default_text()), **changes}
    return loading.parse(yaml.safe_dump(file), "a test")


def levels(**changes: Mapping[str, str]) -> dict[str, Any]:
    """The built-in levels, some of them promised otherwise."""
    return {**yaml.safe_load(loading.default_text())["levels"], **changes}


@cache
def built_in() -> Policy:
    return policy()


#: One that is raised, on a calendar of its own; one that works day and night.
CLIENTS: Mapping[str, Any] = {
    "acme": {"raise": 1, "calendar": "pacific", "contact": "acme-desk"},
    "owl": {"calendar": "always"},
}
CALENDARS: Mapping[str, Any] = {
    **yaml.safe_load(loading.default_text())["calendars"],
    "pacific": {
        "timezone": "America/Los_Angeles",
        "hours": {"monday": ["07:00-12:00", "13:00-15:00"], "tuesday": ["08:00-16:00"]},
    },
    "always": {"timezone": "UTC", "hours": {"always": True}},
}


@cache
def with_clients() -> Policy:
    return policy(clients=dict(CLIENTS), calendars=dict(CALENDARS))


class Standing(NamedTuple):
    """A published alert that was not withdrawn."""

    type: str
    threshold: float | None
    deadline: datetime
    due_at: datetime
    level: str


class End(NamedTuple):
    """Where a ticket stands: what has to be the same in whatever order its events came."""

    phase: str
    level: str | None
    deadline: datetime | None
    record: Record | None
    """without the id of the event that told of it"""
    standing: frozenset[Standing]
    to_come: frozenset[tuple[Any, ...]]


@dataclass
class Case:
    """One ticket: events and time go in, what a worker would publish comes out."""

    policy: Policy = field(default_factory=built_in)
    history: list[Entry] = field(default_factory=list)
    ledger: Ledger = field(default_factory=Ledger)
    phase: Phase = "waiting"
    published: list[Document] = field(default_factory=list)
    decisions: list[decide.Decision] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._announcer = Announcer("/respondby", (SOURCE, TICKET))

    def take(self, *entries: Entry) -> list[Document]:
        """Decide on the events as they come. Known ids are dropped, as the inbox does."""
        before = len(self.published)
        for entry in entries:
            if all(entry.event.id != known.event.id for known in self.history):
                decision = decide.on_event(
                    self._announcer, self.ledger, self.history, entry, self.policy
                )
                self.history.append(entry)
                self._after(decision)
        return self.published[before:]

    def wake(self, now: str | datetime, *, live: bool = False) -> list[Document]:
        """One look at the clock, which may have stood still for long."""
        before = len(self.published)
        instant = at(now) if isinstance(now, str) else now
        self._after(decide.on_time(self._announcer, self.ledger, self.phase, instant, live_=live))
        return self.published[before:]

    def until(self, last: str | datetime) -> list[Document]:
        """Time passes up to and with this instant; each alert leaves when it is due."""
        before = len(self.published)
        instant = at(last) if isinstance(last, str) else last
        while (wake_at := self.ledger.wake_at) is not None and wake_at <= instant:
            self.wake(wake_at)
        return self.published[before:]

    def play(self, *entries: Entry, until: str | datetime | None = None) -> list[Document]:
        """Events as they happen, with time passing in between; at one instant they come first."""
        before = len(self.published)
        for entry in entries:
            self.until(entry.event.time - timedelta(microseconds=1))
            self.take(entry)
        if until is not None:
            self.until(until)
        return self.published[before:]

    @property
    def life(self) -> Life | None:
        """What the history says, told from the beginning."""
        return live(history.ordered(self.history), self.policy)

    @property
    def level(self) -> str | None:
        return self.ledger.revision.level if self.ledger.revision else None

    @property
    def deadline(self) -> datetime | None:
        return self.ledger.revision.deadline if self.ledger.revision else None

    @property
    def standing(self) -> list[Standing]:
        return [
            Standing(alert.type, alert.threshold, alert.deadline, alert.due_at, alert.level)
            for alert in self.ledger.alerts
            if alert.stands
        ]

    @property
    def end(self) -> End:
        record = self.ledger.record
        return End(
            self.phase,
            self.level,
            self.deadline,
            replace(record, id="") if record else None,
            frozenset(self.standing),
            frozenset((planned.type, planned.at) for planned in self.ledger.plan),
        )

    def _after(self, decision: decide.Decision) -> None:
        # Through the store's bytes and back: nothing may hang on what is only in memory.
        self.ledger = ledgers.decode(ledgers.encode(decision.ledger))
        self.phase = decision.phase
        self.decisions.append(decision)
        self.published += [outbound.document(event) for event in decision.outbound]


def of_type(documents: list[Document], type_: str) -> list[Document]:
    return [document for document in documents if document["type"] == type_]


def only(documents: list[Document], type_: str) -> Document:
    """The one event of this type."""
    (document,) = of_type(documents, type_)
    return document


def types(documents: list[Document]) -> list[str]:
    return [document["type"] for document in documents]
