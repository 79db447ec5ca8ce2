"""Inbound events as upstream writes them, and the examples of the Support Priorities page."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from schemas.envelope import Level

SOURCE = "/psa"
TICKET = "T-1"


def event(
    type_: str,
    time: str,
    ticket_id: str = TICKET,
    *,
    id_: str | None = None,
    source: str = SOURCE,
    sequence: str | None = None,
    **data: object,
) -> dict[str, Any]:
    """An event; where no id is given it has one that follows from its type, ticket and time."""
    written = {
        "specversion": "1.0",
        "id": id_ or f"{type_}/{ticket_id}/{time}",
        "source": source,
        "type": type_,
        "time": time,
        "data": {"ticket_id": ticket_id, **data},
    }
    return written if sequence is None else {**written, "sequence": sequence}


def created(
    time: str, ticket_id: str = TICKET, *, summary: str = "Something is wrong", **data: Any
) -> dict[str, Any]:
    """A ticket of which nothing more is known."""
    return event("ticket.created", time, ticket_id, summary=summary, **data)


def critical(time: str, ticket_id: str = TICKET, **data: Any) -> dict[str, Any]:
    """A ticket with 30 minutes on the wall clock: at risk after 15 and 24 of them."""
    return created(time, ticket_id, facts=FACTS["critical"], **data)


def json_lines(events: Iterable[Mapping[str, Any]]) -> bytes:
    """One event a line, as `respondby replay` reads them."""
    return b"".join(body(one) + b"\n" for one in events)


def body(one: Mapping[str, Any]) -> bytes:
    """The event as the bytes of a message, or of a line."""
    return json.dumps(one, separators=(",", ":")).encode()


FACTS: dict[Level, dict[str, Any]] = {
    "critical": {"request": "fault", "stage": "production", "system_critical": True},
    "high": {"request": "fault", "stage": "production", "system_critical": False},
    "medium": {
        "request": "fault",
        "stage": "production",
        "system_critical": False,
        "workaround": True,
    },
    "low": {"request": "question", "stage": "production", "system_critical": False},
}
"""What is stated in the page's example of each level."""

LEVELS_IN_TURN = tuple(FACTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A ticket whose level and deadline a person has worked out."""

    level: Level
    summary: str
    notified_at: str
    created_at: str
    deadline: str
    """worked out by hand, on the default policy"""

    @property
    def created(self) -> dict[str, Any]:
        return created(
            self.created_at,
            f"example-{self.level}",
            summary=self.summary,
            notified_at=self.notified_at,
            facts=FACTS[self.level],
        )


#: In order of time. New York is five hours behind UTC in winter, four in summer; the clocks went
#: forward on 8 March 2026.
EXAMPLES = (
    # Friday 16:00 in New York: one hour until 17:00, the other on Monday from 9:00, in summer time.
    Example(
        level="high",
        summary="Invoices are sent to the wrong clients",
        notified_at="2026-03-06T21:00:00Z",
        created_at="2026-03-06T21:03:30Z",
        deadline="2026-03-09T14:00:00Z",
    ),
    # Saturday 23:45 in New York; the wall clock never stops.
    Example(
        level="critical",
        summary="Nobody can log in",
        notified_at="2026-03-07T23:45:00-05:00",
        created_at="2026-03-08T04:50:00Z",
        deadline="2026-03-08T05:15:00Z",
    ),
    # Thursday 14:30: two and a half hours. Friday 3 July stands in for Independence Day, which is
    # a Saturday. Monday from 9:00: three and a half hours.
    Example(
        level="medium",
        summary="The export fails, but one can print to a file instead",
        notified_at="2026-07-02T18:30:00Z",
        created_at="2026-07-02T18:30:00Z",
        deadline="2026-07-06T16:30:00Z",
    ),
    # Wednesday noon: five hours. Thursday is Thanksgiving. Friday from 9:00: three hours.
    Example(
        level="low",
        summary="How does one add a user?",
        notified_at="2026-11-25T12:00:00-05:00",
        created_at="2026-11-25T17:00:01.5Z",
        deadline="2026-11-27T17:00:00Z",
    ),
)
