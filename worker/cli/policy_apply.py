"""`respondby policy apply`: have another policy decide on the tickets that are open."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated

import aiohttp
import typer
from rich.console import Console
from rich.table import Table

from schemas import times
from schemas.outbound import Prioritized
from worker import bootstrap, errors, settings
from worker.cli.printable import cell
from worker.clock import SystemClock
from worker.observe import http
from worker.pipeline import application, rows
from worker.pipeline.application import Change
from worker.policy.policy import Policy
from worker.settings import Settings


class NotApplied(errors.RespondbyError):
    """The worker did not apply the policy."""


def apply(
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show which tickets would change, and how.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
) -> None:
    """Have the policy that RESPONDBY_POLICY names decide anew on every open ticket.

    The running worker must have loaded it: it does so when the file changes, and on SIGHUP.
    Exit status: 0; 2 if the policy cannot be used, or no worker here has it in force.
    """
    configured = settings.load()
    policy = bootstrap.policy(configured)
    if dry_run:
        asyncio.run(_preview(configured, policy, as_json=as_json))
        return
    answer = asyncio.run(_ask_worker(configured, policy))
    if as_json:
        typer.echo(answer)
    else:
        told = json.loads(answer)
        typer.echo(f"{told['changed']} of {told['seen']} open tickets were decided otherwise")


async def _ask_worker(configured: Settings, policy: Policy) -> str:
    # A worker that listens everywhere listens on this host too.
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(configured.http_host, configured.http_host)  # noqa: S104
    address = f"http://{host}:{configured.http_port}{http.APPLY}"
    # It may take its time: a million tickets are not decided within a client's usual patience.
    limits = aiohttp.ClientTimeout(total=None, connect=5)
    try:
        async with (
            aiohttp.ClientSession(timeout=limits) as session,
            session.post(address, data=policy.digest) as answer,
        ):
            text = await answer.text()
            if answer.status != 200:
                raise NotApplied(f"not applied: {text}; this is {policy.name}, {policy.digest}")
            return text
    except (aiohttp.ClientError, TimeoutError) as error:
        raise NotApplied(f"not applied: no worker answers at {address}") from error


async def _preview(configured: Settings, policy: Policy, *, as_json: bool) -> None:
    reader = bootstrap.reader(configured)
    await reader.open()
    try:
        now = SystemClock().now()
        pages = application.preview(reader, policy, configured.source, now, _note)
        seen, changes = await _gathered(pages)
    finally:
        await reader.close()
    if as_json:
        typer.echo(json.dumps([_document(change) for change in changes], indent=2))
        return
    if changes:
        _print(changes)
    typer.echo(f"{len(changes)} of {seen} open tickets would be decided otherwise")


def _note(damaged: rows.TicketDamaged) -> None:
    typer.echo(f"left as it is: {damaged}", err=True)


async def _gathered(pages: AsyncIterator[tuple[int, list[Change]]]) -> tuple[int, list[Change]]:
    seen, changes = 0, []
    async for count, found in pages:
        seen += count
        changes += found
    return seen, changes


def _print(changes: list[Change]) -> None:
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 1000)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("TICKET", "LEVEL", "DEADLINE", "RULE", "SOURCE"):
        table.add_column(heading, no_wrap=True, overflow="fold")
    for change in changes:
        row, said = change.row, _said(change)
        level = _arrow(row.level or "-", said.level)
        deadline = _arrow(_text(row.deadline), _text(said.deadline))
        table.add_row(
            cell(row.ticket_id), level, deadline, cell(said.reasons[0].rule), cell(row.source)
        )
    console.print(table)


def _said(change: Change) -> Prioritized:
    return next(
        event.data for event in change.decision.outbound if isinstance(event.data, Prioritized)
    )


def _arrow(was: str, becomes: str) -> str:
    return was if was == becomes else f"{was} → {becomes}"


def _text(instant: datetime | None) -> str:
    return f"{instant:%a %Y-%m-%d %H:%M:%SZ}" if instant else "-"


def _document(change: Change) -> dict[str, object]:
    row, said = change.row, _said(change)
    return {
        "ticket_id": row.ticket_id,
        "ticket_source": row.source,
        "level": {"was": row.level, "becomes": said.level},
        "deadline": {"was": _json_time(row.deadline), "becomes": _json_time(said.deadline)},
        "needs_triage": said.needs_triage,
        "rule": said.reasons[0].rule,
    }


def _json_time(instant: datetime | None) -> str | None:
    return times.text(instant) if instant else None
