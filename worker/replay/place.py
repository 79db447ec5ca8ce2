"""Where a line's event belongs among all others, looked up before the event is validated."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from schemas import decoding, times
from schemas.decoding import Rejected
from schemas.inbound import Inbound
from worker.replay.lines import Line
from worker.ticket.ids import TicketKey


class Place(NamedTuple):
    """What can be told of an event before it is validated, if it is one."""

    time: datetime
    ticket: TicketKey
    id: tuple[str, str]
    """its source and its id"""


def place(line: Line) -> Place:
    """Where the line's event belongs, if it is one. Raises Rejected where it cannot be."""
    body = bounded(line)
    return _seen(decoding.document(body)) or _decoded(decoding.decode(body))


def bounded(line: Line) -> bytes:
    """Its body. Raises Rejected if it is too long."""
    if line.body is None:
        raise Rejected("too_large", "the line is longer than an event may be")
    return line.body


def _seen(document: Mapping[str, Any]) -> Place | None:
    try:
        time = times.parse(document["time"])
        source, id_, ticket = document["source"], document["id"], document["data"]["ticket_id"]
    except (LookupError, TypeError, ValueError):
        return None
    if isinstance(source, str) and isinstance(id_, str) and isinstance(ticket, str):
        return Place(time, (source, ticket), (source, id_))
    return None


def _decoded(event: Inbound) -> Place:
    return Place(event.time, (event.source, event.data.ticket_id), (event.source, event.id))
