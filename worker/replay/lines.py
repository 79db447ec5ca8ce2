"""The input as numbered lines that can be read again, in order or one by one."""

import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Self

MAX_BYTES = 262_144
"""The longest event, as live; a longer line is passed over in pieces, never held."""
_LONGEST_READ = MAX_BYTES + len(b"\r\n")
_PIECE = 65_536
_OFTEN = 1_000

Watch = Callable[[int, int], None]
"""Told now and then how many bytes have been read, and of how many."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not blank, without the whitespace around it."""

    number: int
    """from 1, as editors count"""
    offset: int
    body: bytes | None
    """None when it is longer than MAX_BYTES"""


class Lines:
    """The lines of a regular file, up to the end that it had when it was opened."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._end = file.seek(0, os.SEEK_END)

    @classmethod
    def of(cls, file: BinaryIO) -> Self:
        """The lines of any file; what cannot be read again is copied to disk first."""
        return cls(file) if _is_regular(file) else cls(_copy(file))

    def read(self, watch: Watch | None = None) -> Iterator[Line]:
        """All lines from the first on. Blank ones are counted and left out."""
        offset = number = 0
        self._file.seek(0)
        while offset < self._end:
            number += 1
            raw = self._file.readline(min(_LONGEST_READ, self._end - offset))
            after = offset + len(raw)
            if len(raw) == _LONGEST_READ and not raw.endswith(b"\n"):
                after += self._pass_over()
                yield Line(number, offset, None)
            elif body := raw.strip():
                yield Line(number, offset, body if len(body) <= MAX_BYTES else None)
            elif not raw:
                return  # the file has become shorter
            offset = after
            if watch and number % _OFTEN == 0:
                watch(offset, self._end)
        if watch:
            watch(offset, self._end)

    def at(self, offset: int) -> bytes:
        """The body of a line that `read` gave with this offset."""
        self._file.seek(offset)
        return self._file.readline(_LONGEST_READ).strip()

    def _pass_over(self) -> int:
        """Skip the rest of a line and say how long it was."""
        passed = 0
        while piece := self._file.readline(_PIECE):
            passed += len(piece)
            if piece.endswith(b"\n"):
                break
        return passed


def _is_regular(file: BinaryIO) -> bool:
    try:
        return stat.S_ISREG(os.fstat(file.fileno()).st_mode)
    except OSError:
        return False  # a file in memory has no number


def _copy(file: BinaryIO) -> BinaryIO:
    copy = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as its lines
    shutil.copyfileobj(file, copy)
    return copy
