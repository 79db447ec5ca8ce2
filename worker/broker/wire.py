"""Properties of a message that cannot be read: they are left out, and the message is read.

The driver's own reading raises for a text that is not UTF-8 or a time after the year 9999 (a
timestamp in microseconds is one). That ends the connection; the broker brings the message again,
and after twenty rounds has dead-lettered it together with healthy ones that it came with.
"""

from collections.abc import Callable

from pamqp import decode
from pamqp.common import FieldValue, Struct

Reading = Callable[[bytes], tuple[int, FieldValue]]
"""From bytes that begin with the value: how many it takes, and the value."""

#: Nested values are read by recursion: the last is a table deeper than Python's stack.
_UNREADABLE = (ValueError, OverflowError, RecursionError)


def read_tolerantly() -> None:
    """Make the driver read so, for the whole process; telling it twice changes nothing."""
    decode.METHODS.update(shortstr=_short_text, timestamp=_time, table=_table)
    decode.TABLE_MAPPING.update({b"T": _time, b"F": _table})


def _short_text(data: bytes) -> tuple[int, FieldValue]:
    end = int.from_bytes(data[:1]) + 1
    return end, data[1:end].decode("utf-8", "replace")


def _or_else(read: Reading, length: Callable[[bytes], int], otherwise: FieldValue) -> Reading:
    def tolerant(data: bytes) -> tuple[int, FieldValue]:
        try:
            return read(data)
        except _UNREADABLE:
            return length(data), otherwise

    return tolerant


def _table_length(data: bytes) -> int:
    return 4 + int(Struct.integer.unpack_from(data)[0])


_time = _or_else(decode.timestamp, lambda _: 8, None)
_table = _or_else(decode.field_table, _table_length, {})
