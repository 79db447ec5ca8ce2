"""Sets as numbers: one bit for each thing that may be in one."""

import operator
from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from typing import Literal

_BYTE = 8


def union(sets: Iterable[int]) -> int:
    return reduce(operator.or_, sets, 0)


def highest(of: int) -> int:
    return 1 << of.bit_length() - 1


class Table:
    """What the members of a set bring together, looked up for eight of them at a time."""

    def __init__(self, brings: Sequence[int], join: Literal["sum", "union"]) -> None:
        """`brings`: what each brings, by its place."""
        self._join = operator.add if join == "sum" else operator.or_
        starts = range(0, len(brings), _BYTE)
        self._columns = [_column(brings[start : start + _BYTE], self._join) for start in starts]
        self._all = (1 << len(brings)) - 1

    def of(self, members: int) -> int:
        """What they bring; others than the table has bring nothing."""
        bytes_ = (members & self._all).to_bytes(len(self._columns), "little")
        return reduce(self._join, map(operator.getitem, self._columns, bytes_), 0)


def _column(brings: Sequence[int], join: Callable[[int, int], int]) -> list[int]:
    """For each set of up to eight."""
    found = [0]
    for one in brings:
        found += [join(before, one) for before in found]
    return found
