"""How many tickets a second are read, judged and given a deadline on one core, and by what part.

    python -m tests.benchmarks.signals

No ticket is read twice by one reader, so nothing is remembered. Time is that of the process, in the
best of some rounds. Odd texts show that ten times the text takes ten times as long.
"""

import gc
import itertools
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from schemas.facts import FactName
from schemas.outbound import Fact
from worker.policy import loading
from worker.policy.policy import Policy
from worker.policy.rules import Verdict
from worker.policy.signals import lexicon, prose, tokens
from worker.policy.signals.lexicon import SignalsPart
from worker.policy.signals.reader import Reader
from worker.policy.signals.signs import Seen, Signs
from worker.policy.signals.weights import Causes, Scales, Weights

TICKETS = Path(__file__).parents[1] / "data" / "tickets"
#: Characters of a ticket, and how many such tickets a second are the goal.
LONG, GOAL = 1024, 10_000
ROUNDS = 5
SIZES = (100_000, 1_000_000)
#: Texts that would cost more than their length if something searched them again and again.
ODD: dict[str, Callable[[int], str]] = {
    "nested parentheses": lambda size: "(" * (size // 2) + ")" * (size // 2),
    "no spaces": lambda size: "backupfailed" * (size // 12),
    "mixed scripts": lambda size: "бэкап备份バックアップ backup " * (size // 22),
    "dots": lambda size: "." * size,
    "blank lines": lambda size: "\n" * size,
    "spaces": lambda size: " " * size,
    "quotes": lambda size: "> \n" * (size // 3),
    "dashes": lambda size: "-" * size,
    "thanks": lambda size: "thanks" + " ," * (size // 2) + "x",
    "one phrase begun again and again": lambda size: "since last since the " * (size // 21),
    "negations": lambda size: "not nobody never without " * (size // 25),
    "faults": lambda size: "production backups are down " * (size // 28),
}

Ticket = tuple[str, str]
Facts = Mapping[FactName, Fact]
Given = TypeVar("Given")
#: When tickets come: at all hours, on working days and others.
BEGINS, EVERY = datetime(2025, 1, 1, tzinfo=UTC), timedelta(hours=3)


def mixed() -> Iterator[Ticket]:
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


class Decision:
    """What is done with a ticket, step by step, by a reader that has read nothing yet."""

    def __init__(self, policy: Policy, signals: SignalsPart) -> None:
        self._policy = policy
        self._reader = Reader(signals)
        self._times = itertools.count()

    def read(self, ticket: Ticket) -> Facts:
        return self._reader.read(*ticket)

    def judged(self, ticket: Ticket) -> Verdict:
        facts = self.read(ticket)
        return self._policy.verdict({name: fact.value for name, fact in facts.items()})

    def due(self, ticket: Ticket) -> datetime:
        level = self.judged(ticket).level
        calendar = self._policy.clock_of(level, self._policy.calendar_of(None))
        begun = BEGINS + next(self._times) * EVERY
        return calendar.deadline(begun, self._policy.goal(level).respond_within)


def seconds(made: Callable[[], Callable[[Given], object]], given: Sequence[Given]) -> float:
    """How long each takes in what is made anew for each round."""
    rounds = []
    for _ in range(ROUNDS):
        step = made()
        gc.collect()
        start = time.process_time()
        for one in given:
            step(one)
        rounds.append(time.process_time() - start)
    return min(rounds) / len(given)


def parts(signals: SignalsPart) -> dict[str, Callable[[Ticket], object]]:
    """What reading does, up to the end of each of its parts."""
    signs = Signs(signals)
    weights = Weights(signals, signs.letter)

    def own(ticket: Ticket) -> str:
        return prose.own_words(*ticket)

    def said(ticket: Ticket) -> list[str]:
        return tokens.words(tokens.flat(own(ticket)))

    def letters(ticket: Ticket) -> list[str]:
        return [*map(signs.letter, said(ticket))]

    def seen(ticket: Ticket) -> tuple[list[str], Seen]:
        return (spelt := letters(ticket)), signs.seen(spelt)

    def weighed(ticket: Ticket) -> tuple[Causes, Scales]:
        spelt, shown = seen(ticket)
        return weights.weighed(shown.signs, set(spelt))

    return {"prose": own, "words": letters, "signs": seen, "weights": weighed}


def told(policy: Policy, signals: SignalsPart, tickets: Sequence[Ticket]) -> Iterator[str]:
    """What the whole takes, and its parts: each is what is done up to its end, less what was."""
    until = {name: seconds(lambda: part, tickets) for name, part in parts(signals).items()}  # noqa: B023 - called at once
    until["facts and evidence"] = seconds(lambda: Decision(policy, signals).read, tickets)
    until["rules"] = seconds(lambda: Decision(policy, signals).judged, tickets)
    until["deadline"] = whole = seconds(lambda: Decision(policy, signals).due, tickets)
    yield (
        f"{1 / whole:,.0f} tickets of {LONG} characters a second through signals, rules and "
        f"deadline, of {GOAL:,} that are the goal: {whole * 1e6:.0f} µs each"
    )
    for name, before in zip(until, (0.0, *until.values()), strict=False):
        yield f"  {name}: {(until[name] - before) * 1e6:.0f} µs"


def main() -> None:
    policy = loading.parse(loading.default_text(), "built-in")
    start = time.process_time()
    signals = lexicon.default()
    Reader(signals)
    sys.stdout.write(f"compiled in {time.process_time() - start:.2f} s\n")
    for line in told(policy, signals, list(mixed())):
        sys.stdout.write(f"{line}\n")
    for name, text in ODD.items():
        small, large = (
            seconds(lambda: Decision(policy, signals).read, [("", text(size))]) for size in SIZES
        )
        sys.stdout.write(f"{name}: ten times the text takes {large / small:.1f} times as long\n")


if __name__ == "__main__":
    main()
