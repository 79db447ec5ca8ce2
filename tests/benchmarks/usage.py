"""What processes have used so far, as Linux counts it."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_TICK = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Usage:
    cpu: float
    """seconds on a processor, of all threads"""
    peak: float
    """MiB of memory at the most"""


def of(process_ids: Iterable[int]) -> Usage:
    """The sum over these processes, which must be running."""
    each = [(_cpu(one), _peak(one)) for one in process_ids]
    return Usage(sum(cpu for cpu, _ in each), sum(peak for _, peak in each))


def _cpu(process_id: int) -> float:
    # The name, in parentheses, may hold anything.
    fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * _TICK


def _peak(process_id: int) -> float:
    for line in Path(f"/proc/{process_id}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise ProcessLookupError(process_id)
