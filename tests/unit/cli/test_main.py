"""The command itself."""

from importlib import metadata

from typer.testing import CliRunner

from worker.cli.main import app


def test_it_says_its_version() -> None:
    said = CliRunner().invoke(app, ["--version"], catch_exceptions=False)
    assert (said.exit_code, said.output) == (0, f"respondby {metadata.version('respondby')}\n")
