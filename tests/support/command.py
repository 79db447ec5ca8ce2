"""The command `respondby`, run in this process or as one of its own."""

import io
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from worker.cli.main import main

PROGRAM = str(Path(sys.executable).with_name("respondby"))


@dataclass(frozen=True)
class Done:
    """What a run of the command left."""

    status: int
    out: str
    err: str


class Command(Protocol):
    """Runs `respondby` with these arguments."""

    def __call__(self, *arguments: object, stdin: bytes = b"", **settings: str) -> Done: ...


@pytest.fixture
def respondby(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> Command:
    """The command in this process, without the settings that this process has."""
    for name in [name for name in os.environ if name.startswith("RESPONDBY_")]:
        monkeypatch.delenv(name)

    def run(*arguments: object, stdin: bytes = b"", **settings: str) -> Done:
        for name, value in settings.items():
            monkeypatch.setenv(f"RESPONDBY_{name}", value)
        monkeypatch.setattr(sys, "argv", ["respondby", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as end:
            main()
        out, err = capfdbinary.readouterr()
        assert isinstance(end.value.code, int)
        return Done(end.value.code, out.decode(), err.decode())

    return run


def program(*arguments: object, **environment: str) -> Done:
    """The installed command, in a process of its own, with its output piped."""
    plain = {name: v for name, v in os.environ.items() if not name.startswith("RESPONDBY_")}
    done = subprocess.run(
        [PROGRAM, *map(str, arguments)],
        capture_output=True,
        env={**plain, **environment},
        check=False,
        timeout=60,
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())
