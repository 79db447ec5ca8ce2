"""The input as numbered lines that can be read again, in order or one by one."""

import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, NamedTuple

from worker import settings

MAX_BYTES = settings.MAX_MESSAGE_BYTES
"""The longest event, as live; a longer line is passed over in pieces, never held."""
_ENDING = len(b"\r\n")
_PIECE = 65_536
_OFTEN = 1_000

Watch = Callable[[int, int | None], None]
"""Told now and then how many bytes have been read, and of how many where that is known."""


class Line(NamedTuple):
    """A line that is not blank, without the whitespace around it."""

    number: int
    """from 1, as editors count"""
    offset: int
    body: bytes | None
    """None when it is longer than an event may be"""


class Lines:
    """The lines of a regular file, from where it stands to the end that it had when opened."""

    def __init__(self, file: BinaryIO, max_bytes: int = MAX_BYTES) -> None:
        self._file = file
        self._max_bytes = max_bytes
        self._longest_read = max_bytes + _ENDING
        self._start = file.tell()
        self._end = file.seek(0, os.SEEK_END)

    def read(self, watch: Watch | None = None) -> Iterator[Line]:
        """All lines from the first on. Blank ones are counted and left out."""
        offset, number = self._file.seek(self._start), 0
        while offset < self._end:
            number += 1
            raw = self._piece(offset)
            if not raw:
                return  # the file has become shorter
            after = offset + len(raw)
            if len(raw) == self._longest_read and not raw.endswith(b"\n"):
                after += self._pass_over()
                yield Line(number, offset, None)
            elif body := raw.strip():
                yield Line(number, offset, body if len(body) <= self._max_bytes else None)
            offset = after
            if watch and number % _OFTEN == 0:
                watch(offset - self._start, self._end - self._start)

    def at(self, offset: int) -> bytes:
        """The body of a line that `read` gave with this offset; what is read goes on after it."""
        stands = self._file.tell()
        self._file.seek(offset)
        body = self._piece(offset).strip()
        self._file.seek(stands)
        return body

    def _piece(self, offset: int) -> bytes:
        """A line, or the beginning of a long one, from where the file stands: that offset."""
        return self._file.readline(min(self._longest_read, self._end - offset))

    def _pass_over(self) -> int:
        """Skip the rest of a line and say how long it was."""
        passed = 0
        while piece := self._file.readline(_PIECE):
            passed += len(piece)
            if piece.endswith(b"\n"):
                break
        return passed


@contextmanager
def opened(
    file: BinaryIO, max_bytes: int = MAX_BYTES, watch: Watch | None = None
) -> Iterator[Lines]:
    """The lines of any file; what cannot be read twice is copied to disk first, to its end."""
    if _is_regular(file):
        yield Lines(file, max_bytes)
        return
    with tempfile.TemporaryFile() as copy:
        _copy(file, copy, watch)
        yield Lines(copy, max_bytes)


def _is_regular(file: BinaryIO) -> bool:
    try:
        return stat.S_ISREG(os.fstat(file.fileno()).st_mode)
    except OSError:
        return False  # a file in memory has no number


def _copy(file: BinaryIO, copy: BinaryIO, watch: Watch | None) -> None:
    copied = 0
    while piece := file.read(_PIECE):
        copied += copy.write(piece)
        if watch:
            watch(copied, None)
    copy.seek(0)
