"""Draws docs/response-objectives.png; it takes a minute and needs chromium."""

import asyncio
import json
import shutil
import subprocess
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.picture import blocks, history, tickets
from tests.picture.page import Span, page
from tests.support.clock import ManualClock

HOME = Path(__file__).parents[2]
DASHBOARD = HOME / "deploy" / "grafana" / "dashboards" / "objectives.json"
PICTURE = HOME / "docs" / "response-objectives.png"
#: From a Monday to the Friday of the next week, in the afternoon.
START = ManualClock().now()
END = datetime(2026, 3, 20, 18, 40, tzinfo=UTC)
SHOWN = timedelta(days=7)


async def draw(folder: Path) -> None:
    readings = folder / "readings.om"
    with readings.open("w") as file:
        await history.written(file, tickets.happenings(START, END), END)
    # The last reading, not a moment after it.
    last = END - history.EVERY
    async with blocks.remembering(readings, START, END, folder) as server:
        span = Span((last - SHOWN).timestamp(), last.timestamp())
        html, height = await page(json.loads(DASHBOARD.read_text("utf-8")), server, span)
    (folder / "page.html").write_text(html, "utf-8")
    _photograph(folder / "page.html", height)


def _photograph(file: Path, height: int) -> None:
    browser = shutil.which("chromium") or shutil.which("google-chrome") or "chromium"
    subprocess.run(
        [
            browser,
            "--headless=new",
            "--no-sandbox",  # it shows a file of our own
            "--hide-scrollbars",
            f"--window-size=1576,{height}",
            f"--user-data-dir={file.parent / 'browser'}",
            f"--screenshot={PICTURE}",
            file.as_uri(),
        ],
        check=True,
        capture_output=True,
        timeout=60,
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        asyncio.run(draw(Path(scratch)))
