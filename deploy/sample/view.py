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


class Screen:
    """One line an event, and the calendar's time zone of each ticket seen."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._zones: dict[str, ZoneInfo] = {}

    def note(self, text: str) -> None:
        self._line("", "", Text(text, style="dim"))

    def sent(self, event: Mapping[str, Any], step: Step) -> None:
        """What upstream publishes."""
        said = step.data.get("summary") or step.data.get("reason") or step.data.get("facts") or ""
        flaw = {"twice": "  (sent twice)", "broken": "  (cut off in the middle)"}
        text = f"→ {step.type.removeprefix('ticket.')}  {said}{flaw.get(step.flaw or '', '')}"
        self._line(event["subject"], "", Text(text, style="dim"))

    def published(self, event: outbound.Outbound) -> None:
        """What respondby publishes."""
        data = event.data
        if isinstance(data, outbound.Prioritized):
            self._zones[data.ticket_id] = ZoneInfo(data.timezone)
        self._line(data.ticket_id, data.level, Text(self._sentence(data)))

    def dead(self, headers: Mapping[str, Any]) -> None:
        """What could not be processed."""
        reason, error = headers.get("x-respondby-reason"), headers.get("x-respondby-error", "")
        text = f"DEAD LETTER  {reason or 'delivery_limit'}: {str(error)[:80]}"
        self._line("", "", Text(text, style="magenta"))

    def _sentence(self, data: outbound.TicketNames) -> str:
        due = self._due(data)
        match data:
            case outbound.Prioritized():
                text = f"{due}  {why(data)}"
            case outbound.AtRisk():
                left = timedelta(seconds=round(data.remaining_seconds))
                text = f"AT RISK  {data.threshold:.0%} used, {left} left: respond {due}"
            case outbound.Breached():
                text = f"BREACHED  no response {due}; tell {data.contact or 'nobody named'}"
            case outbound.Superseded():
                text = f"WITHDRAWN  {data.alert_type}, because of: {data.reason}"
            case outbound.Recorded():
                after = timedelta(seconds=round(data.response_seconds))
                text = f"{data.outcome.upper()}  the response came after {after}"
            case outbound.EscalationRequested():
                change = f"{data.from_level} → {data.to_level}"
                text = f"ESCALATED  {change}; ask {data.contact or 'nobody named'}: {data.reason}"
            case _:
                text = type(data).__name__
        return text

    def _due(self, data: outbound.TicketNames) -> str:
        instant = getattr(data, "due_at", None) or getattr(data, "deadline", None)
        if instant is None:
            return "no deadline while paused"
        local = instant.astimezone(self._zones.get(data.ticket_id, UTC))
        return f"by {local:%a %H:%M:%S %Z} ({instant:%d %b %H:%M:%S}Z)"

    def _line(self, ticket: str, level: str, text: Text) -> None:
        line = Text(f"{datetime.now(UTC):%H:%M:%S}Z  ")
        line.append(f"{level:<9}", style=COLOURS.get(level, ""))
        line.append(f"{ticket:<16}")
        self._console.print(line + text, soft_wrap=True)


def why(data: outbound.Prioritized) -> str:
    """The rule, the level before if it was another, and what a person should find out."""
    rules = ", ".join(reason.rule for reason in data.reasons)
    was = f"was {data.previous_level}; " if data.previous_level not in (None, data.level) else ""
    triage = f"; triage: {', '.join(data.unknown)}?" if data.needs_triage else ""
    return f"{was}rule {rules}{triage}"


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
                screen.dead(message.headers)
