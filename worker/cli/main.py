"""The command `respondby`: one file a command, gathered here."""

import sys
from importlib import import_module, metadata
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from worker import errors

COMMANDS = ("run", "replay", "explain", "status", "migrate", "policy", "schema", "dead")


class _Gathered(TyperGroup):
    """Imports a command when it is called: a replay does not wait for what talks to a broker."""

    def list_commands(self, *_: object) -> list[str]:
        return [*COMMANDS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        # For a name that none has, the likeliest of all is looked for.
        for name in (cmd_name,) if cmd_name in COMMANDS else COMMANDS:
            if name not in self.commands:
                self.commands[name] = _imported(name)
        return super().get_command(ctx, cmd_name)


def _imported(name: str) -> Any:
    command = typer.main.get_command(import_module(f"worker.cli.{name}").app)
    command.name = name
    return command


app = typer.Typer(
    cls=_Gathered,
    name="respondby",
    help="Gives support tickets a level and a response deadline, and says when one is missed.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


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
