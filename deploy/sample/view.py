"""Shows each published event as one line that a person can read."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from aio_pika.abc import AbstractChannel, AbstractQueue
from rich.console import Console
from rich.text import Text

from deploy.sample.day import Step
from schemas import outbound

PUBLISHED, DEAD = "respondby", "respondby.dead"
COLOURS = {"critical": "bold red", "high": "yellow", "medium": "cyan", "low": "green"}
FLAWS = {"twice": "  (sent twice)", "broken": "  (cut off in the middle)"}


class Screen:
    """One line an event; knows the time zone of each ticket that it has seen."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._zones: dict[str, ZoneInfo] = {}

    def note(self, text: str) -> None:
        self._line("", "", Text(text, style="dim"))

    def sent(self, event: Mapping[str, Any], step: Step) -> None:
        """What upstream publishes."""
        facts = ", ".join(f"{name}: {value}" for name, value in step.data.get("facts", {}).items())
        said = step.data.get("summary") or step.data.get("reason") or facts
        text = f"→ {step.type.removeprefix('ticket.')}  {said}{FLAWS.get(step.flaw or '', '')}"
        self._line(event["data"]["ticket_id"], "", Text(text, style="dim"))

    def published(self, event: outbound.Outbound) -> None:
        """What respondby publishes."""
        data = event.data
        if isinstance(data, outbound.Prioritized):
            self._zones[data.ticket_id] = ZoneInfo(data.timezone)
        self._line(data.ticket_id, data.level, Text(self._sentence(data)))

    def dead(self, headers: Mapping[str, Any], message_id: str | None) -> None:
        """What could not be processed."""
        reason, error = headers.get("x-respondby-reason"), headers.get("x-respondby-error", "")
        text = (
            f"DEAD LETTER  {reason or 'delivery_limit'}: {shortened(str(error))}  (id {message_id})"
        )
        self._line("", "", Text(text, style="magenta"))

    def _sentence(self, data: outbound.TicketNames) -> str:
        match data:
            case outbound.Prioritized(deadline=None):
                text = f"no deadline while paused  ({why(data)})"
            case outbound.Prioritized(deadline=datetime() as due):
                text = f"respond by {self._local(data, due)}{left(due)}  ({why(data)})"
            case outbound.AtRisk():
                spent = f"{data.threshold:.0%} used"
                text = f"AT RISK  {spent}: respond by {self._local(data, data.deadline)}"
                text += left(data.deadline)
            case outbound.Breached():
                text = f"BREACHED  no response by {self._local(data, data.due_at)}"
                text += f": tell {data.contact or 'nobody named'}"
            case outbound.Superseded():
                text = f"WITHDRAWN  {data.alert_type}, because of: {data.reason}"
            case outbound.Recorded():
                after = timedelta(seconds=round(data.response_seconds))
                text = f"{data.outcome.upper()}  the response came after {after} of its own clock"
            case outbound.EscalationRequested():
                change = f"{data.from_level} → {data.to_level}"
                text = f"ESCALATED  {change}: ask {data.contact or 'nobody named'}"
            case _:
                text = type(data).__name__
        return text

    def _local(self, data: outbound.TicketNames, instant: datetime) -> str:
        """In the time zone of the ticket's calendar, for that is where people work."""
        local = instant.astimezone(self._zones.get(data.ticket_id, UTC))
        return f"{local:%a %Y-%m-%d %H:%M:%S %Z}"

    def _line(self, ticket: str, level: str, text: Text) -> None:
        line = Text(f"{datetime.now(UTC):%H:%M:%S}Z  ")
        line.append(f"{level:<9}", style=COLOURS.get(level, ""))
        line.append(f"{ticket:<16}")
        self._console.print(line + text, soft_wrap=True)


def shortened(text: str, length: int = 80) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def left(deadline: datetime) -> str:
    """How long that is from now."""
    seconds = round((deadline - datetime.now(UTC)).total_seconds())
    return f", in {timedelta(seconds=seconds)}" if seconds >= 0 else ", which has passed"


def why(data: outbound.Prioritized) -> str:
    """The rule, the level before if it was another, and what a person should find out."""
    rules = ", ".join(reason.rule for reason in data.reasons)
    was = f"was {data.previous_level}; " if data.previous_level not in (None, data.level) else ""
    triage = f"; triage: {', '.join(data.unknown)}?" if data.needs_triage else ""
    return f"{was}{rules}{triage}"


async def listen(channel: AbstractChannel) -> AbstractQueue:
    """A queue of our own for all that is published and all that is given up."""
    queue = await channel.declare_queue(exclusive=True, auto_delete=True)
    await queue.bind(PUBLISHED, routing_key="#")
    await queue.bind(DEAD)
    return queue


async def show(queue: AbstractQueue, screen: Screen) -> None:
    """One line a message, for as long as the connection lives."""
    async with queue.iterator(no_ack=True) as messages:
        async for message in messages:
            if message.exchange == PUBLISHED:
                screen.published(outbound.outbound.validate_json(message.body))
            else:
                screen.dead(message.headers, message.message_id)
