"""Draws the figures of a run.

    .run/benchmarks/venv/bin/python tests/benchmarks/plot.py FIGURES.json PLOT.svg

It runs in an environment of its own, without respondby.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl  # type: ignore[import-not-found]

mpl.use("svg")
# The same figures give the same file, and its text stays text.
mpl.rcParams.update({"svg.hashsalt": "respondby", "svg.fonttype": "none", "font.size": 9})

from matplotlib import pyplot as plt  # noqa: E402

OURS, OTHERS, SECOND = "#1f6f8b", "#a9b4bb", "#d98e32"
_SHORT = {
    "sqlite": "respondby\nSQLite",
    "postgresql": "respondby\nPostgreSQL",
    "faststream": "FastStream",
    "librabbitmq": "librabbitmq\n(C)",
    "facts": "replay\nfacts stated",
    "text": "replay\nfree text",
    "respondby": "deadlines",
}

Medians = Mapping[tuple[str, str, str], float]


def of_part(medians: Medians, part: str, what: str) -> dict[str, float]:
    return {who: value for (p, who, w), value in medians.items() if (p, w) == (part, what)}


def bars(axes: Any, values: Mapping[str, float], title: str, digits: int = 0) -> None:
    """One bar for each, ours in another colour."""
    names = [_SHORT.get(who, who) for who in values]
    colours = [OURS if who in ("sqlite", "postgresql") else OTHERS for who in values]
    drawn = axes.bar(names, values.values(), color=colours)
    axes.bar_label(drawn, [f"{value:,.{digits}f}" for value in values.values()], padding=2)
    axes.set_title(title)
    axes.margins(y=0.15)


def pairs(axes: Any, medians: Medians, part: str, title: str) -> None:
    """Half of the values are within the first bar, all but a hundredth within the second."""
    low, high = of_part(medians, part, "p50"), of_part(medians, part, "p99")
    places = range(len(low))
    for shift, values, colour, name in ((-0.2, low, OURS, "p50"), (0.2, high, SECOND, "p99")):
        at = [place + shift for place in places]
        drawn = axes.bar(at, values.values(), 0.4, color=colour, label=name)
        axes.bar_label(drawn, [f"{value:,.1f}" for value in values.values()], padding=2)
    axes.set_xticks(places, [_SHORT.get(who, who) for who in low])
    axes.set_title(title)
    axes.margins(y=0.15)
    if low:
        axes.legend(loc="upper left", frameon=False)


def growth(axes: Any, medians: Medians) -> None:
    """How many times as long ten times the work takes."""
    values = {**of_part(medians, "replay", "growth"), **of_part(medians, "deadlines", "growth")}
    for what, name in (("start", "start"), ("p50", "alert lag\np50"), ("p99", "alert lag\np99")):
        sizes = of_part(medians, "open", what)
        if len(sizes) == 3:
            _, less, more = sizes.values()
            values[name] = more / less
    bars(axes, values, "Ten times the work takes … times as long", 1)
    axes.axhline(10, color=SECOND, linestyle="--", linewidth=1)
    axes.text(0.01, 10.1, "linear", color=SECOND, transform=axes.get_yaxis_transform())
    axes.tick_params(axis="x", labelsize=7)


def drawn(medians: Medians) -> Any:
    figure, axes = plt.subplots(3, 2, figsize=(12, 12), layout="constrained")
    bars(axes[0][0], of_part(medians, "throughput", "rate"), "Messages a second")
    bars(axes[0][1], of_part(medians, "throughput", "cpu"), "CPU seconds per 1000 messages", 3)
    pairs(axes[1][0], medians, "latency", "Publication to answer at 200 a second, ms")
    bars(axes[1][1], of_part(medians, "throughput", "peak"), "Memory at the most, MiB")
    pairs(axes[2][0], medians, "open", "Alert lag by open tickets, ms")
    growth(axes[2][1], medians)
    for each in axes.flat:
        each.spines[["top", "right"]].set_visible(False)
    return figure


def main(given: str, plot: str) -> None:
    rows: Sequence[Mapping[str, Any]] = json.loads(Path(given).read_text("utf-8"))["figures"]
    medians = {(row["part"], row["who"], row["what"]): row["median"] for row in rows}
    # Without the date, which would make each file another.
    drawn(medians).savefig(plot, metadata={"Date": None})


if __name__ == "__main__":
    main(*sys.argv[1:])
