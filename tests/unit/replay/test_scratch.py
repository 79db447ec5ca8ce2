"""Room on disk while a replay lasts."""

import sqlite3

import pytest

from worker.replay import scratch


def test_a_full_disk_is_told_as_such() -> None:
    def fill() -> None:
        with scratch.opened() as disk:
            disk.execute("PRAGMA max_page_count = 20")
            disk.execute("CREATE TABLE line (body)")
            for _ in range(100):
                disk.execute("INSERT INTO line VALUES (zeroblob(10000))")

    with pytest.raises(scratch.NoRoom, match="no room on disk"):
        fill()


def test_each_replay_has_room_of_its_own_and_leaves_nothing() -> None:
    for _ in range(2):
        with scratch.opened() as disk:
            disk.execute("CREATE TABLE line (body)")
            assert disk.execute("PRAGMA database_list").fetchone()[2] == ""
    with pytest.raises(sqlite3.ProgrammingError):
        disk.execute("SELECT 1")
