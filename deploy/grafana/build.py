"""Writes the dashboards: `python -m deploy.grafana.build`."""

import json
from collections.abc import Mapping
from pathlib import Path

from deploy.grafana import dashboard, objectives, workers

DASHBOARDS = Path(__file__).parent / "dashboards"


def files() -> Mapping[Path, str]:
    """Each file, and what is to be in it."""
    boards = {"objectives": objectives.board(), "worker": workers.board()}
    return {
        DASHBOARDS / f"{name}.json": json.dumps(dashboard.document(board), indent=2) + "\n"
        for name, board in boards.items()
    }


if __name__ == "__main__":
    for path, text in files().items():
        path.write_text(text, "utf-8")
