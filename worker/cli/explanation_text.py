"""An explanation for people: what was decided, from which facts, and the days that were counted."""

import io
import sys
from collections.abc import Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from schemas import times
from worker import durations
from worker.printable import printable
from worker.ticket.explanation import QUESTIONS, Counted, Explanation, FactSeen, Otherwise

_STYLES = {"critical": "bold red", "high": "bold yellow", "medium": "bold cyan", "low": "bold"}
_ORIGINS = {
    "event": "stated",
    "text": "read in the text",
    "source": "from the source's own fields",
    "default": "nobody said",
}


def show(told: Explanation) -> None:
    """Print the explanation; plain and never wrapped where the output is no terminal."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A name that this terminal cannot show is no reason to show nothing.
        sys.stdout.reconfigure(errors="backslashreplace")
    console = Console(highlight=False)
    for line in lines(told):
        console.print(line, soft_wrap=True)


def lines(told: Explanation) -> Iterator[Text]:
    yield from _decision(told)
    yield Text()
    yield Text("facts", style="bold")
    yield from map(_fact, told.facts)
    yield Text()
    yield from _questions(told)
    yield Text(_heading(told), style="bold")
    yield from _days(told)
    if told.otherwise:
        yield Text()
        yield Text("what would change the level", style="bold")
        zone = ZoneInfo(told.timezone)
        yield from (_otherwise(other, zone) for other in told.otherwise)


def _decision(told: Explanation) -> Iterator[Text]:
    zone = ZoneInfo(told.timezone)
    yield _line("ticket", f"{told.ticket_id} of {told.ticket_source}{_client(told)}")
    yield _line("level", told.level, _STYLES[told.level])
    yield _line("rule", told.rule + _after_rule(told))
    goal = "binding" if told.policy.binding else "a goal, not binding"
    clock = "on the wall clock" if told.goal.clock == "wall" else "of working time"
    within = durations.text(told.goal.respond_within)
    yield _line("objective", f"first response within {within} {clock} ({goal})")
    yield _line("notified", f"{_both(told.notified_at, zone)}, {_hours(told, zone)}")
    yield _line("deadline", _both(told.deadline, zone), "bold")
    if told.contact:
        yield _line("contact", f"{told.contact}, at a breach or an escalation")
    yield _line("policy", f"{told.policy.name}, version {told.policy.version}")


def _client(told: Explanation) -> str:
    named = told.policy.file.clients
    stranger = ", which the policy does not name" if named and told.client not in named else ""
    return f", client {told.client}{stranger}" if told.client else ""


def _hours(told: Explanation, zone: ZoneInfo) -> str:
    if not told.outside_hours:
        return "within working hours"
    opens = told.counted[0].opens
    if opens == told.notified_at:
        return "outside working hours"
    local = opens.astimezone(zone)
    return f"outside working hours; the clock starts {_day(local.date())} {_clock(local)}"


def _line(name: str, value: str, style: str = "") -> Text:
    return Text.assemble((f"{name:<11}", "dim"), (printable(value), style))


def _after_rule(told: Explanation) -> str:
    raised = f"; {told.rule_level} by the rule, raised for this client"
    triage = "; needs triage: a person should look"
    return (raised if told.level != told.rule_level else "") + (triage if told.needs_triage else "")


def _fact(seen: FactSeen) -> Text:
    fact = seen.fact
    value = str(fact.value).lower() if fact else "unknown"
    origin = _ORIGINS[fact.origin if fact else "default"]
    if fact and fact.evidence:
        origin += f": “{printable(fact.evidence)}”"
    elif fact and fact.origin == "text":
        origin = "the text leans to it, no words of it say so"
    note = "the rule looks at it" if seen.decided else ""
    text = f"  {seen.name:<17}{value:<12}{origin:<11}  {note}"
    return Text(text.rstrip(), style="" if fact else "dim")


def _questions(told: Explanation) -> Iterator[Text]:
    """What a person would ask to make sure of the level."""
    if told.unknown:
        who = "a person should ask" if told.needs_triage else "worth asking"
        yield Text(f"unknown, and could change the level: {who}", style="bold")
        yield from (Text(f"  {name:<17}{QUESTIONS[name]}") for name in told.unknown)
        yield Text()


def _otherwise(other: Otherwise, zone: ZoneInfo) -> Text:
    *firsts, last = (str(value).lower() for value in other.values)
    values = f"{', '.join(firsts)} or {last}" if firsts else last
    due = _both(other.deadline, zone)
    return Text(f"  were {other.name} {values}: {other.level}, due {due}")


def _heading(told: Explanation) -> str:
    if told.goal.clock == "wall":
        return f"counted on the wall clock, shown in {told.timezone}"
    return f"counted in calendar {told.calendar}, {told.timezone}"


def _days(told: Explanation) -> Iterator[Text]:
    """Counted spans and skipped days, in the order of their days."""
    zone, whole = ZoneInfo(told.timezone), durations.text(told.goal.respond_within)
    rows: list[tuple[date, Text]] = [(span.day, _span(span, zone, whole)) for span in told.counted]
    rows += [
        (skipped.day, Text(f"  {_day(skipped.day)}  closed: {skipped.reason}", style="dim"))
        for skipped in told.skipped
    ]
    for _, row in sorted(rows, key=lambda row: row[0]):
        yield row


def _span(span: Counted, zone: ZoneInfo, whole: str) -> Text:
    opens, closes = span.opens.astimezone(zone), span.closes.astimezone(zone)
    between = f"{_clock(opens)} to {_clock(closes)} {closes:%Z}"
    if opens.tzname() != closes.tzname():
        between = f"{_clock(opens)} {opens:%Z} to {_clock(closes)} {closes:%Z}"
    if closes.date() != span.day:
        between += f" ({closes:%a})"
    length, total = durations.text(span.length), durations.text(span.total)
    return Text(f"  {_day(span.day)}  {between:<24}  {'+' + length:>8}   {total} of {whole}")


def _both(instant: datetime, zone: ZoneInfo) -> str:
    local = instant.astimezone(zone)
    return f"{_day(local.date())} {_clock(local)} {local:%Z} ({times.text(instant)})"


def _day(day: date) -> str:
    return f"{day:%a} {day.isoformat()}"


def _clock(local: datetime) -> str:
    exact = "auto" if local.second or local.microsecond else "minutes"
    return local.time().isoformat(exact)
