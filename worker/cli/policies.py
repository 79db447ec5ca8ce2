"""The option by which a command is given a policy, when it needs no other setting."""

from pathlib import Path
from typing import Annotated

import typer

from worker import settings

#: `--policy FILE`; without it, what RESPONDBY_POLICY names.
Option = Annotated[
    Path | None,
    typer.Option(
        "--policy",
        metavar="FILE",
        envvar=f"{settings.PREFIX}POLICY",
        help="A policy file. Default: the built-in policy.",
    ),
]
