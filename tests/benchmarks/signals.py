"""How many tickets a second the signals read on one core, and that odd texts cost no more.

python -m tests.benchmarks.signals
"""

import gc
import itertools
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from worker.policy.signals import lexicon
from worker.policy.signals.lexicon import SignalsPart
from worker.policy.signals.reader import Reader

TICKETS = Path(__file__).parents[1] / "data" / "tickets"
#: Characters of a ticket that the goal of 10,000 a second is about.
LONG = 1024
ROUNDS = 5
SIZES = (100_000, 1_000_000)
#: Texts that would cost more than their length if something searched them again and again.
ODD: dict[str, Callable[[int], str]] = {
    "nested parentheses": lambda size: "(" * (size // 2) + ")" * (size // 2),
    "no spaces": lambda size: "backupfailed" * (size // 12),
    "mixed scripts": lambda size: "бэкап备份バックアップ backup " * (size // 22),
    "dots": lambda size: "." * size,
    "quotes": lambda size: "> \n" * (size // 3),
    "one phrase begun again and again": lambda size: "since last since the " * (size // 21),
    "negations": lambda size: "not nobody never without " * (size // 25),
}


def mixed() -> Iterator[tuple[str, str]]:
    """Tickets of about 1 KB from the example tickets, as many as there are."""
    rows = [
        json.loads(line)
        for path in sorted(TICKETS.glob("*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
    ]
    for place, row in enumerate(rows):
        others = itertools.cycle(rows[place:] + rows[:place])
        text = ""
        while len(text) < LONG:
            text += next(others)["description"] + "\n"
        yield row["summary"], text[:LONG]


def seconds(signals: SignalsPart, tickets: list[tuple[str, str]]) -> float:
    """The shortest of some rounds, each by a reader that has read nothing yet."""
    rounds = []
    for _ in range(ROUNDS):
        reader = Reader(signals)
        gc.collect()
        start = time.process_time()
        for summary, description in tickets:
            reader.read(summary, description)
        rounds.append(time.process_time() - start)
    return min(rounds)


def main() -> None:
    start = time.process_time()
    signals = lexicon.default()
    Reader(signals)
    sys.stdout.write(f"compiled in {time.process_time() - start:.2f} s\n")
    tickets = list(mixed())
    taken = seconds(signals, tickets)
    sys.stdout.write(f"{len(tickets) / taken:,.0f} tickets of {LONG} characters a second\n")
    for name, text in ODD.items():
        small, large = (seconds(signals, [("", text(size))]) for size in SIZES)
        sys.stdout.write(f"{name}: ten times the text takes {large / small:.1f} times as long\n")


if __name__ == "__main__":
    main()
