"""A busy morning of a managed service provider: what its clients report, told in a minute."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One event of the day, `at` so many seconds after the start."""

    at: float
    ticket: str
    type: str = "ticket.created"
    data: Mapping[str, Any] = field(default_factory=dict)
    called: timedelta | None = None
    """how long before the start the client had called"""
    flaw: str | None = None
    """`twice`: the event is sent again; `broken`: its JSON ends in the middle"""


def _fault(**others: object) -> dict[str, object]:
    return {"request": "fault", "stage": "production", **others}


# A critical ticket has 30 minutes, and nobody wants to wait for them here: the clients of the
# first two called a while ago, so that one deadline passes and one draws near within the minute.
DAY = (
    Step(
        at=0,
        ticket="backup",
        called=timedelta(minutes=30, seconds=-40),
        data={
            "summary": "Nightly backup of FILE01 failed for the third time",
            "client": "acme-dental",
            "facts": _fault(system_critical=True),
        },
    ),
    Step(
        at=1,
        ticket="vpn",
        called=timedelta(minutes=24, seconds=-25),
        data={
            "summary": "Nobody in the Boston office gets on the VPN",
            "client": "harbor-law",
            "facts": _fault(system_critical=True),
        },
    ),
    Step(
        at=2,
        ticket="edr",
        called=timedelta(minutes=3),
        data={
            "summary": "EDR has isolated LAPTOP-114 after a macro ran",
            "client": "harbor-law",
            "facts": _fault(system_critical=False),
        },
    ),
    Step(
        at=3,
        ticket="onboarding",
        data={
            "summary": "New starter on Monday: account, laptop, phone",
            "client": "acme-dental",
            "facts": {"request": "build"},
        },
    ),
    Step(
        at=4,
        ticket="billing",
        data={
            "summary": "Why are there two lines for Microsoft 365 on the invoice?",
            "client": "northside-clinic",
            "facts": {"request": "question"},
        },
    ),
    Step(
        at=5,
        ticket="reporting",
        called=timedelta(minutes=10),
        data={
            "summary": "The monthly report takes ten minutes to open",
            "client": "northside-clinic",
            "facts": _fault(system_critical=False, degraded=True),
        },
    ),
    Step(
        at=6,
        ticket="printer",
        data={
            "summary": "Front desk printer jams; the one in the hall works",
            "client": "acme-dental",
            "facts": _fault(system_critical=False, workaround=True),
        },
    ),
    Step(
        at=7,
        ticket="mail",
        called=timedelta(minutes=2),
        data={"summary": "Something is off with Outlook", "client": "orchard-foods"},
    ),
    Step(
        at=8,
        ticket="staging",
        data={
            "summary": "The new shop cannot reach its database on staging",
            "client": "orchard-foods",
            "facts": {"request": "fault", "stage": "testing"},
        },
    ),
    Step(
        at=9,
        ticket="phones",
        data={
            "summary": "The call queue drops every other caller",
            "client": "northside-clinic",
            "facts": _fault(),
        },
    ),
    Step(
        at=10,
        ticket="portal",
        data={
            "summary": "Please add a dark mode to the client portal",
            "client": "harbor-law",
            "facts": {"request": "feature"},
        },
    ),
    # The webhook was delivered twice, and once only half.
    Step(
        at=11,
        ticket="wifi",
        flaw="twice",
        data={
            "summary": "Guest Wi-Fi is slow",
            "client": "acme-dental",
            "facts": _fault(system_critical=False, degraded=True),
        },
    ),
    Step(
        at=12,
        ticket="scanner",
        flaw="broken",
        data={"summary": "Scanner shows E-07", "client": "a"},
    ),
    Step(at=14, ticket="mail", type="ticket.updated", data={"facts": _fault(system_critical=True)}),
    Step(at=16, ticket="edr", type="ticket.paused", data={"reason": "waiting for the user"}),
    Step(
        at=18,
        ticket="reporting",
        type="ticket.escalated",
        data={"requested_by": "practice manager", "reason": "the audit is today"},
    ),
    Step(at=23, ticket="edr", type="ticket.resumed", data={"reason": "the user called back"}),
    Step(at=32, ticket="vpn", type="ticket.responded"),
    Step(at=52, ticket="backup", type="ticket.responded"),
    Step(at=54, ticket="vpn", type="ticket.resolved"),
)
