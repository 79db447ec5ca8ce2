"""What was measured, round by round, and what to make of it."""

import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Name(NamedTuple):
    """What a figure is about."""

    part: str
    who: str
    what: str


@dataclass(frozen=True)
class Figures:
    """Values of each round under their names, in the order in which they were measured."""

    rounds: Mapping[Name, list[float]] = field(default_factory=lambda: defaultdict(list))
    left_out: dict[str, str] = field(default_factory=dict)
    """who could not be measured, and why"""

    def add(self, part: str, who: str, **values: float) -> None:
        for what, value in values.items():
            self.rounds[Name(part, who, what)].append(value)

    def median(self, part: str, who: str, what: str) -> float | None:
        """None where nothing was measured."""
        values = self.rounds.get(Name(part, who, what))
        return statistics.median(values) if values else None

    def ratio(self, part: str, what: str, who: str, to: str) -> float | None:
        """The median of each round's own ratio: a slow minute is slow for both."""
        ours, theirs = self._of(part, who, what), self._of(part, to, what)
        ratios = [mine / other for mine, other in zip(ours, theirs, strict=False) if other]
        return statistics.median(ratios) if ratios else None

    def who(self, part: str) -> list[str]:
        """Who was measured, in the order of the first round."""
        return list(dict.fromkeys(name.who for name in self.rounds if name.part == part))

    def plain(self) -> list[dict[str, Any]]:
        """For a file of JSON."""
        return [
            {**name._asdict(), "median": statistics.median(values), "rounds": values}
            for name, values in self.rounds.items()
        ]

    def _of(self, part: str, who: str, what: str) -> Sequence[float]:
        return self.rounds.get(Name(part, who, what), ())
