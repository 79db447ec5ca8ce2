"""Learns from labelled tickets how many points signs and words are worth.

    python -m tests.benchmarks.weigh_signals tests/data/tickets/*.jsonl           # how well it does
    python -m tests.benchmarks.weigh_signals --write tests/data/tickets/*.jsonl   # new points

One multinomial logistic regression over the four levels; each scale's points are how much more a
sign or word speaks for its level than for high, which is what a fault is that no scale is over its
bar for. Only the points change: words, signs and what each sign speaks for are a person's.
"""

import argparse
import json
import math
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks import lexicon_file
from worker.policy.signals import lexicon, prose, tokens, weights
from worker.policy.signals.lexicon import SignalsPart
from worker.policy.signals.signs import Signs
from worker.policy.signals.weights import SCALES, Scale

Row = list[tuple[int, float]]


#: How far the points may go to fit the tickets; less is more cautious.
COST = 0.2
STEPS = 300
#: A word in fewer tickets than this leans nowhere.
RARE = 3
FOLDS = 10

#: The level that each scale speaks for, and the one that none speaks for.
SPEAKS_FOR: Mapping[Scale, str] = {
    "no_fault": "low",
    "mild": "medium",
    "system_critical": "critical",
}
LEVELS = (*SPEAKS_FOR.values(), "high")


@dataclass(frozen=True)
class Example:
    features: Mapping[str, float]
    level: str


@dataclass(frozen=True)
class Line:
    """What each feature weighs on one scale, and where the scale stands without any."""

    weights: Mapping[str, float]
    start: float

    def at(self, features: Mapping[str, float]) -> float:
        known = ((self.weights.get(name, 0.0), count) for name, count in features.items())
        return self.start + math.fsum(weight * count for weight, count in known)


Model = Mapping[Scale, Line]


def examples(paths: Iterable[Path], signals: SignalsPart) -> list[Example]:
    signs = Signs(signals)
    weigh = weights.Weights(signals)
    found = []
    for path in paths:
        for line in path.read_text("utf-8").splitlines():
            ticket = json.loads(line)
            text = prose.own_words(ticket["summary"], ticket.get("description"))
            said = tokens.words(tokens.flat(text))
            words = weigh.words(said)
            part = weights.WORDS / weights.counted(words)
            features = {word: part for word in sorted(words) if _is_word(word)}
            features.update((f"sign {name}", 1.0) for name in signs.seen(said))
            found.append(Example(features, ticket["label"]))
    return found


def _is_word(token: str) -> bool:
    return token.replace("_", "").isalpha()


def learnt(tickets: Sequence[Example], signals: SignalsPart) -> Model:
    counted = Counter(name for ticket in tickets for name in ticket.features)
    names = sorted(name for name, count in counted.items() if count >= RARE)
    places = {name: place for place, name in enumerate(names, start=1)}
    rows = [_row(ticket.features, places) for ticket in tickets]
    truths = [LEVELS.index(ticket.level) for ticket in tickets]
    judged = [_judged(level_, places, signals) for level_ in LEVELS]
    by_level = dict(zip(LEVELS, _descend(rows, truths, judged), strict=True))
    high = by_level["high"]
    return {
        scale: Line(
            {name: by_level[spoken][place] - high[place] for name, place in places.items()},
            by_level[spoken][0] - high[0],
        )
        for scale, spoken in SPEAKS_FOR.items()
    }


def _judged(level_: str, places: Mapping[str, int], signals: SignalsPart) -> list[float]:
    """What a person's points say for a level: where the descent starts and is held to."""
    judged = [0.0] * (len(places) + 1)
    for name, says in signals.says().items():
        for cause, points in says.items():
            scale, sense = weights.SCALE_OF[cause]
            if SPEAKS_FOR[scale] == level_ and f"sign {name}" in places:
                judged[places[f"sign {name}"]] += sense * points / lexicon_file.POINTS
    return judged


def _row(features: Mapping[str, float], places: Mapping[str, int]) -> Row:
    known = [(places[name], count) for name, count in sorted(features.items()) if name in places]
    return [(0, 1.0), *known]


def _descend(
    rows: Sequence[Row], truths: Sequence[int], judged: Sequence[Sequence[float]]
) -> list[list[float]]:
    """Weights for each level, by accelerated descent with a penalty on leaving a person's."""
    longest = max(math.fsum(count * count for _, count in row) for row in rows)
    step = 1 / (1 + COST * longest * len(rows) / 8)
    weights_ = [[*line] for line in judged]
    ahead = weights_
    for round_ in range(1, STEPS + 1):
        slopes = _slopes(ahead, rows, truths, judged)
        moved = [
            [weight - step * down for weight, down in zip(line, slope, strict=True)]
            for line, slope in zip(ahead, slopes, strict=True)
        ]
        pace = round_ / (round_ + 3)
        ahead = [
            [new + pace * (new - old) for new, old in zip(line, before, strict=True)]
            for line, before in zip(moved, weights_, strict=True)
        ]
        weights_ = moved
    return weights_


def _slopes(
    lines: Sequence[Sequence[float]],
    rows: Sequence[Row],
    truths: Sequence[int],
    judged: Sequence[Sequence[float]],
) -> list[list[float]]:
    slopes = [
        [0.0, *(weight - held for weight, held in zip(line[1:], to[1:], strict=True))]
        for line, to in zip(lines, judged, strict=True)  # where a line starts is not held
    ]
    for row, truth in zip(rows, truths, strict=True):
        at = [math.exp(sum([line[place] * count for place, count in row])) for line in lines]
        whole = sum(at)
        for level_, (slope, share) in enumerate(zip(slopes, at, strict=True)):
            pull = COST * (share / whole - (level_ == truth))
            for place, count in row:
                slope[place] += pull * count
    return slopes


def level(model: Model, features: Mapping[str, float], wary: float) -> str:
    """As the reader and the built-in rules have it."""
    over = {scale: line.at(features) for scale, line in model.items()}
    heaviest = max(SCALES, key=lambda scale: over[scale])
    critical = over["system_critical"]
    if heaviest != "system_critical" and critical >= 0 and over[heaviest] < critical + wary:
        return "high"
    return SPEAKS_FOR[heaviest] if over[heaviest] >= 0 else "high"


def cross_validated(tickets: Sequence[Example], signals: SignalsPart) -> Counter[tuple[str, str]]:
    """True and given levels, each ticket judged by what was learnt from others."""
    found: Counter[tuple[str, str]] = Counter()
    wary = signals.bars.wary / lexicon_file.POINTS
    for fold in range(FOLDS):
        model = learnt([t for place, t in enumerate(tickets) if place % FOLDS != fold], signals)
        for ticket in tickets[fold::FOLDS]:
            found[ticket.level, level(model, ticket.features, wary)] += 1
    return found


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true")
    parser.add_argument("files", nargs="+", type=Path)
    asked = parser.parse_args(arguments)
    signals = lexicon.default()
    tickets = examples(asked.files, signals)
    if asked.write:
        lexicon_file.write(signals, learnt(tickets, signals))
    else:
        for (true, given), count in sorted(cross_validated(tickets, signals).items()):
            sys.stdout.write(f"{true:9} {given:9} {count}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
