"""The program as the image holds it, compiled, beside the one that is edited here."""

import shlex
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks import tickets
from tests.support.command import PROGRAM, program

HOME = Path(__file__).parents[2]
BEGUN = datetime(2026, 3, 9, tzinfo=UTC)


def compiled(command: str) -> str:
    script = ["bash", "tests/compiled", "bash", "-c", command]
    done = subprocess.run(script, cwd=HOME, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_says_what_the_source_says_to_the_byte(tmp_path: Path) -> None:
    recorded, out = tmp_path / "recorded.jsonl", tmp_path / "out.jsonl"
    with recorded.open("wb") as file:
        for with_text in (True, False):
            lines = tickets.answered(range(with_text, 2000, 2), BEGUN, with_text=with_text)
            file.writelines(line + b"\n" for line in lines)
    replayed = shlex.join([PROGRAM, "replay", str(recorded)])
    where = "python -P -c 'from worker.ticket import decide; print(decide.__file__)'"
    assert compiled(f"{replayed} >{shlex.quote(str(out))} && {where}").rstrip().endswith(".so")
    said = program("replay", recorded).out
    assert said.count("ticket.prioritized") >= 2000
    assert out.read_text("utf-8") == said
