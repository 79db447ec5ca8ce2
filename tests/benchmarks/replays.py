"""How fast `respondby replay` is, and what ten times the events take."""

import os
import subprocess
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks import tickets
from tests.support.command import PROGRAM

BEGUN = datetime(2026, 3, 9, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A file of recorded events: each ticket is created and answered."""

    path: Path
    events: int


def recorded(folder: Path, count: int, *, with_text: bool) -> Recorded:
    """So many tickets."""
    path = folder / f"{count}{'-text' if with_text else ''}.jsonl"
    with path.open("wb") as file:
        for line in tickets.answered(range(count), BEGUN, with_text=with_text):
            file.write(line + b"\n")
    return Recorded(path, 2 * count)


def seconds(stream: Recorded) -> float:
    """For the whole command, from its start to its end."""
    plain = {name: v for name, v in os.environ.items() if not name.startswith("RESPONDBY_")}
    begun = time.perf_counter()
    subprocess.run(
        [PROGRAM, "replay", str(stream.path)], stdout=subprocess.DEVNULL, env=plain, check=True
    )
    return time.perf_counter() - begun
