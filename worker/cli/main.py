"""The command `respondby`: one file a command, gathered here."""

import sys
from importlib import metadata
from typing import Annotated

import typer

from worker import errors
from worker.cli import dead, explain, migrate, policy, replay, run, schema, status

app = typer.Typer(
    name="respondby",
    help="Gives support tickets a level and a response deadline, and says when one is missed.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(run.run)
app.command("replay")(replay.run)
app.command("explain")(explain.run)
app.add_typer(policy.app, name="policy")
app.add_typer(schema.app, name="schema")
app.add_typer(dead.app, name="dead")
app.command()(status.status)
app.command()(migrate.migrate)


def _say_version(asked: bool) -> None:
    if asked:
        typer.echo(f"respondby {metadata.version('respondby')}")
        raise typer.Exit


@app.callback()
def options(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_say_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """What holds for every command."""


def main() -> None:
    """Run the command; what cannot be used is told in one line, and the exit status is 2."""
    try:
        app()
    except errors.RespondbyError as error:
        typer.echo(f"respondby: {error}", err=True)
        sys.exit(2)
