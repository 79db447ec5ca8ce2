"""The fault matrix as a program: tests/faults/run."""

import asyncio
import logging
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle
from typing import Annotated

import typer
from rich.console import Console

from tests.faults import matrix
from tests.faults.outcome import Outcome, played
from tests.faults.row import Row
from tests.faults.scene import Ground
from tests.faults.table import Table
from tests.support import broker
from tests.support.postgres_server import PrivateServer


def main(
    *,
    minutes: Annotated[
        float, typer.Option(help="Play the rows again with new seeds until this time is over.")
    ] = 0,
    store: Annotated[str, typer.Option(help="sqlite or postgresql")] = "sqlite",
    workers: Annotated[int, typer.Option(min=1, help="How many, on PostgreSQL.")] = 3,
    only: Annotated[list[str] | None, typer.Option(help="Rows by name, such as F3.")] = None,
    kills: Annotated[
        int, typer.Option(min=0, help="Only this: so many kills at random moments.")
    ] = 0,
    seed: Annotated[int, typer.Option(help="Of the first row; each next one has the next.")] = 1,
) -> None:
    """Break everything around the worker, one thing at a time, and see that nothing is lost.

    The exit status is 1 if a row is not as promised.
    """
    if store not in ("sqlite", "postgresql"):
        raise typer.BadParameter("must be sqlite or postgresql", param_hint="--store")
    rows = matrix.kills(kills) if kills else matrix.named(only or [])
    if not rows:
        raise typer.BadParameter("there is no such row", param_hint="--only")
    # Our own clients upstream and downstream lose their connections too, and mend that.
    logging.getLogger("aiormq").setLevel(logging.CRITICAL)
    # Ended from outside, it takes with it what it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    until = time.monotonic() + minutes * 60
    with _ground(workers if store == "postgresql" else 0) as ground:
        raise typer.Exit(asyncio.run(_all(ground, rows, seed, until)))


@contextmanager
def _ground(workers: int) -> Iterator[Ground]:
    with broker.machine() as machine:
        postgres = PrivateServer() if workers else None
        try:
            yield Ground(machine, postgres, max(workers, 1))
        finally:
            if postgres:
                postgres.stop()


async def _all(ground: Ground, rows: Sequence[Row], seed: int, until: float) -> int:
    """Every row once, and then again while there is time; the exit status."""
    console = Console(width=140)
    table = Table(console)
    possible = [row for row in rows if row.applies(ground)]
    outcomes: list[Outcome] = []
    table.head()
    for number, row in enumerate(cycle(possible)):
        if number >= len(possible) and time.monotonic() > until:
            break
        with console.status(f"{row.name}: {row.fault}"):
            outcomes.append(await played(ground, row, seed + number))
        table.add(outcomes[-1])
    for row in rows:
        if row not in possible:
            table.left_out(row)
    return _told(console, outcomes)


def _told(console: Console, outcomes: list[Outcome]) -> int:
    failed = [outcome for outcome in outcomes if outcome.complaints]
    events = sum(outcome.reckoning.events for outcome in outcomes)
    lost = sum(outcome.reckoning.lost for outcome in outcomes)
    doubled = sum(outcome.reckoning.doubled for outcome in outcomes)
    copies = sum(outcome.reckoning.copies for outcome in outcomes)
    console.print(
        f"{len(outcomes)} rows, {events} events: {lost} lost, {doubled} alerts doubled by id,"
        f" {copies} raw copies; {len(failed)} rows failed",
        style="red" if failed else "green",
        highlight=False,
    )
    return 1 if failed else 0


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    app()
