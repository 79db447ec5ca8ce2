"""`respondby status`, on a file with tickets in it."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.support.rows import keep, ticket
from worker import errors
from worker.cli.main import app
from worker.store.sqlite import SqliteStore


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A worker's file with four open tickets and one that is answered."""
    path = tmp_path / "respondby.db"
    now = datetime.now(UTC)
    rows = (
        ticket("T-late", deadline=now + timedelta(hours=30), level="low"),
        ticket("T-over", deadline=now - timedelta(minutes=5), phase="breached"),
        ticket("T-soon", deadline=now + timedelta(minutes=10), level="critical"),
        ticket("T-paused", phase="paused"),
        ticket("T-done", phase="answered", deadline=now),
    )

    async def fill() -> None:
        store = SqliteStore(path)
        await store.open()
        await keep(store, tickets=rows)
        await store.close()

    asyncio.run(fill())
    monkeypatch.setenv("RESPONDBY_DATABASE_URL", f"sqlite:///{path}")
    return path


def test_open_tickets_are_shown_nearest_deadline_first(database: Path) -> None:
    shown = CliRunner().invoke(app, ["status"], catch_exceptions=False)
    heading, *lines = shown.output.splitlines()
    assert heading.split() == ["TICKET", "LEVEL", "STATE", "DEADLINE", "REMAINING", "SOURCE"]
    assert [line.split()[0] for line in lines] == ["T-over", "T-soon", "T-late", "T-paused"]
    over, soon, late, paused = lines
    assert "breached" in over
    assert "-0:05:0" in over
    assert "critical" in soon
    assert "1 day, " in late
    assert paused.split()[3:5] == ["-", "-"]


def test_a_limit_says_that_there_is_more(database: Path) -> None:
    shown = CliRunner().invoke(app, ["status", "--limit", "1"], catch_exceptions=False)
    assert shown.output.splitlines()[1].startswith("T-over")
    assert shown.output.splitlines()[2] == "… and more: --limit N shows them, --json all"


def test_as_json_every_open_ticket_is_there(database: Path) -> None:
    shown = CliRunner().invoke(app, ["status", "--json", "--limit", "1"], catch_exceptions=False)
    found = json.loads(shown.output)
    assert [one["ticket_id"] for one in found] == ["T-over", "T-soon", "T-late", "T-paused"]
    assert found[1].keys() == {
        "ticket_id",
        "ticket_source",
        "level",
        "state",
        "deadline",
        "remaining_seconds",
    }
    assert 590 < found[1]["remaining_seconds"] <= 600
    assert (found[3]["deadline"], found[3]["remaining_seconds"]) == (None, None)


def test_without_a_database_nothing_is_made_and_that_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "respondby.db"
    monkeypatch.setenv("RESPONDBY_DATABASE_URL", f"sqlite:///{path}")
    with pytest.raises(errors.StoreMissing, match="there is no database"):
        CliRunner().invoke(app, ["status"], catch_exceptions=False)
    assert not path.exists()


def test_an_id_is_shown_as_it_is_and_moves_no_cursor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "respondby.db"

    async def fill() -> None:
        store = SqliteStore(path)
        await store.open()
        await keep(store, tickets=(ticket("[/x] [red]T[/red] \x1b[2J"),))
        await store.close()

    asyncio.run(fill())
    monkeypatch.setenv("RESPONDBY_DATABASE_URL", f"sqlite:///{path}")
    shown = CliRunner().invoke(app, ["status"], catch_exceptions=False)
    assert "[/x] [red]T[/red] \\x1b[2J" in shown.output
