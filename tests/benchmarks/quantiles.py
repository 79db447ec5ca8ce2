"""What half of the values are within, and what all but a hundredth are within."""

import statistics
from collections.abc import Iterable
from typing import NamedTuple


class Quantiles(NamedTuple):
    p50: float
    p99: float


def of(values: Iterable[float]) -> Quantiles:
    """Of at least two values."""
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    return Quantiles(cuts[49], cuts[98])
