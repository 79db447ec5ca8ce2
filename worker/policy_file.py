"""Where the policy's text comes from."""

import sys
from pathlib import Path

from worker import errors
from worker.policy import loading

Mark = tuple[int, int, int]


def text(path: Path | None) -> tuple[str, str]:
    """What the policy file says, and what to call it in messages; `-` is stdin, None the built-in.

    Raises BadPolicy when it cannot be read.
    """
    if path is None:
        return loading.default_text(), loading.DEFAULT_NAME
    try:
        body = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        return body.decode("utf-8"), str(path)
    except OSError as error:
        raise errors.BadPolicy(f"policy {path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise errors.BadPolicy(f"policy {path}, line {line}: is not UTF-8 text") from error


def mark(path: Path | None) -> Mark | None:
    """What differs as soon as the file does; None where there is no file."""
    try:
        found = path.stat() if path is not None else None
    except OSError:
        return None
    return None if found is None else (found.st_mtime_ns, found.st_size, found.st_ino)
