"""What is made of the rounds of a run, and what the page says of it."""

import pytest

from tests.benchmarks import report
from tests.benchmarks.bench import Sizes
from tests.benchmarks.contenders import ALL, FIRST
from tests.benchmarks.figures import Figures


def figures(**rates: tuple[float, ...]) -> Figures:
    """The throughput of these contenders, round by round."""
    made = Figures()
    for name, rounds in rates.items():
        for rate in rounds:
            made.add("throughput", name.replace("_", "-"), rate=rate, cpu=0.5, peak=30)
    return made


def test_a_ratio_compares_what_was_measured_in_the_same_round() -> None:
    of = figures(aio_pika=(200, 40, 20), sqlite=(100, 20, 30))
    assert of.ratio("throughput", "rate", "sqlite", FIRST.name) == pytest.approx(0.5)
    assert of.median("throughput", "sqlite", "rate") == 30


def test_a_table_shows_each_contender_beside_the_first() -> None:
    table = report.tables(figures(aio_pika=(4000,), sqlite=(3000,)))["throughput"]
    title = ALL["sqlite"].title
    assert f"| {title} | 3,000 | ×0.75 | 0.500 | ×1.00 | 30 |" in table.splitlines()


def test_what_was_not_measured_is_said_and_not_drawn_as_zero() -> None:
    page = report.page(figures(aio_pika=(4000,)), "one round", Sizes())
    assert page.count("*Not measured in this run.*") == 5
    assert "$" not in page


def test_whoever_could_not_take_part_is_named_with_the_reason() -> None:
    of = figures(aio_pika=(4000,))
    of.left_out["faststream"] = "it is not here"
    assert "Left out: FastStream, echo in a handler (it is not here)." in report.page(
        of, "", Sizes()
    )
