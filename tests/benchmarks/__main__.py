"""The benchmarks as a program: tests/benchmarks/run."""

import asyncio
import json
import os
import platform
import signal
import subprocess
import sys
from collections.abc import Collection, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from tests.benchmarks import bench, report
from tests.benchmarks.bench import HOME, QUICK, Bench, Sizes
from tests.benchmarks.contenders import ALL, PYTHON
from tests.benchmarks.figures import Figures
from tests.benchmarks.parts import ALL_PARTS, NEED_POSTGRES

_HERE = Path(__file__).parent
_DOCS = _HERE.parents[1] / "docs"
_PAGE, _PLOT = "benchmarks.md", "benchmarks.svg"
#: Where the figures are kept, unless another place is named.
_FIGURES = HOME / "figures.json"


def main(
    *,
    only: Annotated[
        list[str] | None, typer.Option(help=f"A part: {', '.join(ALL_PARTS)}; may be repeated.")
    ] = None,
    of: Annotated[
        list[str] | None, typer.Option(help=f"A contender: {', '.join(ALL)}; may be repeated.")
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="How often everything is measured.")] = 3,
    quick: Annotated[bool, typer.Option("--quick", help="Small sizes, a few minutes.")] = False,
    with_text: Annotated[
        bool, typer.Option("--with-text", help="Tickets whose facts are read from their text.")
    ] = False,
    json_: Annotated[Path | None, typer.Option("--json", help="The figures, for programs.")] = None,
) -> None:
    """Measure respondby beside others, and write docs/benchmarks.md.

    A run that is quick or of some parts only writes into .run/benchmarks instead.
    """
    parts = _known(only, ALL_PARTS, "--only")
    contenders = _known(of, ALL, "--of")
    # Ended from outside, it takes with it what it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sizes = QUICK if quick else Sizes()
    postgres = any(part in NEED_POSTGRES for part in parts)
    with bench.opened(sizes, contenders, with_text=with_text, postgres=postgres) as ground:
        setting = _setting(ground, rounds)
        figures = Figures()
        for part in parts:
            _measure(part, ground, figures, rounds)
            # After each part, in case that the next one fails.
            _keep(json_ or _FIGURES, figures, setting, sizes)
    partial = quick or bool(only or of) or with_text
    _write(HOME if partial else _DOCS, report.page(figures, setting, sizes), json_ or _FIGURES)


def _known(given: Sequence[str] | None, there: Collection[str], option: str) -> list[str]:
    """Those that are named, or all, in their own order."""
    if unknown := {*(given or ())} - {*there}:
        raise typer.BadParameter(f"there is no {', '.join(sorted(unknown))}", param_hint=option)
    return [name for name in there if not given or name in given]


def _measure(part: str, ground: Bench, figures: Figures, rounds: int) -> None:
    sys.stderr.write(f"· {part}\n")
    asyncio.run(ALL_PARTS[part](ground, figures, rounds))
    sys.stdout.write(f"\n{report.tables(figures)[part]}\n\n")
    sys.stdout.flush()


def _setting(ground: Bench, rounds: int) -> str:
    """What the figures depend on, in words."""
    told = "1 round" if rounds == 1 else f"{rounds} rounds"
    stated = "no facts" if ground.with_text else "all facts"
    parts = [
        f"{told} of {ground.sizes.messages:,} messages with {stated} stated",
        f"{len(os.sched_getaffinity(0))} cores",
        f"Python {platform.python_version()}",
        f"RabbitMQ {ground.broker.rabbitmqctl('version').strip()}",
    ]
    if ground.postgres:
        parts.append(f"PostgreSQL {ground.postgres.query('SHOW server_version').split()[0]}")
    return ", ".join(parts)


def _keep(file: Path, figures: Figures, setting: str, sizes: Sizes) -> None:
    values = {"setting": setting, "sizes": asdict(sizes), "figures": figures.plain()}
    file.write_text(json.dumps(values, indent=1) + "\n", "utf-8")


def _write(folder: Path, text: str, kept: Path) -> None:
    page, plot = folder / _PAGE, folder / _PLOT
    page.write_text(text, "utf-8")
    sys.stderr.write(f"· written: {page}\n")
    if PYTHON.exists():
        subprocess.run([str(PYTHON), str(_HERE / "plot.py"), str(kept), str(plot)], check=True)
        sys.stderr.write(f"· drawn: {plot}\n")


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    app()
