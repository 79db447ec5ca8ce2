"""`respondby dead list`: a page of the dead letters, oldest first."""

import asyncio
import sys
from collections import Counter
from dataclasses import dataclass, field

import typer
from rich.console import Console

from worker.broker.dead_letter import Choice, Letter
from worker.broker.look import Look
from worker.cli import dead_text
from worker.cli.dead_desk import Desk


@dataclass(slots=True)
class Page:
    """So many of the letters that are meant, after so many others of them."""

    choice: Choice
    skip: int
    limit: int | None
    """None is all"""
    as_json: bool
    shown: int = 0
    _met: int = 0
    _reasons: Counter[str] = field(default_factory=Counter)
    """of all letters that were seen"""
    _rows: list[dead_text.Row] = field(default_factory=list)

    def take(self, letters: list[Letter]) -> list[str]:
        """See some letters; the lines that can be written at once."""
        self._reasons.update(letter.reason for letter in letters)
        met = [letter for letter in letters if self.choice.takes(letter)]
        first = max(self.skip - self._met, 0)
        room = None if self.limit is None else first + self.limit - self.shown
        self._met += len(met)
        new = met[first:room]
        self.shown += len(new)
        if self.as_json:
            return [dead_text.written(dead_text.document(one, whole=False)) for one in new]
        self._rows += [dead_text.row(one) for one in new]
        return []

    @property
    def is_full(self) -> bool:
        return self.limit is not None and self.shown >= self.limit

    def print(self, look: Look) -> None:
        """The table, and how much of all it is."""
        if self._rows:
            # What is piped on has no width to fit into.
            console = Console(highlight=False, width=None if sys.stdout.isatty() else 1000)
            console.print(dead_text.table(self._rows))
        typer.echo(self._summary(look))

    def _summary(self, look: Look) -> str:
        if not look.total:
            return "There are no dead letters."
        is_whole = look.seen >= look.total
        told = dead_text.counted(self._reasons)
        if not is_whole:
            told = f"{self.shown} of {dead_text.letters(look.total)}"
        more = self._met > self.skip + self.shown or not is_whole
        return told + (f"; more: --skip {self.skip + self.shown}" if more else "")


async def show(desk: Desk, page: Page) -> None:
    """Go through the letters until the page is full, and show it."""
    async with desk.letters.look() as look:
        while not page.is_full and (letters := await look.next()):
            await desk.write(page.take(letters))
        desk.tally.others = look.others
        desk.screen.close()
        if not page.as_json:
            await asyncio.to_thread(page.print, look)
