"""One worker per database file: a lock that the system gives back even after a kill."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from worker import errors


@contextmanager
def held(database: Path) -> Iterator[None]:
    """Hold `<database>.lock`. Raises `StoreBusy` when another worker holds it.

    The file stays behind: removing it would let a third worker lock a new one of the same name
    while a second still waits on the old.
    """
    path = database.with_name(database.name + ".lock")
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except PermissionError as error:
        raise errors.StoreMissing(f"may not write the lock {path}: {error.strerror}") from error
    except OSError as error:
        raise errors.StoreUnavailable(f"cannot open the lock {path}: {error.strerror}") from error
    try:
        _lock(descriptor, database, path)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, database: Path, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        message = f"another worker already uses {database}: it holds the lock {path}"
        raise errors.StoreBusy(message) from error
    except OSError as error:
        raise errors.StoreUnavailable(f"cannot lock {path}: {error.strerror}") from error
