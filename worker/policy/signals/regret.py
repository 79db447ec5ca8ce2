"""What a ticket is taken for: that which is regretted least, whatever it turns out to be."""

import math
from collections.abc import Mapping, Sequence

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
_FAULTS: tuple[Kind, ...] = (None, "mild", "system_critical")
_KINDS: tuple[Kind, ...] = ("no_fault", *_FAULTS)
#: The same by what it was taken for: how much that is regretted, kind by kind.
_REGRETTED = [[_REGRETS[kind][taken] for kind in _KINDS] for taken in _KINDS]
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
    nothing, fault, mild, grave = _odds(no_fault, [faults[kind] for kind in _FAULTS])
    regrets = [
        nothing * its + fault * of_fault + mild * of_mild + grave * of_grave
        for its, of_fault, of_mild, of_grave in _REGRETTED
    ]
    return _KINDS[regrets.index(min(regrets))]


def _odds(no_fault: int, faults: Sequence[int]) -> list[int]:
    """How likely each is, compared with the others."""
    most = max(faults)
    shares = [_beside(most - points) for points in faults]
    fault = _beside(no_fault)
    return [_beside(-no_fault) * sum(shares), *(fault * share for share in shares)]


def _beside(less: int) -> int:
    return _BESIDE[less] if 0 <= less < len(_BESIDE) else _BESIDE[0 if less < 0 else -1]
