"""Learns from labelled tickets how many points signs and words are worth.

    python -m tests.benchmarks.weigh_signals tests/data/tickets/*.jsonl           # how well it does
    python -m tests.benchmarks.weigh_signals --write tests/data/tickets/*.jsonl   # new points

Two logistic regressions: what is no fault against what is one, and among faults the mild and the
system-critical against those that are neither, which are high. Apart, because what sounds grave may
be a rehearsal: severity must not be able to outweigh that. Only the points change: words, signs and
what each sign speaks for are a person's.
"""

import argparse
import json
import math
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks import lexicon_file
from tests.benchmarks.lexicon_file import Model
from worker.policy.signals import lexicon, prose, regret, tokens, weights
from worker.policy.signals.lexicon import SignalsPart
from worker.policy.signals.signs import Signs
from worker.policy.signals.weights import SCALES, Scale

Row = list[int]
"""The places of a ticket's features."""

#: How far the points may go to fit the tickets; less is more cautious.
COST = 0.6
STEPS = 300
#: How far a person's points are trusted before any ticket; a sign that few show keeps them.
TRUST = 0.6
#: A word in fewer tickets than this leans nowhere.
RARE = 3

#: The level that each scale speaks for; high is what none speaks for.
SPEAKS_FOR: Mapping[Scale, str] = {
    "no_fault": "low",
    "mild": "medium",
    "system_critical": "critical",
}


@dataclass(frozen=True)
class Example:
    file: str
    """each is by another writer"""
    features: Set[str]
    level: str


def examples(paths: Iterable[Path], signals: SignalsPart) -> list[Example]:
    signs = Signs(signals)
    weigh = weights.Weights(signals, signs.letter)
    found = []
    for path in paths:
        for line in path.read_text("utf-8").splitlines():
            ticket = json.loads(line)
            text = prose.own_words(ticket["summary"], ticket.get("description"))
            said = tokens.words(tokens.flat(text))
            words = weigh.words(said)
            shown = {
                f"sign {name}" for name in signs.named(signs.seen([*map(signs.letter, said)]).signs)
            }
            features = {lexicon_file.START, *shown, *filter(_is_word, words)}
            found.append(Example(path.stem, features, ticket["label"]))
    return found


def _is_word(token: str) -> bool:
    return token.replace("_", "").isalpha()


def learnt(tickets: Sequence[Example], signals: SignalsPart) -> Model:
    counted = Counter(name for ticket in tickets for name in ticket.features)
    names = sorted(name for name, count in counted.items() if count >= RARE)
    places = {name: place for place, name in enumerate(names)}
    faults = [ticket for ticket in tickets if ticket.level != "low"]
    return {
        **_told_apart(("no_fault",), tickets, places, signals),
        **_told_apart(("mild", "system_critical"), faults, places, signals),
    }


def _told_apart(
    scales: Sequence[Scale],
    tickets: Sequence[Example],
    places: Mapping[str, int],
    signals: SignalsPart,
) -> Model:
    """How much more each feature speaks for a scale's level than for what no scale speaks for."""
    rows = [_row(ticket.features, places) for ticket in tickets]
    levels = [SPEAKS_FOR[scale] for scale in scales]
    truths = [_place(levels, ticket.level) for ticket in tickets]
    judged = [_judged(scale, places, signals) for scale in scales]
    *spoken, rest = _descend(rows, truths, [*judged, [0.0] * len(places)])
    return {
        scale: {name: line[place] - rest[place] for name, place in places.items()}
        for scale, line in zip(scales, spoken, strict=True)
    }


def _place(levels: Sequence[str], level_: str) -> int:
    """Where the level stands, or behind them all."""
    return levels.index(level_) if level_ in levels else len(levels)


def _judged(of: Scale, places: Mapping[str, int], signals: SignalsPart) -> list[float]:
    """What a person's points say on a scale, as far as they are trusted before any ticket."""
    judged = [0.0] * len(places)
    for name, says in signals.says().items():
        for cause, points in says.items():
            scale, sense = weights.SCALE_OF[cause]
            if scale == of and f"sign {name}" in places:
                judged[places[f"sign {name}"]] += TRUST * sense * points / regret.POINTS
    return judged


def _row(features: Set[str], places: Mapping[str, int]) -> Row:
    return [places[name] for name in sorted(features) if name in places]


def _descend(
    rows: Sequence[Row], truths: Sequence[int], judged: Sequence[Sequence[float]]
) -> list[list[float]]:
    """Weights for each level, by accelerated descent with a penalty on leaving a person's."""
    longest = max(map(len, rows))
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
        [weight - held for weight, held in zip(line, to, strict=True)]
        for line, to in zip(lines, judged, strict=True)
    ]
    for row, truth in zip(rows, truths, strict=True):
        at = [math.exp(sum([line[place] for place in row])) for line in lines]
        whole = sum(at)
        for level_, (slope, share) in enumerate(zip(slopes, at, strict=True)):
            pull = COST * (share / whole - (level_ == truth))
            for place in row:
                slope[place] += pull
    return slopes


def level(model: Model, features: Set[str]) -> str:
    """As the reader and the built-in rules have it."""
    points = {
        scale: round(regret.POINTS * math.fsum(line.get(name, 0.0) for name in features))
        for scale, line in model.items()
    }
    faults: dict[regret.Kind, int] = {scale: points[scale] for scale in SCALES[1:]}
    kind = regret.least(points["no_fault"], {None: 0} | faults)
    return "high" if kind is None else SPEAKS_FOR[kind]


def cross_validated(tickets: Sequence[Example], signals: SignalsPart) -> Counter[tuple[str, str]]:
    """True and given levels, each ticket judged by what the files of others taught."""
    found: Counter[tuple[str, str]] = Counter()
    for file in dict.fromkeys(ticket.file for ticket in tickets):
        model = learnt([ticket for ticket in tickets if ticket.file != file], signals)
        for ticket in tickets:
            if ticket.file == file:
                found[ticket.level, level(model, ticket.features)] += 1
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
