"""`respondby replay`: the worker's decisions without a broker, in virtual time."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn

from schemas import times
from worker import errors, policy_file, settings
from worker.cli import collector, policies
from worker.policy import loading
from worker.replay import lines, replay
from worker.replay.tally import Tally
from worker.settings import Settings

app = typer.Typer(add_completion=False)
#: What a replay shares with the worker, besides the policy. Other settings do not matter here,
#: good or bad.
_SETTINGS = ("SOURCE", "MAX_MESSAGE_BYTES")
_SOME_LINES_WERE_BAD = 3


class BadArgument(errors.RespondbyError):
    """An argument cannot be used."""


class InputOutputFailed(errors.RespondbyError):
    """The input cannot be read any further, or the output cannot be written."""


@app.command()
def run(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="JSON Lines; - is stdin.")],
    *,
    policy: policies.Option = None,
    until: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="The last instant. Default: the last event's time."),
    ] = None,
) -> None:
    """Decide on the events in FILE, in virtual time, and write what a worker would publish.

    The order of the lines does not matter, so a pipe is read to its end before anything is written.
    Bad lines are told with their numbers as they are found: those that are no event at all first.
    Exit status: 0; 3 if some lines were bad; 2 if an argument or the policy cannot be used.
    """
    if file == "-" == str(policy):
        raise BadArgument("stdin cannot be both the policy and the events")
    configured = _settings()
    in_force = loading.parse(*policy_file.text(policy))
    terms = replay.Terms(policy=in_force, source=configured.source, until=_instant(until))
    screen = _Screen()
    collector.search_seldom()
    with _opened(file) as source, screen:
        tally = _replay(source, configured.max_message_bytes, terms, screen)
    if screen.progress or tally.left_out:
        typer.echo(str(tally), err=True)
    if tally.rejected:
        raise typer.Exit(_SOME_LINES_WERE_BAD)


def _replay(source: BinaryIO, max_bytes: int, terms: replay.Terms, screen: "_Screen") -> Tally:
    out = sys.stdout.buffer
    try:
        with lines.opened(source, max_bytes, screen.copying) as read:
            tally = replay.run(read, terms, out, screen.complain, screen.watch)
        out.flush()
    except BrokenPipeError:
        raise  # whoever read has seen enough: that is no error to speak of
    except OSError as error:
        raise InputOutputFailed(f"cannot go on: {error}") from error
    return tally


def _settings() -> Settings:
    names = [settings.PREFIX + name for name in _SETTINGS]
    ours = {*names, *(name + "_FILE" for name in names)}
    return settings.load({name: value for name, value in os.environ.items() if name in ours})


def _instant(until: str | None) -> datetime | None:
    try:
        return None if until is None else times.parse(until)
    except ValueError as error:
        raise BadArgument(f"--until: {error}") from error


@contextmanager
def _opened(file: str) -> Iterator[BinaryIO]:
    if file == "-":
        yield sys.stdin.buffer
        return
    try:
        opened = Path(file).open("rb")  # noqa: SIM115 - only its opening is guarded
    except OSError as error:
        raise BadArgument(f"FILE: cannot be read: {error}") from error
    with opened:
        yield opened


class _Screen:
    """What a person sees on stderr: progress when it is a terminal, bad lines always."""

    def __init__(self) -> None:
        self.progress = _progress() if sys.stderr.isatty() else None
        self._tasks: dict[replay.Step, TaskID] = {}

    def __enter__(self) -> None:
        if self.progress:
            self.progress.start()

    def __exit__(self, *_: object) -> None:
        if self.progress:
            self.progress.stop()

    def copying(self, done: int, total: int | None) -> None:
        self.watch("reading", done, total)

    def watch(self, step: replay.Step, done: int, total: int | None) -> None:
        if self.progress is None:
            return
        if step == "deciding" and sys.stdout.isatty():
            self.progress.stop()  # the events themselves are seen from now on
            return
        if step not in self._tasks:
            self._tasks[step] = self.progress.add_task(step, total=total)
        self.progress.update(self._tasks[step], completed=done, total=total)

    def complain(self, text: str) -> None:
        if self.progress:
            # Through the bar's own console, which keeps both apart.
            self.progress.console.print(text, markup=False, highlight=False, soft_wrap=True)
        else:
            typer.echo(text, err=True)


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
