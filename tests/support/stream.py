"""A seeded stream of realistic ticket histories, told out of order and more than once.

All events lie in the past of the instant `now` at which the stream is made. Some of their
deadlines have long passed, some pass in the seconds after `now`, and none passes in the minutes
after that: then whoever looks knows what must have been alerted.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from random import Random
from typing import Any

import yaml

from tests.support import oracle
from tests.support.upstream import Sending
from worker.policy import loading

Document = dict[str, Any]

SOURCE = "/psa"
#: Stands in every text that a person wrote, and must stand in no log.
PRIVATE = "quartz-heron"
#: Seconds after `now` within which some deadlines pass, and before whose end no others do.
SOON, QUIET = 4, 300

_STEPS = {
    "ticket.updated": 5,
    "ticket.responded": 4,
    "ticket.paused": 3,
    "ticket.resumed": 3,
    "ticket.escalated": 2,
    "ticket.resolved": 2,
    "ticket.closed": 1,
    "ticket.reopened": 1,
    "ticket.created": 0.2,
}
_FACTS: dict[str, tuple[object, ...]] = {
    "request": ("fault", "fault", "fault", "question", "feature", "cosmetic", "build"),
    "stage": ("production", "production", "production", "testing", "building"),
    "system_critical": (True, False),
    "workaround": (True, False, False),
    "degraded": (True, False, False),
}
_CLIENTS = {
    "acme-dental": {"calendar": "always", "contact": f"jo@{PRIVATE}.example"},
    "harbor-law": {"calendar": "berlin", "raise": 1},
    "northside-clinic": {"calendar": "tokyo-nights"},
    "orchard-foods": {},
}
_CALENDARS: dict[str, Document] = {
    "always": {"timezone": "UTC", "hours": {"always": True}},
    "berlin": {
        "timezone": "Europe/Berlin",
        "hours": {day: ["08:00-12:00", "13:00-18:00"] for day in ("monday", "tuesday", "friday")},
    },
    "tokyo-nights": {
        "timezone": "Asia/Tokyo",
        "hours": {day: ["22:00-06:00"] for day in ("monday", "wednesday", "friday", "sunday")},
    },
}


def policy_text() -> str:
    """The built-in policy with clients of several calendars."""
    policy = yaml.safe_load(loading.default_text())
    policy["calendars"] |= _CALENDARS
    policy["clients"] = _CLIENTS
    return yaml.safe_dump(policy)


@dataclass(frozen=True, slots=True)
class Stream:
    """Distinct events, and the order in which an unreliable upstream sends them."""

    events: Sequence[Document]
    sent: Sequence[Document]
    """shuffled, some of them several times"""

    @property
    def tickets(self) -> set[str]:
        return {event["data"]["ticket_id"] for event in self.events}

    @property
    def bodies(self) -> list[bytes]:
        return [body(event) for event in self.events]

    def sendings(self) -> list[Sending]:
        """The messages, in the order in which they are sent."""
        return [sending(event) for event in self.sent]


def made(seed: int, now: datetime, count: int, soon_for: int = SOON) -> Stream:
    """`count` distinct events of a few hundred tickets, and a sixth of them once or twice more.

    Twice a second some deadline or threshold passes, for `soon_for` seconds.
    """
    random = Random(seed)
    soon = list(_soon(random, now, 2 * soon_for))
    events = [*soon, *_quiet(random, now, count - len(soon))]
    again = random.sample(events, count // 6)
    sent = [*events, *again, *random.sample(again, count // 24)]
    random.shuffle(sent)
    return Stream(events, sent)


def event(type_: str, time: datetime, id_: str, **data: object) -> Document:
    """An inbound event as upstream writes it."""
    return {
        "specversion": "1.0",
        "id": id_,
        "source": SOURCE,
        "type": type_,
        "time": time.isoformat(),
        "datacontenttype": "application/json",
        "data": data,
    }


def body(event: Document) -> bytes:
    return json.dumps(event, separators=(",", ":")).encode()


def sending(event: Document) -> Sending:
    return Sending(body(event), routing_key=event["type"], message_id=event["id"])


def _quiet(random: Random, now: datetime, count: int) -> Iterator[Document]:
    """So many events of whole tickets of which nothing falls due while somebody looks."""
    tickets = [_Ticket(random, now, number).told() for number in range(count // 3)]
    bodies = [body(event) for ticket in tickets for event in ticket]
    policy = loading.parse(policy_text(), "policy")
    until = now + timedelta(seconds=QUIET)
    loud = {
        alert["data"]["ticket_id"]
        for alert in oracle.replayed(bodies, policy, until)
        if datetime.fromisoformat(alert["time"]) > now
    }
    for ticket in tickets:
        if ticket[0]["data"]["ticket_id"] not in loud and len(ticket) <= count:
            count -= len(ticket)
            yield from ticket


def _soon(random: Random, now: datetime, count: int) -> Iterator[Document]:
    """Critical tickets of which half, four fifths or all of the 30 minutes are up soon."""
    for number in range(1, count + 1):
        used = random.choice((15, 24, 30))
        notified_at = now - timedelta(minutes=used) + timedelta(seconds=number / 2)
        yield event(
            "ticket.created",
            notified_at + timedelta(seconds=1),
            f"soon-{number}",
            ticket_id=f"SOON-{number}",
            summary=f"Soon {PRIVATE}",
            notified_at=notified_at.isoformat(),
            facts={"request": "fault", "stage": "production", "system_critical": True},
        )


@dataclass(slots=True)
class _Ticket:
    """Tells one ticket's history, with the detours that real ones have."""

    random: Random
    now: datetime
    number: int
    _events: list[Document] = field(default_factory=list)

    def told(self) -> list[Document]:
        random = self.random
        # As many of the last minutes as of the last days.
        time = self.now - timedelta(minutes=2 * 3000 ** random.random())
        self._tell("ticket.created", time)
        for _ in range(random.randint(0, 11)):
            # Some things happen at the very same instant.
            pause = random.expovariate(1 / 25) if random.random() < 0.9 else 0
            time += timedelta(minutes=pause)
            if time >= self.now:
                break
            self._tell(random.choices([*_STEPS], [*_STEPS.values()])[0], time)
        return self._events

    def _tell(self, type_: str, time: datetime) -> None:
        time = self._as_written(time)
        data = self._said(type_, time)
        id_ = f"{self.number}-{len(self._events)}"
        told = event(type_, time, id_, ticket_id=f"T-{self.number}", **data)
        if self.random.random() < 0.3:
            told |= {"sequence": str(len(self._events)), "subject": f"T-{self.number}"}
        self._events.append(told)

    def _as_written(self, time: datetime) -> datetime:
        zone = self.random.choice((UTC, UTC, timezone(timedelta(hours=-4))))
        whole = self.random.random() < 0.7
        return (time.replace(microsecond=0) if whole else time).astimezone(zone)

    def _said(self, type_: str, time: datetime) -> Document:
        random = self.random
        earlier = (time - timedelta(seconds=random.randint(0, 900))).isoformat()
        match type_:
            case "ticket.created":
                called = {"notified_at": earlier} if random.random() < 0.5 else {}
                return {"summary": f"It fails {PRIVATE}", "facts": self._facts(), **called}
            case "ticket.updated":
                client = {"client": random.choice([*_CLIENTS])} if random.random() < 0.3 else {}
                facts = {**self._facts(), **({"workaround": None} if random.random() < 0.1 else {})}
                return {"description": f"Since noon {PRIVATE}", "facts": facts, **client}
            case "ticket.responded":
                by = {"by": "automation"} if random.random() < 0.2 else {}
                return {**by, **({"responded_at": earlier} if random.random() < 0.3 else {})}
            case "ticket.escalated":
                to_level = {"to_level": random.choice(("high", "critical"))}
                return {
                    "requested_by": f"{PRIVATE}@client.example",
                    **(to_level if random.random() < 0.3 else {}),
                }
            case "ticket.paused":
                return {"reason": f"asked {PRIVATE}"}
        return {}

    def _facts(self) -> Document:
        stated = self.random.sample([*_FACTS], self.random.randint(1, len(_FACTS)))
        return {name: self.random.choice(_FACTS[name]) for name in stated}
