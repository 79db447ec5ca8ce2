"""`respondby explain`, as a person or a program uses it."""

import json
import os
import pty
import subprocess
import textwrap
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import PROGRAM, Command, program, respondby
from tests.support.examples import EXAMPLES, FACTS, Example, body, created, event

__all__ = ["respondby"]

FRIDAY_AFTERNOON = "2026-05-22T16:10:00-04:00"
Write = Callable[[dict[str, Any]], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def one(written: dict[str, Any]) -> Path:
        path = tmp_path / "event.json"
        path.write_bytes(body(written))
        return path

    return one


def dedented(text: str) -> str:
    return textwrap.dedent(text).lstrip("\n")


NIGHTS = """\
name: nights
version: 1.10
binding: yes
levels:
  critical: {respond_within: 30m, clock: wall}
  high: {respond_within: 2h, clock: working}
  medium: {respond_within: 6h, clock: working}
  low: {respond_within: 20h, clock: working}
default_calendar: nights
calendars:
  nights:
    timezone: America/New_York
    hours: {monday: ["22:00-06:00"], friday: ["22:00-06:00"]}
    holidays: {country: US}
clients:
  acme: {raise: 1}
rules:
  - id: question
    when: {request: question}
    level: low
  - id: rest
    level: medium
    needs_triage: true
"""


def test_a_holiday_weekend_is_explained_day_by_day(respondby: Command, write: Write) -> None:
    told = respondby("explain", write(created(FRIDAY_AFTERNOON, facts=FACTS["high"])))
    assert told.out == dedented("""
        ticket     T-1 of /psa
        level      high
        rule       production-fault
        objective  first response within 2h of working time (a goal, not binding)
        notified   Fri 2026-05-22 16:10 EDT (2026-05-22T20:10:00Z), within working hours
        deadline   Tue 2026-05-26 10:10 EDT (2026-05-26T14:10:00Z)
        contact    customer-success, at a breach or an escalation
        policy     support-priorities, version 1

        facts
          request          fault       stated
          stage            production  stated
          system_critical  false       stated       the rule looks at it
          workaround       unknown     nobody said
          degraded         unknown     nobody said

        unknown, and could change the level: worth asking
          workaround       Is there a way around it?
          degraded         Can it be used and are its results right, if less conveniently?

        counted in calendar default, America/New_York
          Fri 2026-05-22  16:10 to 17:00 EDT            +50m   50m of 2h
          Sat 2026-05-23  closed: no working hours on Saturday
          Sun 2026-05-24  closed: no working hours on Sunday
          Mon 2026-05-25  closed: Memorial Day
          Tue 2026-05-26  09:00 to 10:10 EDT          +1h10m   2h of 2h

        what would change the level
          were request question, feature, cosmetic or build: low, due Tue 2026-05-26 16:10 EDT (2026-05-26T20:10:00Z)
          were stage testing or building: low, due Tue 2026-05-26 16:10 EDT (2026-05-26T20:10:00Z)
          were system_critical true: critical, due Fri 2026-05-22 16:40 EDT (2026-05-22T20:40:00Z)
          were workaround true: medium, due Tue 2026-05-26 14:10 EDT (2026-05-26T18:10:00Z)
          were degraded true: medium, due Tue 2026-05-26 14:10 EDT (2026-05-26T18:10:00Z)
        """)  # noqa: E501 - as it is shown
    assert (told.status, told.err) == (0, "")


def test_the_wall_clock_is_explained_in_one_line(respondby: Command, write: Write) -> None:
    told = respondby("explain", write(created("2026-03-07T03:10:30Z", facts=FACTS["critical"])))
    assert "level      critical\n" in told.out
    assert "objective  first response within 30m on the wall clock (a goal, not bi" in told.out
    counted = dedented("""
        counted on the wall clock, shown in America/New_York
          Fri 2026-03-06  22:10:30 to 22:40:30 EST      +30m   30m of 30m

        """)
    assert counted in told.out


def test_night_shifts_are_explained_across_midnight_and_a_change_of_clocks(
    respondby: Command, write: Write, tmp_path: Path
) -> None:
    policy = tmp_path / "nights.yaml"
    policy.write_text(NIGHTS)
    question = created("2026-03-06T16:10:00-05:00", facts={"request": "question"})
    told = respondby("explain", "--policy", policy, write(question))
    assert told.out == dedented("""
        ticket     T-1 of /psa
        level      low
        rule       question
        objective  first response within 20h of working time (binding)
        notified   Fri 2026-03-06 16:10 EST (2026-03-06T21:10:00Z), outside working hours; the clock starts Fri 2026-03-06 22:00
        deadline   Sat 2026-03-14 02:00 EDT (2026-03-14T06:00:00Z)
        policy     nights, version 1.10

        facts
          request          question    stated       the rule looks at it
          stage            unknown     nobody said
          system_critical  unknown     nobody said
          workaround       unknown     nobody said
          degraded         unknown     nobody said

        counted in calendar nights, America/New_York
          Fri 2026-03-06  22:00 to 06:00 EST (Sat)       +8h   8h of 20h
          Sat 2026-03-07  closed: no working hours on Saturday
          Sun 2026-03-08  closed: no working hours on Sunday
          Mon 2026-03-09  22:00 to 06:00 EDT (Tue)       +8h   16h of 20h
          Tue 2026-03-10  closed: no working hours on Tuesday
          Wed 2026-03-11  closed: no working hours on Wednesday
          Thu 2026-03-12  closed: no working hours on Thursday
          Fri 2026-03-13  22:00 to 02:00 EDT (Sat)       +4h   20h of 20h

        what would change the level
          were request fault, feature, cosmetic or build: medium, due Sat 2026-03-07 04:00 EST (2026-03-07T09:00:00Z)
        """)  # noqa: E501 - as it is shown


def test_a_raise_and_a_need_for_triage_are_told_with_the_rule(
    respondby: Command, write: Write, tmp_path: Path
) -> None:
    policy = tmp_path / "nights.yaml"
    policy.write_text(NIGHTS)
    ticket = write(created(FRIDAY_AFTERNOON, client="acme", summary="Hello"))
    told = respondby("explain", ticket, POLICY=str(policy))
    assert "ticket     T-1 of /psa, client acme\nlevel      high\n" in told.out
    assert (
        "rule       rest; medium by the rule, raised for this client; needs triage: a person "
        "should look\n" in told.out
    )
    assert "unknown, and could change the level: a person should ask\n  request   " in told.out


def test_a_client_that_the_policy_does_not_name_is_told_to_be_a_stranger(
    respondby: Command, write: Write, tmp_path: Path
) -> None:
    policy = tmp_path / "nights.yaml"
    policy.write_text(NIGHTS)
    ticket = write(created(FRIDAY_AFTERNOON, client="acne"))
    assert ", client acne, which the policy does not name\n" in (
        respondby("explain", "--policy", policy, ticket).out
    )
    # Where it names nobody, nobody is a stranger.
    assert ", client acne\n" in respondby("explain", ticket).out


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.level)
def test_the_examples_of_the_page_are_explained_as_they_are_decided(
    respondby: Command, write: Write, example: Example
) -> None:
    told = json.loads(respondby("explain", "--json", write(example.created)).out)
    assert (told["level"], told["deadline"]) == (example.level, example.deadline)
    assert sum(span["seconds"] for span in told["counted"]) == told["objective"]["duration_seconds"]


def test_the_explanation_as_data_says_the_same(respondby: Command, write: Write) -> None:
    ticket = created(FRIDAY_AFTERNOON, client="acme", facts={"request": "fault"})
    told = json.loads(respondby("explain", "--json", write(ticket)).out)
    assert told.pop("policy").keys() == {"name", "version", "digest"}
    otherwise = told.pop("otherwise")
    assert otherwise[0] == {
        "fact": "request",
        "values": ["question", "feature", "cosmetic", "build"],
        "level": "low",
        "deadline": "2026-05-26T20:10:00Z",
    }
    unknown = {"value": "unknown", "from": "default", "decided": False}
    assert told == {
        "ticket_id": "T-1",
        "ticket_source": "/psa",
        "client": "acme",
        "level": "high",
        "rule": "fault-criticality-unknown",
        "rule_level": "high",
        "needs_triage": True,
        "facts": {
            "request": {"value": "fault", "from": "event", "decided": True},
            "stage": unknown,
            "system_critical": unknown,
            "workaround": unknown,
            "degraded": unknown,
        },
        "unknown": ["stage", "system_critical", "workaround", "degraded"],
        "questions": {
            "stage": "Is it in production, or still being tested or built?",
            "system_critical": "Does the client's business stand still because of it?",
            "workaround": "Is there a way around it?",
            "degraded": "Can it be used and are its results right, if less conveniently?",
        },
        "notified_at": "2026-05-22T20:10:00Z",
        "notified_at_local": "2026-05-22T16:10:00-04:00",
        "outside_hours": False,
        "objective": {
            "name": "response",
            "duration_seconds": 7200,
            "clock": "working",
            "binding": False,
        },
        "calendar": "default",
        "timezone": "America/New_York",
        "counted": [
            {
                "day": "2026-05-22",
                "opens": "2026-05-22T20:10:00Z",
                "closes": "2026-05-22T21:00:00Z",
                "opens_local": "2026-05-22T16:10:00-04:00",
                "closes_local": "2026-05-22T17:00:00-04:00",
                "seconds": 3000,
                "total_seconds": 3000,
            },
            {
                "day": "2026-05-26",
                "opens": "2026-05-26T13:00:00Z",
                "closes": "2026-05-26T14:10:00Z",
                "opens_local": "2026-05-26T09:00:00-04:00",
                "closes_local": "2026-05-26T10:10:00-04:00",
                "seconds": 4200,
                "total_seconds": 7200,
            },
        ],
        "skipped": [
            {"day": "2026-05-23", "reason": "no working hours on Saturday"},
            {"day": "2026-05-24", "reason": "no working hours on Sunday"},
            {"day": "2026-05-25", "reason": "Memorial Day"},
        ],
        "deadline": "2026-05-26T14:10:00Z",
        "deadline_local": "2026-05-26T10:10:00-04:00",
        "contact": "customer-success",
    }


def test_an_event_may_come_on_stdin_and_be_an_update(respondby: Command) -> None:
    update = event("ticket.updated", FRIDAY_AFTERNOON, facts={"request": "question"})
    told = respondby("explain", "-", stdin=json.dumps(update, indent=2).encode())
    assert "level      low\n" in told.out


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"{", "not_json: EOF while parsing an object"),
        (body(created("noon")), "invalid_event: time must be an RFC 3339 time"),
        (body(event("ticket.closed", FRIDAY_AFTERNOON)), "a ticket.closed event states no facts"),
        (body(event("ticket.updated", FRIDAY_AFTERNOON)), "this ticket.updated event has neither "),
        (body(created(FRIDAY_AFTERNOON, summary="x" * 262_144)), "too_large: at most 262144 bytes"),
    ],
)
def test_an_event_that_cannot_be_used_is_told_in_one_line_with_status_3(
    respondby: Command, raw: bytes, said: str
) -> None:
    told = respondby("explain", "-", stdin=raw)
    assert (told.status, told.out) == (3, "")
    assert told.err.startswith(f"respondby: stdin: {said}")
    assert told.err.count("\n") == 1


def test_what_cannot_be_read_is_told_in_one_line_with_status_2(
    respondby: Command, write: Write, tmp_path: Path
) -> None:
    ticket, nowhere, bad = write(created(FRIDAY_AFTERNOON)), tmp_path / "no", tmp_path / "bad.yaml"
    bad.write_text(NIGHTS.replace("wall", "wal"))
    for arguments, said in (
        ([nowhere], f"{nowhere}: cannot be read: No such file or directory"),
        ([tmp_path], f"{tmp_path}: cannot be read: Is a directory"),
        (["--policy", nowhere, ticket], f"policy {nowhere}: cannot be read: No such file"),
        (["--policy", bad, ticket], f"policy {bad}, line 5: levels.critical.clock: must be 'wall'"),
    ):
        told = respondby("explain", *arguments)
        assert (told.status, told.out) == (2, "")
        assert told.err.startswith(f"respondby: {said}")
        assert told.err.count("\n") == 1


def test_other_settings_good_or_bad_are_no_business_of_an_explanation(
    respondby: Command, write: Write
) -> None:
    told = respondby("explain", write(created(FRIDAY_AFTERNOON)), BROKER_URL="bad", HTTP_PORT="x")
    assert told.status == 0


def test_a_ticket_s_words_cannot_move_the_cursor(respondby: Command, write: Write) -> None:
    told = respondby("explain", write(created(FRIDAY_AFTERNOON, "\x1b[2J\rT\u202e", client="a\nb")))
    assert told.out.startswith("ticket     \\x1b[2J\\rT\\u202e of /psa, client a\\nb\n")


def test_markup_in_a_ticket_is_shown_as_it_is(respondby: Command, write: Write) -> None:
    told = respondby("explain", write(created(FRIDAY_AFTERNOON, "[red]T[/red] :fire:")))
    assert told.out.startswith("ticket     [red]T[/red] :fire: of /psa\n")


def test_piped_output_is_plain_and_not_wrapped(write: Write) -> None:
    ticket = write(created("2026-05-24T16:10:00Z", "T" * 200, facts=FACTS["high"]))
    told = program("explain", ticket, COLUMNS="40", TERM="xterm-256color")
    assert told.status == 0
    assert "\x1b" not in told.out
    assert f"ticket     {'T' * 200} of /psa\n" in told.out
    assert "outside working hours; the clock starts Tue 2026-05-26 09:00\n" in told.out


def test_a_name_that_the_output_cannot_show_is_spelled(write: Write) -> None:
    ticket = write(created(FRIDAY_AFTERNOON, "Zürich"))
    assert "Z\\xfcrich" in program("explain", ticket, PYTHONIOENCODING="ascii").out
    as_data = program("explain", "--json", ticket, PYTHONIOENCODING="ascii").out
    assert json.loads(as_data)["ticket_id"] == "Zürich"


def test_on_a_terminal_the_level_stands_out(write: Write) -> None:
    above, below = pty.openpty()
    ticket = write(created(FRIDAY_AFTERNOON, facts=FACTS["critical"]))
    colours = {**os.environ, "TERM": "xterm-256color", "NO_COLOR": ""}
    with subprocess.Popen([PROGRAM, "explain", ticket], stdout=below, env=colours) as shown:
        os.close(below)
        seen = b""
        try:
            while piece := os.read(above, 65_536):
                seen += piece
        except OSError:
            pass  # how a terminal says that nothing more comes
        os.close(above)
        assert shown.wait() == 0
    assert b"\x1b[1;31mcritical\x1b[0m" in seen


def test_the_deadline_by_the_calendar_s_clocks_is_the_same_instant(
    respondby: Command, write: Write
) -> None:
    told = json.loads(respondby("explain", "--json", write(EXAMPLES[0].created)).out)
    local, utc = (datetime.fromisoformat(told[name]) for name in ("deadline_local", "deadline"))
    assert local == utc
    assert local.utcoffset() != utc.utcoffset()
