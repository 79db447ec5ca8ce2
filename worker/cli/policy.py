"""`respondby policy`: is a policy file good, and which policy is in force."""

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from worker import policy_file
from worker.cli import policies, policy_apply
from worker.clock import SystemClock
from worker.policy import doubts, loading, rules
from worker.policy.document import Mistake
from worker.policy.policy import Policy

_MISTAKEN = 2
#: Years whose holidays are shown: the last one, this one, and so many to come.
_YEARS_TO_COME = 4

app = typer.Typer(
    help="Check a policy file, show the policy in force, or have it applied.",
    no_args_is_help=True,
    add_completion=False,
)
app.command("apply")(policy_apply.apply)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A policy file; - is stdin.")],
) -> None:
    """Say whether FILE is a good policy, or all that is wrong with it.

    Exit status: 0; 2 if there are mistakes, each on a line of stderr as FILE:LINE: PLACE: MISTAKE.
    A rule that can never match is one, though a worker would take it. What is allowed and hardly
    meant stands there as FILE:LINE: warning: PLACE: DOUBT.
    """
    text, name = policy_file.text(file)
    try:
        policy = loading.parse(text, name, strict=True)
    except loading.UnusablePolicy as unusable:
        _complain(name, unusable.mistakes)
        raise typer.Exit(_MISTAKEN) from None
    _complain(name, doubts.told(text, policy, SystemClock().now().date()), "warning: ")
    typer.echo(f"{name}: good")
    for line in _summary(policy):
        typer.echo(f"  {line}")


@app.command()
def show(
    *,
    resolved: Annotated[
        bool, typer.Option("--resolved", help="With all defaults, and holidays as dates.")
    ] = False,
    policy: policies.Option = None,
) -> None:
    """Write the policy in force as YAML. The built-in one is a good file to start from.

    Exit status: 0; 2 if the policy cannot be used.
    """
    text, name = policy_file.text(policy)
    in_force = loading.parse(text, name)
    if not resolved:
        typer.echo(text.encode(), nl=not text.endswith("\n"))
        return
    year = SystemClock().now().year
    for line in _resolved(in_force, range(year - 1, year + _YEARS_TO_COME + 1)):
        typer.echo(line.encode())


def _complain(name: str, mistakes: Iterable[Mistake], kind: str = "") -> None:
    for mistake in mistakes:
        place = f"{mistake.place}: " if mistake.place else ""
        typer.echo(f"{name}:{mistake.line}: {kind}{place}{mistake.message}", err=True)


def _summary(policy: Policy) -> Iterator[str]:
    yield f"{policy.name}, version {policy.version}"
    yield f"{len(policy.file.rules)} rules; all {rules.COMBINATIONS} combinations of facts have one"
    yield f"calendars: {', '.join(policy.calendars)}"
    yield policy.digest


def _resolved(policy: Policy, years: range) -> Iterator[str]:
    """The policy as a file that needs no list of holidays, its dates with their names."""
    yield f"# {policy.name}, version {policy.version}, {policy.digest}"
    yield f"# Holidays stand as dates from {years[0]} to {years[-1]}; later years have none here."
    holidays = policy.holidays(years)
    parsed = policy.parsed()
    keys, calendars = list(parsed), parsed["calendars"]
    split = keys.index("calendars")
    yield from _yaml({key: parsed[key] for key in keys[:split]})
    yield "calendars:"
    for name, part in calendars.items():
        yield from _indented(_calendar(name, part, holidays[name]))
    yield from _yaml({key: parsed[key] for key in keys[split + 1 :]})


def _calendar(name: str, part: dict[str, Any], holidays: Mapping[date, str]) -> Iterator[str]:
    yield from _yaml({name: {key: part[key] for key in part if key != "holidays"}})
    if holidays:
        yield "  holidays:"
        yield "    dates:"
    for day, reason in holidays.items():
        yield f"      - {day.isoformat()}  # {' '.join(reason.split())}"
    if opened := part["holidays"]["open"]:
        yield from () if holidays else ("  holidays:",)
        yield from _indented(_indented(_yaml({"open": opened})))


def _yaml(value: object) -> Iterator[str]:
    dumped = yaml.safe_dump(
        value, sort_keys=False, allow_unicode=True, default_flow_style=None, width=100
    )
    yield from dumped.splitlines()


def _indented(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        yield textwrap.indent(line, "  ")
