"""How the log is written."""

import io
import json
import re
from pathlib import Path
from typing import Literal

import pytest

import worker
from worker.observe import logs
from worker.observe.logs import LogEvent


def test_each_line_is_one_json_object_with_its_event_level_and_time() -> None:
    stream = io.StringIO()
    log = logs.configure("json", "info", stream)
    log.warning(LogEvent.DEAD_LETTERED, reason="not_json")
    line = json.loads(stream.getvalue())
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "event_dead_lettered", "level": "warning", "reason": "not_json"}


@pytest.mark.parametrize("style", ["console", "json"])
def test_a_line_cannot_be_forged_nor_a_terminal_commanded_by_what_is_logged(
    style: Literal["console", "json"],
) -> None:
    stream = io.StringIO()
    log = logs.configure(style, "info", stream)
    evil = 'x"}\n{"event": "worker_stopped"}\r\n\x1b]0;owned\x07\x9b2J\u2028'
    log.info(LogEvent.STARTING, message_id=evil, names=[evil])
    assert len(stream.getvalue().splitlines()) == 1
    assert re.findall("\x1b]|\x07|\x9b", stream.getvalue()) == []


def test_what_is_logged_is_not_as_long_as_others_want() -> None:
    stream = io.StringIO()
    log = logs.configure("json", "info", stream)
    log.info(LogEvent.STARTING, message_id="x" * 100_000, names=["y" * 100_000] * 100_000)
    assert len(stream.getvalue()) < 100_000


@pytest.mark.parametrize("style", ["console", "json"])
def test_an_error_is_placed_in_the_code_and_nothing_of_a_ticket_is_quoted(
    style: Literal["console", "json"],
) -> None:
    def decide(summary: str) -> None:
        raise ValueError(f"cannot decide on {summary}")

    stream = io.StringIO()
    log = logs.configure(style, "info", stream)
    try:
        decide("velvet-otter")
    except ValueError as error:
        log.error(LogEvent.UNDECIDABLE, exc_info=error)
    assert "ValueError" in stream.getvalue()
    assert f"{Path(__file__).name}:" in stream.getvalue()
    assert "velvet-otter" not in stream.getvalue()


@pytest.mark.parametrize(("level", "count"), [("debug", 2), ("warning", 1), ("error", 0)])
def test_what_is_below_the_level_is_left_out(level: str, count: int) -> None:
    stream = io.StringIO()
    log = logs.configure("console", level, stream)
    log.info(LogEvent.STARTING)
    log.warning(LogEvent.OUTBOX_FULL)
    assert len(stream.getvalue().splitlines()) == count


def test_every_word_of_the_vocabulary_is_said_somewhere() -> None:
    package = Path(worker.__file__).parent
    source = "\n".join(file.read_text() for file in package.rglob("*.py"))
    assert [word.name for word in LogEvent if f"LogEvent.{word.name}" not in source] == []
