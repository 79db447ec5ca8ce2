"""The command itself."""

import subprocess
import sys
from importlib import metadata

import pytest
from typer.testing import CliRunner

from worker.cli.main import COMMANDS, app

#: Modules loaded by a command that is asked for its help.
_LOADED = """
import sys
from worker.cli.main import main
try:
    main()
finally:
    print(*sys.modules)
"""


def test_it_says_its_version() -> None:
    said = CliRunner().invoke(app, ["--version"], catch_exceptions=False)
    assert (said.exit_code, said.output) == (0, f"respondby {metadata.version('respondby')}\n")


def test_its_help_names_every_command_with_what_it_does() -> None:
    said = CliRunner().invoke(app, ["--help"], catch_exceptions=False).output.split("Commands")[1]
    rows = [line.strip("│").split() for line in said.splitlines()[1:]]
    assert [row[0] for row in rows if row and row[0] in COMMANDS and len(row) > 1] == [*COMMANDS]


def test_a_mistyped_command_is_told_the_nearest() -> None:
    said = CliRunner().invoke(app, ["replya"], catch_exceptions=False)
    assert said.exit_code == 2
    assert "Did you mean 'replay'" in said.output


@pytest.mark.parametrize("arguments", [["--version"], ["replay", "--help"]])
def test_a_command_that_talks_to_nobody_does_not_wait_for_what_does(arguments: list[str]) -> None:
    said = subprocess.run(
        [sys.executable, "-c", _LOADED, *arguments], capture_output=True, text=True, check=True
    )
    loaded = said.stdout.splitlines()[-1].split()
    assert "worker.cli.main" in loaded
    assert not {"aio_pika", "aiohttp", "asyncio", "sqlalchemy"} & {*loaded}
