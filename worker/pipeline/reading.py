"""From a delivery to an event, or to the reason why it can never be one."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from schemas.decoding import Rejected, decode
from schemas.inbound import Inbound
from worker.broker.port import Delivery
from worker.store.port import EventKey, TicketKey
from worker.ticket.history import Entry

#: How far an upstream clock may run ahead of ours.
AHEAD = timedelta(minutes=10)

_CONTENT_TYPES = ("application/cloudevents+json", "application/json", None, "")


@dataclass(frozen=True, slots=True)
class Read:
    """A delivery that holds an event of the contract."""

    delivery: Delivery
    entry: Entry
    digest: bytes

    @property
    def event(self) -> Inbound:
        return self.entry.event

    @property
    def key(self) -> EventKey:
        return self.event.source, self.event.id

    @property
    def ticket_key(self) -> TicketKey:
        return self.event.source, self.event.data.ticket_id


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
    return Read(delivery, entry, hashlib.sha256(delivery.body).digest())
