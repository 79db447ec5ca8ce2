"""Ids of outbound events: the same fact has the same id, whoever publishes it and how often."""

import json
import uuid
from datetime import datetime

from schemas import times

#: The namespace of respondby's ids; it never changes, or every id would.
NAMESPACE = uuid.UUID("6d3c8a0e-6f0b-5d0c-9f5e-0b8f6f6c2b71")

_array = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

TicketKey = tuple[str, str]
"""(source, ticket id)"""


def event_id(ticket: TicketKey, type_: str, *about: str | float | datetime | None) -> str:
    """UUIDv5 of the compact JSON array of ticket, type and what the event is about."""
    parts = [times.text(part) if isinstance(part, datetime) else part for part in about]
    return str(uuid.uuid5(NAMESPACE, _array([*ticket, type_, *parts])))
