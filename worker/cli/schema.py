"""`respondby schema`: the contract as files, for programs that are not respondby."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from schemas import json_schema
from worker import errors
from worker.cli import schema_asyncapi
from worker.policy import json_schema as policy_schema

app = typer.Typer(
    help="Write down what respondby reads and publishes.",
    no_args_is_help=True,
    add_completion=False,
)


class NotWritten(errors.RespondbyError):
    """A file of the contract cannot be written."""


# Without it Typer would take the only command for the group.
@app.callback()
def _group() -> None:
    pass


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="It is made if it is missing.")],
) -> None:
    """Write the JSON Schemas of all events and of the policy file, and the AsyncAPI document.

    Files with the same names are replaced, each as a whole.
    Exit status: 0; 2 if a file cannot be written.
    """
    for name, document in documents():
        _write(folder / name, text(document))
        typer.echo(folder / name)


def documents() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every file's name below DIR, and what it says."""
    for way, schemas in (("inbound", json_schema.inbound()), ("outbound", json_schema.outbound())):
        for type_, schema in schemas.items():
            yield f"json/{way}/{type_}.json", json_schema.identified(type_, schema)
    yield "json/policy.json", policy_schema.schema()
    yield "asyncapi.json", schema_asyncapi.document()


def text(document: dict[str, Any]) -> str:
    """The same document is the same text."""
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _write(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".respondby-", dir=file.parent) as beside:
            whole = Path(beside) / file.name
            whole.write_text(text, "utf-8", newline="\n")
            whole.replace(file)
    except OSError as error:
        raise NotWritten(f"{file}: cannot be written: {error.strerror}") from error
