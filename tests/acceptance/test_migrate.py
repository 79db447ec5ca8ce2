"""`respondby migrate`, by the real command: workers that may not make tables wait for it."""

import re
from pathlib import Path

from tests.support.command import program
from tests.support.postgres_server import PrivateServer
from tests.support.waiting import until
from tests.support.worker_process import READY_WITHIN, WorkerProcess

_RIGHTS = """
    CREATE ROLE clerk LOGIN PASSWORD 'clerk';
    ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO clerk;
    ALTER DEFAULT PRIVILEGES GRANT USAGE ON SEQUENCES TO clerk
"""


async def test_a_worker_without_the_right_to_make_tables_works_once_they_are_migrated(
    broker_url: str, postgres: PrivateServer, tmp_path: Path
) -> None:
    database = postgres.new_database()
    postgres.query(_RIGHTS, database)
    owners = postgres.url(database)
    worker = WorkerProcess(
        tmp_path, broker_url, {"DATABASE_URL": re.sub(r"//.*@", "//clerk:clerk@", owners)}
    )
    worker.start()
    try:
        await until(lambda: bool(worker.log("store_unavailable")), "it waits", READY_WITHIN)

        done = program("migrate", RESPONDBY_DATABASE_URL=owners)

        assert (done.status, done.out) == (0, "The database is up to date.\n")
        await until(worker.is_ready, "it works by itself", READY_WITHIN)
        assert await worker.stop() == 0
    finally:
        worker.end()
