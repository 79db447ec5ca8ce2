"""`respondby dead`: the dead letters, for a person."""

from typing import Annotated

import typer

from worker import errors
from worker.broker.dead_letter import Choice
from worker.broker.topology import INBOX
from worker.cli import dead_list, dead_show
from worker.cli.dead_desk import Desk
from worker.cli.dead_list import Page

#: How many letters the table shows unless told otherwise.
SHOWN = 50

app = typer.Typer(
    help="What could not be processed: see why, give it back after a mend, or drop it.",
    no_args_is_help=True,
    add_completion=False,
)
Ids = Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="As the list has them.")]
Reasons = Annotated[
    list[str] | None,
    typer.Option("--reason", metavar="REASON", help="Only for this reason; may be repeated."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say how many that would be.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line, for programs.")]


class BadArgument(errors.RespondbyError):
    """An argument cannot be used."""


@app.command("list")
def list_(
    *,
    reasons: Reasons = None,
    skip: Annotated[int, typer.Option(min=0, help="How many of them to pass over.")] = 0,
    limit: Annotated[
        int | None, typer.Option(min=1, help=f"How many to show: {SHOWN}, with --json all.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show the dead letters, oldest first. Looking changes nothing.

    Exit status: 0; 2 if an argument cannot be used or the broker is away.
    """
    choice = _choice(None, reasons)
    page = Page(choice, skip, limit or (None if as_json else SHOWN), as_json)
    desk = Desk()
    desk.run(dead_list.show(desk, page))
    desk.report(choice)


@app.command()
def show(
    id_: Annotated[str, typer.Argument(metavar="ID", help="As the list has it.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Show all that is known of the dead letters with this ID, the body with it.

    Exit status: 0; 1 if there is none; 2 if the broker is away.
    """
    desk, choice = Desk(), _choice([id_], None)
    desk.run(dead_show.show(desk, choice, as_json=as_json))
    desk.report(choice)


@app.command()
def requeue(
    ids: Ids = None,
    *,
    reasons: Reasons = None,
    dry_run: DryRun = False,
) -> None:
    """Give dead letters back to the worker: those with an ID, or all of a REASON, or all.

    One leaves the dead letters after the broker has confirmed its copy in the inbox. Given back
    twice, it counts once. All that have the same ID are meant.

    Exit status: 0; 1 if an ID was not found; 2 if an argument cannot be used, or the broker is
    away or refuses.
    """
    desk, choice = Desk(), _choice(ids, reasons)
    if dry_run:
        desk.run(desk.letters.count(choice, desk.tally), f"Would be given back to {INBOX}")
    else:
        desk.run(desk.letters.requeue(choice, desk.tally), f"Given back to {INBOX}")
    desk.report(choice)


@app.command()
def drop(
    ids: Ids = None,
    *,
    all_: Annotated[
        bool, typer.Option("--all", help="Instead of an ID: all, or all of a REASON.")
    ] = False,
    reasons: Reasons = None,
    dry_run: DryRun = False,
) -> None:
    """Throw dead letters away, for ever. It does not ask.

    Exit status: 0; 1 if an ID was not found; 2 if an argument cannot be used or the broker is away.
    """
    if bool(ids) == all_:
        raise BadArgument("name what is to be dropped: either ids, or --all")
    desk, choice = Desk(), _choice(ids, reasons)
    if dry_run:
        desk.run(desk.letters.count(choice, desk.tally), "Would be dropped")
    else:
        desk.run(desk.letters.drop(choice, desk.tally), "Dropped")
    desk.report(choice)


def _choice(ids: list[str] | None, reasons: list[str] | None) -> Choice:
    return Choice(frozenset(ids or ()), frozenset(reasons or ()))
