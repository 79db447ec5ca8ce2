"""From a delivery to an event, or to the reason why it can never be one."""

import hashlib
from datetime import timedelta
from typing import NamedTuple

from schemas.decoding import Rejected, decode
from schemas.inbound import Inbound
from worker.broker.port import Delivery
from worker.store.port import EventKey, TicketKey
from worker.ticket.history import Entry

#: How far an upstream clock may run ahead of ours.
AHEAD = timedelta(minutes=10)

_CONTENT_TYPES = ("application/cloudevents+json", "application/json", None, "")


class Read(NamedTuple):
    """A delivery that holds an event of the contract."""

    delivery: Delivery
    event: Inbound
    entry: Entry
    digest: bytes
    key: EventKey
    ticket_key: TicketKey


def read(delivery: Delivery, max_bytes: int) -> Read:
    """The event in a delivery; raises Rejected. Cheap checks come before costly ones."""
    if len(delivery.body) > max_bytes:
        raise Rejected("too_large", f"{len(delivery.body)} bytes; at most {max_bytes} are read")
    if delivery.content_encoding not in (None, "", "utf-8"):
        raise Rejected("content_encoding", "a body must come as it is, not encoded")
    content_type = (delivery.content_type or "").partition(";")[0].strip().lower()
    if content_type not in _CONTENT_TYPES:
        raise Rejected("content_type", "must be application/cloudevents+json")
    event = decode(delivery.body)
    if event.time > delivery.received_at + AHEAD:
        raise Rejected("time_in_future", "time is more than 10 minutes after receipt")
    entry = Entry(event, delivery.body, delivery.received_at)
    return Read(
        delivery,
        event,
        entry,
        digest=hashlib.sha256(delivery.body).digest(),
        key=(event.source, event.id),
        ticket_key=(event.source, event.data.ticket_id),
    )
