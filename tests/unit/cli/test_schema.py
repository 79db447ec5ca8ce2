"""The contract as files: they are current, whole, and agree with what is published."""

import json
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from schemas import json_schema
from schemas.outbound import OUTBOUND_TYPES
from tests.support import oracle, stream
from tests.support.command import Command, respondby
from worker.cli import schema
from worker.policy import loading

__all__ = ["respondby"]

HOME = Path(__file__).parents[3]
COMMITTED = HOME / "schemas"
RENEW = "respondby schema export schemas"
RENEW_EXAMPLES = "respondby replay schemas/examples/inbound.jsonl > schemas/examples/outbound.jsonl"


def files(folder: Path) -> dict[str, bytes]:
    found = [*folder.glob("json/**/*.json"), folder / "asyncapi.json"]
    return {str(file.relative_to(folder)): file.read_bytes() for file in found}


def test_what_is_committed_is_current(respondby: Command, tmp_path: Path) -> None:
    respondby("schema", "export", tmp_path)
    assert files(COMMITTED) == files(tmp_path), f"run: {RENEW}"


def test_it_says_what_it_wrote_and_makes_the_folder(respondby: Command, tmp_path: Path) -> None:
    new = tmp_path / "new" / "folder"
    done = respondby("schema", "export", new)
    assert (done.status, done.err) == (0, "")
    written = {str(file) for file in new.rglob("*") if file.is_file()}
    assert set(done.out.splitlines()) == written
    assert len(written) == 17


def test_the_same_contract_is_the_same_bytes(respondby: Command, tmp_path: Path) -> None:
    respondby("schema", "export", tmp_path)
    first = files(tmp_path)
    respondby("schema", "export", tmp_path)
    assert files(tmp_path) == first
    for name, written in first.items():
        assert written.endswith(b"}\n"), name
        assert schema.text(json.loads(written)).encode() == written, name


def test_a_file_that_cannot_be_written_is_told_in_one_line(
    respondby: Command, tmp_path: Path
) -> None:
    (tmp_path / "json").write_text("in the way")
    done = respondby("schema", "export", tmp_path)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith(f"respondby: {tmp_path}/json/inbound/ticket.created.json: cannot")
    assert done.err.count("\n") == 1


def test_a_file_that_cannot_be_replaced_stays_as_it_was(respondby: Command, tmp_path: Path) -> None:
    in_the_way = tmp_path / "asyncapi.json" / "kept"
    in_the_way.mkdir(parents=True)
    assert respondby("schema", "export", tmp_path).status == 2
    assert [file.name for file in tmp_path.iterdir() if file.name.startswith(".")] == []
    assert in_the_way.exists()


def test_the_published_examples_are_what_a_replay_of_the_others_tells() -> None:
    inbound, outbound = (
        (COMMITTED / "examples" / f"{way}.jsonl").read_bytes().splitlines()
        for way in ("inbound", "outbound")
    )
    policy = loading.parse(loading.default_text(), "the default policy")
    until = max(datetime.fromisoformat(json.loads(line)["time"]) for line in inbound)
    told = [_but_digest(event) for event in oracle.replayed(inbound, policy, until)]
    assert told == [_but_digest(json.loads(line)) for line in outbound], f"run: {RENEW_EXAMPLES}"


def test_all_that_a_long_replay_publishes_is_good_by_the_schemas() -> None:
    now = datetime(2026, 3, 9, 14, tzinfo=UTC)
    validators = dict(_validators())
    policy = loading.parse(stream.policy_text(), "the streams' policy")
    published = oracle.replayed(stream.made(7, now, 600).bodies, policy, now + timedelta(days=3))
    assert {event["type"] for event in published} == set(OUTBOUND_TYPES)
    for event in published:
        assert [*validators[event["type"]].iter_errors(event)] == [], event


@pytest.mark.parametrize("part", ["json/**/*.json", "asyncapi.json", "examples/*.jsonl"])
def test_the_files_are_in_the_package(part: str) -> None:
    settings = tomllib.loads((HOME / "pyproject.toml").read_text("utf-8"))
    assert part in settings["tool"]["setuptools"]["package-data"]["schemas"]


def _validators() -> Iterator[tuple[str, Draft202012Validator]]:
    for type_, written in json_schema.outbound().items():
        yield type_, Draft202012Validator(written, format_checker=FormatChecker())


def _but_digest(event: dict[str, Any]) -> dict[str, Any]:
    """Another list of holidays or of words has another digest, and changes no example."""
    event["data"].get("policy", {}).pop("digest", None)
    return event
