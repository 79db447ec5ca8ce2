"""Bodies as nobody should send them, for as long as one likes: python -m tests.faults.fuzz."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Annotated, Any

import hypothesis
import typer
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from tests.support import examples, fuzz

#: Bodies that are made with one seed.
_AT_A_TIME = 500


@dataclass(slots=True)
class Tally:
    """What came of the bodies, and how long the slowest took (processor seconds)."""

    counts: Counter[str] = field(default_factory=Counter)
    slowest: float = 0
    slowest_length: int = 0

    def take(self, what: str, length: int, work: Callable[[], int]) -> None:
        began = time.process_time()
        taken = work()
        took = time.process_time() - began
        self.counts[what] += 1
        self.counts[f"{what} taken"] += taken
        if took > self.slowest:
            self.slowest, self.slowest_length = took, length

    def __str__(self) -> str:
        counted = ", ".join(f"{number:,} {what}" for what, number in self.counts.items())
        slowest = f"the slowest took {self.slowest:.3f} s for {self.slowest_length:,} bytes"
        return f"{counted}; {slowest}"


def main(
    *,
    minutes: Annotated[float, typer.Option(help="How long.")] = 1,
    seed: Annotated[int, typer.Option(help="Of the first round; each next one has the next.")] = 1,
) -> None:
    """Feed the decoder, and the whole decision behind it, until the time is over.

    Ends at the first failure, with the smallest body that shows it and the seed.
    """
    until, tally = time.monotonic() + minutes * 60, Tally()
    fuzz.are_decided([examples.body(examples.EXAMPLES[0].created)])  # the first takes longer
    for number in count(seed):
        for law in _laws(tally):
            try:
                _played(law, number)
            except BaseException:
                typer.echo(f"seed {number}: {tally}")
                raise
        if time.monotonic() > until:
            break
    typer.echo(f"seeds {seed} to {number}: {tally}")


def _laws(tally: Tally) -> Iterator[Callable[..., None]]:
    @given(fuzz.bodies() | fuzz.repeated(most=50_000))
    def read(body: bytes) -> None:
        tally.take("bodies", len(body), lambda: fuzz.is_read_or_refused(body))

    @given(st.lists(fuzz.written() | fuzz.damaged(), max_size=12))
    def decided(sent: list[bytes]) -> None:
        tally.take("histories", sum(map(len, sent)), lambda: fuzz.are_decided(sent))

    yield read
    yield decided


def _played(law: Callable[..., Any], number: int) -> None:
    settings = hypothesis.settings(
        max_examples=_AT_A_TIME,
        database=None,
        deadline=None,
        suppress_health_check=[*HealthCheck],
    )
    settings(hypothesis.seed(number)(law))()


if __name__ == "__main__":
    typer.run(main)
