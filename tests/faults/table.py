"""The matrix as people see it, row by row as it is played."""

from collections.abc import Iterator

from rich.console import Console

from tests.faults.outcome import Outcome
from tests.faults.row import Row

_COLUMNS = (
    ("row", 12),
    ("fault", 50),
    ("events", 6),
    ("lost", 5),
    ("doubled", 7),
    ("copies", 6),
    ("noticed", 7),
    ("back", 6),
    ("took", 5),
    ("MB", 4),
    ("verdict", 7),
)


class Table:
    """Grows line by line: a run may take an hour, and somebody watches."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def head(self) -> None:
        self._line([name for name, _ in _COLUMNS], "bold")

    def add(self, outcome: Outcome) -> None:
        found = outcome.reckoning
        verdict = "FAILED" if outcome.complaints else "ok"
        self._line(
            [
                outcome.row.name,
                outcome.row.fault,
                str(found.events),
                str(found.lost),
                str(found.doubled),
                str(found.copies),
                _seconds(outcome.noticed),
                _seconds(outcome.recovery),
                f"{outcome.seconds:.0f}",
                f"{outcome.memory / 1e6:.0f}",
                verdict,
            ],
            "red" if outcome.complaints else "",
        )
        for complaint in _complaints(outcome):
            self._console.print(f"    {complaint}", style="red", markup=False, highlight=False)

    def left_out(self, row: Row) -> None:
        """The fault cannot be injected here."""
        self._console.print(f"{row.name:12}  {row.fault}: not here", style="dim", markup=False)

    def _line(self, cells: list[str], style: str) -> None:
        padded = (
            cell.ljust(width) if index < 2 else cell.rjust(width)
            for index, (cell, (_, width)) in enumerate(zip(cells, _COLUMNS, strict=True))
        )
        self._console.print(
            "  ".join(padded), style=style, markup=False, highlight=False, soft_wrap=True
        )


def _complaints(outcome: Outcome) -> Iterator[str]:
    yield from outcome.complaints
    if outcome.complaints:
        yield f"to see it again: --only '{outcome.row.name}' --seed {outcome.seed}"


def _seconds(value: float | None) -> str:
    return "" if value is None else "never" if value == float("inf") else f"{value:.1f}"
