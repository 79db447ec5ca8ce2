"""`respondby explain`: why a ticket gets its level, and how its deadline is counted."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from schemas import decoding, times
from schemas.inbound import Inbound
from schemas.times import in_seconds
from worker import errors, policy_file, settings
from worker.cli import explanation_text, policies
from worker.policy import loading
from worker.ticket import explanation
from worker.ticket.explanation import QUESTIONS, Counted, Explanation, FactSeen

app = typer.Typer(add_completion=False)
_REJECTED = 3
#: As live, by default.
_MAX_BYTES = settings.MAX_MESSAGE_BYTES


@app.command()
def run(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="One event, as JSON; - is stdin.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="The same as data.")] = False,
    policy: policies.Option = None,
) -> None:
    """Tell the level of a ticket, the rule and the facts, and how its deadline was counted.

    FILE holds a ticket.created event, or a ticket.updated event with facts or words.
    Exit status: 0; 3 if the event cannot be used; 2 if FILE or the policy cannot be read or used.
    """
    text, name = policy_file.text(policy)
    in_force = loading.parse(text, name)
    try:
        told = explanation.explain(_event(_body(file)), in_force)
    except (decoding.Rejected, explanation.NothingToExplain) as rejected:
        typer.echo(f"respondby: {'stdin' if file == '-' else file}: {rejected}", err=True)
        raise typer.Exit(_REJECTED) from None
    if as_json:
        typer.echo(json.dumps(document(told), ensure_ascii=False, indent=2).encode())
    else:
        explanation_text.show(told)


def document(told: Explanation) -> dict[str, Any]:
    """The explanation as JSON-ready values; instants in UTC, and by the calendar's own clocks."""
    zone = ZoneInfo(told.timezone)
    policy = told.policy
    return {
        "ticket_id": told.ticket_id,
        "ticket_source": told.ticket_source,
        **({"client": told.client} if told.client else {}),
        "level": told.level,
        "rule": told.rule,
        "rule_level": told.rule_level,
        "needs_triage": told.needs_triage,
        "facts": {seen.name: _fact(seen) for seen in told.facts},
        "unknown": list(told.unknown),
        "questions": {name: QUESTIONS[name] for name in told.unknown},
        "notified_at": times.text(told.notified_at),
        "notified_at_local": told.notified_at.astimezone(zone).isoformat(),
        "outside_hours": told.outside_hours,
        "objective": {
            "name": "response",
            "duration_seconds": in_seconds(told.goal.respond_within),
            "clock": told.goal.clock,
            "binding": policy.binding,
        },
        "calendar": told.calendar,
        "timezone": told.timezone,
        "counted": [_counted(span, zone) for span in told.counted],
        "skipped": [{"day": day.day.isoformat(), "reason": day.reason} for day in told.skipped],
        "deadline": times.text(told.deadline),
        "deadline_local": told.deadline.astimezone(zone).isoformat(),
        **({"contact": told.contact} if told.contact else {}),
        "otherwise": [
            {
                "fact": other.name,
                "values": list(other.values),
                "level": other.level,
                "deadline": times.text(other.deadline),
            }
            for other in told.otherwise
        ],
        "policy": {"name": policy.name, "version": policy.version, "digest": policy.digest},
    }


def _fact(seen: FactSeen) -> dict[str, Any]:
    fact = seen.fact
    return {
        "value": fact.value if fact else "unknown",
        "from": fact.origin if fact else "default",
        **({"evidence": fact.evidence} if fact and fact.evidence else {}),
        "decided": seen.decided,
    }


def _counted(span: Counted, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "day": span.day.isoformat(),
        "opens": times.text(span.opens),
        "closes": times.text(span.closes),
        "opens_local": span.opens.astimezone(zone).isoformat(),
        "closes_local": span.closes.astimezone(zone).isoformat(),
        "seconds": in_seconds(span.length),
        "total_seconds": in_seconds(span.total),
    }


def _event(body: bytes) -> Inbound:
    if len(body) > _MAX_BYTES:
        raise decoding.Rejected("too_large", f"at most {_MAX_BYTES} bytes are read")
    return decoding.decode(body)


def _body(file: str) -> bytes:
    try:
        if file == "-":
            return sys.stdin.buffer.read(_MAX_BYTES + 1)
        with Path(file).open("rb") as opened:
            return opened.read(_MAX_BYTES + 1)
    except OSError as error:
        raise errors.RespondbyError(f"{file}: cannot be read: {error.strerror}") from error
