"""What a ticket is taken for: that which is regretted least, whatever it turns out to be."""

import math
import operator
from collections.abc import Mapping

from worker.policy.signals.weights import Scale

#: Points that stand for odds of e to one.
POINTS = 10

Kind = Scale | None
"""What a scale is named after; None is a fault that is none of these, neither mild nor critical."""

#: What a ticket is, and how much it is regretted to have taken it for each. What lies between is
#: taken where two far ones are as likely, and something critical is last to be taken for less.
_REGRETS: Mapping[Kind, Mapping[Kind, int]] = {
    "no_fault": {"no_fault": 0, "mild": 10, None: 25, "system_critical": 30},
    "mild": {"no_fault": 10, "mild": 0, None: 11, "system_critical": 28},
    None: {"no_fault": 25, "mild": 11, None: 0, "system_critical": 10},
    "system_critical": {"no_fault": 100, "mild": 80, None: 11, "system_critical": 0},
}
_KINDS: tuple[Kind, ...] = ("no_fault", None, "mild", "system_critical")
#: The same by what it was taken for: how much that is regretted, kind by kind.
_REGRETTED = {taken: [_REGRETS[kind][taken] for kind in _KINDS] for taken in _KINDS}
#: Points with which something is out of the question.
NEVER = -14 * POINTS
#: How likely something is beside another that has so many points more, in millionths: a table, for
#: whole numbers are the same on every machine.
_BESIDE = tuple(round(1_000_000 * math.exp(-less / POINTS)) for less in range(14 * POINTS))


def least(no_fault: int, faults: Mapping[Kind, int]) -> Kind:
    """What to take a ticket for.

    `no_fault`: the points for its being no fault, against its being one; `faults`: the points of
    each that it may be if it is one.
    """
    likely = _likely(no_fault, faults)
    odds = [likely[kind] for kind in _KINDS]
    return min(_KINDS, key=lambda taken: sum(map(operator.mul, odds, _REGRETTED[taken])))


def _likely(no_fault: int, faults: Mapping[Kind, int]) -> dict[Kind, int]:
    """How likely each is, compared with the others."""
    most = max(faults.values())
    odds = {kind: _beside(most - points) for kind, points in faults.items()}
    whole = sum(odds.values())
    fault = _beside(no_fault)
    likely: dict[Kind, int] = {"no_fault": whole * _beside(-no_fault)}
    return likely | {kind: fault * share for kind, share in odds.items()}


def _beside(less: int) -> int:
    return _BESIDE[min(max(less, 0), len(_BESIDE) - 1)]
