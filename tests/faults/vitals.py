"""What a process holds: memory and files, as the kernel says."""

import asyncio
import os
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.worker_process import WorkerProcess

_PAGE = os.sysconf("SC_PAGE_SIZE")
_LOOK_EVERY = 0.5


@dataclass(slots=True)
class Vitals:
    """Of all workers of a row, through all their starts."""

    workers: list[WorkerProcess]
    peak: int = 0
    """bytes of memory that one of them held at most"""
    files: dict[int, tuple[int, int]] = field(default_factory=dict)
    """open at first and at last, by process"""

    async def run(self) -> None:
        """Look now and then, until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(_LOOK_EVERY)

    def look(self) -> None:
        for worker in self.workers:
            # While it starts it holds little, and would seem to leak.
            if worker.is_running and worker.log("broker_link_up"):
                self._look(worker.process_id)

    def _look(self, process: int) -> None:
        folder = Path("/proc", str(process))
        try:
            pages = int((folder / "statm").read_text().split()[1])
            count = len(list((folder / "fd").iterdir()))
        except OSError:
            return  # it has just ended
        self.peak = max(self.peak, pages * _PAGE)
        first, _ = self.files.get(process, (count, count))
        self.files[process] = first, count
