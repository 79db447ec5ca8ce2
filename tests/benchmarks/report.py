"""The page: figures as tables of Markdown, between a person's words in `page.md`."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from string import Template

from tests.benchmarks import crowd, latency
from tests.benchmarks.bench import Sizes
from tests.benchmarks.contenders import ALL, FIRST
from tests.benchmarks.figures import Figures
from tests.benchmarks.terms import BATCH, PREFETCH

_PAGE = Path(__file__).with_name("page.md")
_NOT_MEASURED = "*Not measured in this run.*"
_TITLES = {name: contender.title for name, contender in ALL.items()} | {
    "one": "one worker",
    "three": "three workers",
    "facts": "facts stated",
    "text": "free text",
}

Cells = Iterator[str]


def page(figures: Figures, setting: str, sizes: Sizes) -> str:
    words = {
        "setting": setting,
        "replayed": f"{10 * sizes.replayed:,}",
        "prefetch": PREFETCH,
        "batch": BATCH,
        "per_second": latency.PER_SECOND,
        "alerts": crowd.ALERTS_PER_SECOND,
    }
    return Template(_PAGE.read_text("utf-8")).substitute({**words, **tables(figures)})


def tables(figures: Figures) -> Mapping[str, str]:
    """By the part of the run that each is about."""
    return {
        "throughput": _throughput(figures),
        "latency": _latency(figures),
        "workers": _workers(figures),
        "replay": _replay(figures),
        "deadlines": _deadlines(figures),
        "open": _open(figures),
    }


def _throughput(figures: Figures) -> str:
    heads = ["messages a second", "× aio-pika", "CPU s per 1000", "× aio-pika", "MiB"]

    def cells(who: str) -> Cells:
        yield _number(figures.median("throughput", who, "rate"))
        yield _ratio(figures.ratio("throughput", "rate", who, FIRST.name))
        yield _number(figures.median("throughput", who, "cpu"), 3)
        yield _ratio(figures.ratio("throughput", "cpu", who, FIRST.name))
        yield _number(figures.median("throughput", who, "peak"))

    table = _table(figures, "throughput", heads, cells)
    left_out = [f"Left out: {_TITLES[who]} ({why})." for who, why in figures.left_out.items()]
    return "\n\n".join([table, *left_out])


def _latency(figures: Figures) -> str:
    heads = ["p50 ms", "p99 ms", "p50 × aio-pika", "p99 × aio-pika"]

    def cells(who: str) -> Cells:
        for what in ("p50", "p99"):
            yield _number(figures.median("latency", who, what), 1)
        for what in ("p50", "p99"):
            yield _ratio(figures.ratio("latency", what, who, FIRST.name))

    return _table(figures, "latency", heads, cells)


def _workers(figures: Figures) -> str:
    heads = ["messages a second", "× one", "CPU s per 1000", "MiB, all together"]

    def cells(who: str) -> Cells:
        yield _number(figures.median("workers", who, "rate"))
        yield _ratio(figures.ratio("workers", "rate", who, "one"))
        yield _number(figures.median("workers", who, "cpu"), 3)
        yield _number(figures.median("workers", who, "peak"))

    return _table(figures, "workers", heads, cells)


def _replay(figures: Figures) -> str:
    heads = ["events a second", "ten times the tickets take"]

    def cells(who: str) -> Cells:
        yield _number(figures.median("replay", who, "rate"))
        yield _ratio(figures.median("replay", who, "growth"))

    return _table(figures, "replay", heads, cells)


def _deadlines(figures: Figures) -> str:
    heads = ["deadlines a second", "× businesstimedelta", "ten times as many take"]

    def cells(who: str) -> Cells:
        yield _number(figures.median("deadlines", who, "rate"))
        yield _ratio(figures.ratio("deadlines", "rate", who, "businesstimedelta"))
        yield _ratio(figures.median("deadlines", who, "growth"))

    return _table(figures, "deadlines", heads, cells)


def _open(figures: Figures) -> str:
    sizes = figures.who("open")
    heads = ["start s", "messages a second", f"× {sizes[0]}" if sizes else "", "MiB"]
    heads += ["alert lag p50 ms", "p99 ms"]

    def cells(who: str) -> Cells:
        yield _number(figures.median("open", who, "start"), 1)
        yield _number(figures.median("open", who, "rate"))
        yield _ratio(figures.ratio("open", "rate", who, sizes[0]))
        yield _number(figures.median("open", who, "peak"))
        for what in ("p50", "p99"):
            yield _number(figures.median("open", who, what), 1)

    return "\n\n".join([_table(figures, "open", heads, cells, "open tickets"), *_growth(figures)])


def _growth(figures: Figures) -> Iterator[str]:
    """What the second step of sizes, which is one of ten times, does to each figure."""
    sizes = figures.who("open")
    if len(sizes) == 3:
        told = ", ".join(
            f"{name} {_ratio(figures.ratio('open', what, sizes[2], sizes[1]))}"
            for name, what in (("start", "start"), ("lag p50", "p50"), ("lag p99", "p99"))
        )
        yield f"Ten times as many, from {sizes[1]} to {sizes[2]}: {told}."


def _table(
    figures: Figures,
    part: str,
    heads: Sequence[str],
    cells: Callable[[str], Cells],
    first: str = "",
) -> str:
    rows = [[_TITLES.get(who, who), *cells(who)] for who in figures.who(part)]
    if not rows:
        return _NOT_MEASURED
    ruler = ["---", *["---:"] * len(heads)]
    return "\n".join(_line(row) for row in [[first, *heads], ruler, *rows])


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _number(value: float | None, digits: int = 0) -> str:
    return "" if value is None else f"{value:,.{digits}f}"


def _ratio(value: float | None) -> str:
    return "" if value is None else f"×{value:.2f}"
