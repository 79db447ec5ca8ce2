"""How far a look is, on stderr where that is a terminal."""

import sys

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


class Screen:
    """A bar that appears where there is more than a first glance, and leaves no trace."""

    def __init__(self) -> None:
        self._bar = _bar() if sys.stderr.isatty() else None
        self._task = None if self._bar is None else self._bar.add_task("looking through them")

    def watch(self, seen: int, total: int) -> None:
        """So many of so many are seen."""
        if self._bar is None or self._task is None:
            return
        self._bar.update(self._task, completed=seen, total=total)
        if seen < total:
            self._bar.start()

    def close(self) -> None:
        """Make room for what is to be read; the next glance brings the bar back."""
        if self._bar is not None:
            self._bar.stop()


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
