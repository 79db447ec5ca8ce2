"""Writes learnt points into the built-in lexicon; what a person wrote in it stays."""

import textwrap
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from worker import policy
from worker.policy.signals import lexicon
from worker.policy.signals.lexicon import LearntPart, SignalsPart
from worker.policy.signals.regret import POINTS
from worker.policy.signals.weights import SCALES, Scale, Weights

#: Below this line the file is written by a program.
TITLE = "# Learnt from labelled tickets: points, and what has them. Written by weigh_signals."
FILE = Path(policy.__file__).parent / lexicon.DEFAULT_NAME

#: The feature that every ticket has.
START = ""

Model = Mapping[Scale, Mapping[str, float]]
"""What each feature weighs on each scale."""


def write(signals: SignalsPart, model: Model) -> None:
    head, _ = FILE.read_text("utf-8").split(f"\n{TITLE}\n")
    FILE.write_text("\n".join([head, TITLE, *_sections(signals, model)]) + "\n", "utf-8")


def _sections(signals: SignalsPart, model: Model) -> Iterator[str]:
    yield "learnt:"
    start = (f"{scale}: {round(POINTS * model[scale][START])}" for scale in SCALES)
    yield f"  start: {{{', '.join(start)}}}"
    for kind in ("signs", "words"):
        yield f"  {kind}:"
        for scale in SCALES:
            yield f"    {scale}:"
            yield from _points(
                _signs(signals, scale, model) if kind == "signs" else _words(model[scale])
            )


def _signs(signals: SignalsPart, scale: Scale, model: Model) -> dict[str, int]:
    """What each sign's points are beyond those that a person gave it."""
    judged = Weights(signals.model_copy(update={"learnt": LearntPart()}), str)
    weights = model[scale]
    return {
        name: round(POINTS * weights[f"sign {name}"]) - judged.weighed(1 << place, ())[1][scale]
        for place, name in enumerate(signals.says())
        if f"sign {name}" in weights
    }


def _words(line: Mapping[str, float]) -> dict[str, int]:
    return {
        word.replace("n_t", "n't"): round(POINTS * weight)
        for word, weight in line.items()
        if word != START and not word.startswith("sign ")
    }


def _points(named: Mapping[str, int]) -> Iterator[str]:
    by_points: defaultdict[int, list[str]] = defaultdict(list)
    for name, points in named.items():
        if points:
            by_points[points].append(name)
    for points in sorted(by_points, reverse=True):
        yield f"      {points}: >"
        yield from _wrapped(", ".join(sorted(by_points[points])), 8)


def _wrapped(text: str, indent: int) -> list[str]:
    margin = " " * indent
    return textwrap.wrap(
        text, 98, initial_indent=margin, subsequent_indent=margin, break_on_hyphens=False
    )
