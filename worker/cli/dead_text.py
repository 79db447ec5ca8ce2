"""A dead letter in words: as a row, on a page of its own, as JSON."""

import base64
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from rich.table import Table
from rich.text import Text

from schemas import times
from worker.broker.dead_letter import Letter
from worker.cli.printable import cell
from worker.printable import printable

Row = tuple[str | Text, ...]

#: Characters of a body that a page shows.
_SHOWN = 65_536
_HEX_COLUMNS = 16


def table(rows: Iterable[Row]) -> Table:
    """One line a letter; only the error is cut where the terminal ends."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("ID", "REASON", "ROUTING KEY", "SINCE"):
        made.add_column(heading, no_wrap=True, overflow="fold")
    made.add_column("BYTES", justify="right", no_wrap=True)
    made.add_column("ERROR")
    for row in rows:
        made.add_row(*row)
    return made


def row(letter: Letter) -> Row:
    """What the table shows of a letter; does not hold its body."""
    error = Text(printable(letter.error), no_wrap=True, overflow="ellipsis")
    named = [cell(word) for word in (letter.id, letter.reason, letter.routing_key)]
    return (*named, _instant(letter.since), str(len(letter.body)), error)


def page(letter: Letter) -> Iterator[str]:
    """All that is known of a letter, line by line; the body as it can be read best."""
    facts = {
        "id": letter.id,
        "reason": letter.reason,
        "error": letter.error or "-",
        "message id": letter.message_id if letter.message_id != letter.id else None,
        "routing key": letter.routing_key,
        "since": _instant(letter.since),
        "content type": letter.content_type or "-",
        "encoding": letter.content_encoding,
        "size": f"{len(letter.body)} bytes",
    }
    for name, value in facts.items():
        if value is not None:
            yield f"{name:<14}{printable(value)}"
    yield from _listed("headers", [f"{name}: {_value(v)}" for name, v in letter.headers.items()])
    for death in letter.deaths:
        yield from _listed("death", [f"{name}: {_value(v)}" for name, v in death.items()])
    yield from _listed("body", _body(letter.body))


def document(letter: Letter, *, whole: bool) -> dict[str, object]:
    """For programs; the whole one with headers and body."""
    made: dict[str, object] = {
        "id": letter.id,
        "reason": letter.reason,
        "error": letter.error,
        "routing_key": letter.routing_key,
        "since": None if letter.since is None else times.text(letter.since),
        "size": len(letter.body),
    }
    if not whole:
        return made
    made |= {
        "content_type": letter.content_type,
        "content_encoding": letter.content_encoding,
        "headers": dict(letter.headers),
        "deaths": list(letter.deaths),
    }
    try:
        made["body"] = letter.body.decode()
    except UnicodeDecodeError:
        made["body_base64"] = base64.b64encode(letter.body).decode()
    return made


def written(made: dict[str, object]) -> str:
    """One line of JSON."""
    return json.dumps(made, default=_plain)


def counted(reasons: Counter[str]) -> str:
    """`7 dead letters (5 invalid_event, 2 not_json)`, the most frequent first."""
    parts = ", ".join(f"{count} {printable(reason)}" for reason, count in reasons.most_common())
    return letters(reasons.total()) + (f" ({parts})" if parts else "")


def letters(count: int) -> str:
    return "1 dead letter" if count == 1 else f"{count} dead letters"


def _instant(instant: datetime | None) -> str:
    return f"{instant:%a %Y-%m-%d %H:%M:%SZ}" if instant else "-"


def _value(value: object) -> str:
    plain = times.text(value) if isinstance(value, datetime) else value
    return plain if isinstance(plain, str) else json.dumps(plain, default=_plain)


def _plain(value: object) -> object:
    """What JSON has no form for: a header can be a time, bytes or a decimal."""
    if isinstance(value, datetime):
        return times.text(value)
    if isinstance(value, bytes | bytearray):
        return bytes(value).decode("utf-8", "backslashreplace")
    return str(value)


def _listed(name: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield name
    for line in lines:
        yield f"  {printable(line)}"


def _body(body: bytes) -> Sequence[str]:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return _cut(list(_hex(body[:_SHOWN])), len(body) - _SHOWN)
    pretty = _pretty(text) or text
    return _cut(pretty[:_SHOWN].split("\n"), len(pretty) - _SHOWN)


def _cut(lines: list[str], left: int) -> list[str]:
    return lines if left <= 0 else [*lines, f"… and {left} more; --json has all of it"]


def _pretty(text: str) -> str | None:
    """JSON with an indent; None where that would tell another story than the text."""
    try:
        read = json.loads(text, object_pairs_hook=_unique)
        return json.dumps(read, indent=2, ensure_ascii=False, allow_nan=False)
    except (ValueError, RecursionError):
        return None


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a key stands twice")
    return made


def _hex(body: bytes) -> Iterator[str]:
    for at in range(0, len(body), _HEX_COLUMNS):
        part = body[at : at + _HEX_COLUMNS]
        seen = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in part)
        yield f"{at:08x}  {part.hex(' '):<{_HEX_COLUMNS * 3}} {seen}"
