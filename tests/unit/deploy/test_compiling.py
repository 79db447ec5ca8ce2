"""What setup.py compiles. That it works compiled is for tests/compiled to see."""

import shutil
import subprocess
import sys
from pathlib import Path

HOME = Path(__file__).parents[3]


def test_what_decides_on_tickets_can_be_compiled(tmp_path: Path) -> None:
    for name in ("worker", "schemas"):
        shutil.copytree(HOME / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("setup.py", "pyproject.toml", "README.md"):
        shutil.copy(HOME / name, tmp_path)
    # To be told its version takes all but the C compiler.
    told = subprocess.run(
        [sys.executable, "setup.py", "--quiet", "--version"],
        cwd=tmp_path,
        env={"RESPONDBY_COMPILE": "1", "PATH": str(Path(sys.executable).parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stdout + told.stderr
    assert "PyInit_decide" in "".join(file.read_text() for file in tmp_path.glob("build/**/*.c"))
