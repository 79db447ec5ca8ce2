"""Room on disk for what must not fill the memory; it is gone once the replay is over."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from worker import errors

#: Nothing here outlives the process, so nothing is journalled; the cache, in KiB with a minus
#: sign, bounds what a sort holds in memory as well.
_SETTINGS = ("journal_mode = OFF", "synchronous = OFF", "temp_store = FILE", "cache_size = -16384")


class NoRoom(errors.RespondbyError):
    """There is no room on disk for what does not fit into memory."""


@contextmanager
def opened() -> Iterator[sqlite3.Connection]:
    """An empty database on disk. Raises NoRoom, whichever part of a replay wanted it."""
    try:
        # The empty name is a file that the system removes by itself, even after a crash.
        with closing(sqlite3.connect("", isolation_level=None)) as disk:
            for setting in _SETTINGS:
                disk.execute(f"PRAGMA {setting}")
            disk.execute("BEGIN")
            yield disk
    except sqlite3.Error as error:
        raise NoRoom(f"no room on disk to replay, in TMPDIR or /var/tmp: {error}") from error
