"""What a run of the benchmarks has for itself: a broker, a database server, a folder, sizes."""

import itertools
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support import broker
from tests.support.broker import Broker
from tests.support.databases import Database, ServerDatabase, SqliteFile
from tests.support.postgres_server import PrivateServer

#: Of this checkout, on a disk that keeps what it is told to keep; it may be removed at any time.
HOME = Path(__file__).parents[2] / ".run" / "benchmarks"
#: What a server that promises anything is run with. Tests have it otherwise.
_DURABLE = {"fsync": "on", "full_page_writes": "on"}


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """How much of everything is measured."""

    messages: int = 30_000
    """that a contender finds in its inbox"""
    latency_seconds: int = 20
    replayed: int = 10_000
    """tickets in the smaller of two recorded streams"""
    deadlines: int = 50_000
    open_tickets: tuple[int, int, int] = (1_000, 100_000, 1_000_000)
    alert_seconds: int = 30


QUICK = Sizes(
    messages=6_000,
    latency_seconds=6,
    replayed=1_000,
    deadlines=4_000,
    open_tickets=(1_000, 5_000, 50_000),
    alert_seconds=10,
)


@dataclass(frozen=True)
class Bench:
    """All measurements of one run are made on it."""

    broker: Broker
    postgres: PrivateServer | None
    folder: Path
    sizes: Sizes
    of: Sequence[str]
    """names of the contenders"""
    with_text: bool
    """whether tickets have no facts stated"""
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def new_folder(self) -> Path:
        folder = self.folder / str(next(self._numbers))
        folder.mkdir()
        return folder

    def sqlite(self, folder: Path) -> Database:
        return SqliteFile(folder / "respondby.db")

    def new_postgres(self) -> Database:
        assert self.postgres, "no part of this run was to need PostgreSQL"
        return ServerDatabase(self.postgres, self.postgres.new_database())


@contextmanager
def opened(sizes: Sizes, of: Sequence[str], *, with_text: bool, postgres: bool) -> Iterator[Bench]:
    HOME.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=HOME))
    try:
        with broker.machine() as machine:
            server = PrivateServer(**_DURABLE) if postgres else None
            try:
                yield Bench(machine, server, folder, sizes, of, with_text)
            finally:
                if server:
                    server.stop()
    finally:
        shutil.rmtree(folder)
