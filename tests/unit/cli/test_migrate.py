"""`respondby migrate`, on a file; what it does to a server's tables is an integration test."""

from pathlib import Path

from tests.support.command import Command, respondby

__all__ = ["respondby"]  # the fixture


def test_the_tables_are_there_afterwards_and_a_second_time_changes_nothing(
    respondby: Command, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/respondby.db"
    assert respondby("status", DATABASE_URL=url).status == 2
    for _ in range(2):
        done = respondby("migrate", DATABASE_URL=url)
        assert (done.status, done.out) == (0, "The database is up to date.\n")
    assert respondby("status", DATABASE_URL=url).out == "No ticket is owed a response.\n"


def test_a_database_that_is_not_there_is_told_in_one_line(respondby: Command) -> None:
    done = respondby("migrate", DATABASE_URL="sqlite:////nowhere/respondby.db")
    assert (done.status, done.out) == (2, "")
    assert done.err == "respondby: there is no folder /nowhere for the database\n"
