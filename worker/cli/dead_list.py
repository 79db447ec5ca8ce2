"""`respondby dead list`: a page of the dead letters, oldest first."""

import asyncio
import sys
from collections import Counter
from dataclasses import dataclass, field

import typer
from rich.console import Console

from worker.broker.dead_letter import Choice, Letter
from worker.cli import dead_text
from worker.cli.dead_desk import Desk
from worker.printable import printable


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

    def print(self, seen: int, total: int) -> None:
        """The table, and how much of all it is, of which so many were seen."""
        if self._rows:
            # What is piped on has no width to fit into.
            console = Console(highlight=False, width=None if sys.stdout.isatty() else 1000)
            console.print(dead_text.table(self._rows))
        typer.echo(self._summary(seen, total))

    def _summary(self, seen: int, total: int) -> str:
        if not total:
            return "There are no dead letters."
        if self.choice.reasons and not self._met:
            return self._none_for_these()
        is_whole = seen >= total
        told = dead_text.counted(self._reasons)
        if not is_whole:
            told = f"{self.shown} of {dead_text.letters(total)}"
        more = self._met > self.skip + self.shown or not is_whole
        return told + (f"; more: --skip {self.skip + self.shown}" if more else "")

    def _none_for_these(self) -> str:
        named = " or ".join(map(printable, sorted(self.choice.reasons)))
        there = dead_text.counted(self._reasons)
        return f"No dead letter has the reason {named}; seen: {there}"


async def show(desk: Desk, page: Page) -> None:
    """Go through the letters until the page is full, and show it."""
    async with desk.letters.look() as look:
        while not page.is_full and (letters := await look.next()):
            await desk.write(page.take(letters))
        desk.tally.others = look.others
        desk.screen.close()
        if not page.as_json:
            await asyncio.to_thread(page.print, look.seen, look.total)
