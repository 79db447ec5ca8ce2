"""The database of the workers on trial, as somebody else looks into it."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tests.support.postgres_server import PrivateServer


class Database(Protocol):
    @property
    def url(self) -> str:
        """As the workers' setting has it."""
        ...

    def count(self, table: str) -> int:
        """The rows that are committed; 0 before the table is there."""
        ...


@dataclass(frozen=True)
class SqliteFile:
    path: Path

    @property
    def url(self) -> str:
        return f"sqlite:///{self.path}"

    def count(self, table: str) -> int:
        if not self.path.exists():
            return 0
        with closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)) as database:
            there = "SELECT 1 FROM sqlite_master WHERE name = ?"
            if not database.execute(there, (table,)).fetchone():
                return 0
            count: int = database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            return count


@dataclass(frozen=True)
class ServerDatabase:
    server: PrivateServer
    name: str

    @property
    def url(self) -> str:
        return self.server.url(self.name)

    def count(self, table: str) -> int:
        try:
            return int(self.server.query(f"SELECT count(*) FROM {table}", self.name))
        except RuntimeError as error:
            if "does not exist" in str(error):
                return 0
            raise
