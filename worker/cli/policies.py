"""The policy that a command works with, when it needs no other setting."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from worker import errors, settings
from worker.policy import loading

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


def text(path: Path | None) -> tuple[str, str]:
    """What the policy file says, and what to call it in messages; `-` is stdin.

    Raises BadPolicy when it cannot be read.
    """
    if path is None:
        return loading.default_text(), loading.DEFAULT_NAME
    try:
        body = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        return body.decode("utf-8"), str(path)
    except OSError as error:
        raise errors.BadPolicy(f"policy {path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise errors.BadPolicy(f"policy {path}, line {line}: is not UTF-8 text") from error
