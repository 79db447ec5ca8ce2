"""What the commands on dead letters share: how they run, how they are stopped, what they tell."""

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from typing import Any

import typer

from worker import bootstrap, errors, settings
from worker.broker.dead_letter import Choice
from worker.broker.dead_letters import Tally
from worker.cli import dead_text
from worker.cli.dead_screen import Screen
from worker.printable import printable

_NOT_FOUND, _INTERRUPTED = 1, 130
_AFTER_INTERRUPTION = "nothing is lost, and what was on its way just then counts once"


class NotTaken(errors.RespondbyError):
    """The broker did not take dead letters back."""


class Desk:
    """One command at work, for one person."""

    def __init__(self) -> None:
        # The driver's own words, such as "channel closed", are told by us in one line.
        logging.disable(logging.CRITICAL)
        self.tally = Tally()
        self.screen = Screen()
        self._refusals = _Refusals()
        self.letters = bootstrap.dead_letters(settings.load(), self._refusals, self.screen.watch)

    def run(self, work: Coroutine[Any, Any, None], done: str = "") -> None:
        """Do it, and tell how many are `done`, also when it ends before its end."""
        try:
            asyncio.run(work)
        except KeyboardInterrupt:
            self._close(done, at_end=False)
            typer.echo(f"respondby: interrupted; {_AFTER_INTERRUPTION}", err=True)
            raise typer.Exit(_INTERRUPTED) from None
        except errors.BrokerUnavailable as fault:
            self._close(done, at_end=False)
            raise errors.BrokerUnavailable(f"{self.letters.address}: {fault}") from None
        self._close(done, at_end=True)
        if self.tally.refused:
            left = dead_text.letters(self.tally.refused)
            raise NotTaken(f"{left} could not be given back: {self._refusals.fault}")

    async def write(self, lines: Sequence[str]) -> None:
        """To stdout. Who reads them page by page must not stop us from answering the broker."""
        if lines:
            await asyncio.to_thread(typer.echo, "\n".join(lines))

    def report(self, choice: Choice) -> None:
        """Tell which ids were not found, and which were found several times."""
        for id_, count in sorted(self.tally.ids.items()):
            if count > 1:
                typer.echo(f"{count} have the id {printable(id_)}")
        if self.tally.others:
            typer.echo(
                "respondby: another program reads the dead letters now: what it holds was not seen",
                err=True,
            )
        missing = sorted(set(choice.ids) - set(self.tally.ids))
        for id_ in missing:
            typer.echo(f"respondby: not among the dead letters: {printable(id_)}", err=True)
        if missing:
            raise typer.Exit(_NOT_FOUND)

    def _close(self, done: str, *, at_end: bool) -> None:
        self.screen.close()
        if done and (at_end or self.tally.done or self.tally.unsure):
            typer.echo(f"{done}: {dead_text.counted(self.tally.reasons)}")
        if self.tally.unsure:
            more = dead_text.letters(self.tally.unsure)
            typer.echo(f"respondby: whether {more} more left, the broker did not say", err=True)


class _Refusals:
    """An Observer that remembers why the broker refused something."""

    def __init__(self) -> None:
        self.fault: object = ""

    def connected(self, link: str, up: bool) -> None:
        """Of no interest here."""

    def event(self, _: str, /, **fields: object) -> None:
        self.fault = fields.get("fault", self.fault)
