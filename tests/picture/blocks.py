"""A Prometheus with a past: readings and recording rules as blocks of its database."""

import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from tests.support import dashboards
from tests.support.prometheus_server import Prometheus, program, serving

#: Rules that build on rules need one pass after the other.
_PASSES = 6
_STEP = "4m"
#: One block for all of it, instead of one for every two hours: a twentieth of the time.
_ONE_BLOCK = "--max-block-duration=720h"


@asynccontextmanager
async def remembering(
    readings: Path, start: datetime, end: datetime, folder: Path
) -> AsyncIterator[Prometheus]:
    """One that has these readings, and what the rules would have made of them."""
    configuration = folder / "prometheus.yml"
    configuration.write_text("global: {}\n")
    blocks = folder / "prometheus"
    _promtool("openmetrics", "--quiet", readings, blocks)
    recording = [file for file in dashboards.RULES if file.stem != "alerts"]
    for _ in range(_PASSES):
        async with serving(configuration, folder) as server:
            _promtool(
                "rules",
                f"--url={server.address}",
                f"--start={start.timestamp():.0f}",
                f"--end={end.timestamp():.0f}",
                f"--eval-interval={_STEP}",
                f"--output-dir={blocks}",
                *recording,
            )
    async with serving(configuration, folder) as server:
        yield server


def _promtool(*arguments: str | Path) -> None:
    command = [program("promtool"), "tsdb", "create-blocks-from", _ONE_BLOCK]
    subprocess.run([*command, *map(str, arguments)], check=True, capture_output=True)
