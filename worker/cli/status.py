"""`respondby status`: what is open now, nearest deadline first."""

import asyncio
import json
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

import typer
from rich.console import Console, JustifyMethod
from rich.table import Table

from schemas import times
from worker import bootstrap, settings
from worker.cli.printable import cell
from worker.clock import SystemClock
from worker.store.port import Reader, TicketRow

app = typer.Typer(add_completion=False)
#: How many tickets are shown unless told otherwise.
SHOWN = 50


@app.command()
def status(
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help="All of them, as one JSON array.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, help="How many tickets the table shows.")] = SHOWN,
) -> None:
    """Show the tickets that are owed a response, nearest deadline first."""
    configured = settings.load()
    rows = asyncio.run(_open(bootstrap.reader(configured), None if as_json else limit + 1))
    now = SystemClock().now()
    if as_json:
        typer.echo(json.dumps([_document(row, now) for row in rows], indent=2))
    elif rows:
        _print(rows, limit, now)
    else:
        typer.echo("No ticket is owed a response.")


async def _open(reader: Reader, limit: int | None) -> Sequence[TicketRow]:
    await reader.open()
    try:
        return await reader.open_tickets(limit)
    finally:
        await reader.close()


def _print(rows: Sequence[TicketRow], limit: int, now: datetime) -> None:
    # What is piped on has no width to fit into.
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 1000)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("TICKET", "LEVEL", "STATE", "DEADLINE", "REMAINING", "SOURCE"):
        justify: JustifyMethod = "right" if heading == "REMAINING" else "left"
        table.add_column(heading, justify=justify, no_wrap=True, overflow="fold")
    for row in rows[:limit]:
        deadline = row.deadline.strftime("%a %Y-%m-%d %H:%M:%SZ") if row.deadline else "-"
        table.add_row(
            cell(row.ticket_id),
            *(row.level, row.phase, deadline, _remaining(row, now)),
            cell(row.source),
        )
    console.print(table)
    if len(rows) > limit:
        console.print("… and more: --limit N shows them, --json all")


def _remaining(row: TicketRow, now: datetime) -> str:
    """On the wall clock, to the second; negative once the deadline has passed."""
    if row.deadline is None:
        return "-"
    left = row.deadline - now
    sign = "-" if left < timedelta() else ""
    return sign + str(timedelta(seconds=round(abs(left).total_seconds())))


def _document(row: TicketRow, now: datetime) -> dict[str, object]:
    return {
        "ticket_id": row.ticket_id,
        "ticket_source": row.source,
        "level": row.level,
        "state": row.phase,
        "deadline": times.text(row.deadline) if row.deadline else None,
        "remaining_seconds": round((row.deadline - now).total_seconds(), 3)
        if row.deadline
        else None,
    }
