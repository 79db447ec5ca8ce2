"""Bodies that can never become an event: each of another kind, with the reason it must get."""

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from aio_pika.abc import AbstractIncomingMessage

from tests.support.upstream import Sending
from worker.broker.dead_letter import DELIVERY_LIMIT
from worker.settings import Settings

#: Stands where a person's words would stand in the body.
WORDS = "velvet-otter"


@dataclass(frozen=True, slots=True)
class Malformed:
    """A message that ends among the dead letters."""

    sending: Sending
    reason: str
    error: str
    """words that must stand in what a person is told"""

    @property
    def message_id(self) -> str:
        return str(self.sending.message_id)

    def is_in(self, letter: AbstractIncomingMessage) -> bool:
        """Whether this dead letter is it, with its own bytes and reason."""
        headers = letter.headers
        return (
            letter.body == self.sending.body
            # Those that the broker itself makes have no headers of ours.
            and headers.get("x-respondby-reason", DELIVERY_LIMIT) == self.reason
            and self.error in str(headers.get("x-respondby-error"))
            and headers.get("x-respondby-original-routing-key", letter.routing_key)
            == self.sending.routing_key
        )


def twenty() -> Sequence[Malformed]:
    """One of each kind."""
    return [*_not_json(), *_not_an_event(), *_bad_fields(), *_lying_times(), *_bad_wrapping()]


def _not_json() -> Sequence[Malformed]:
    good = json.dumps(_event()).encode()
    return [
        _bad("empty", b"", "not_json", "the body is empty"),
        _bad("half", good[: len(good) // 2], "not_json", "EOF"),
        _bad("latin-1", good.replace(b"It fails", b"Dr. M\xfcller"), "not_json", "invalid unicode"),
        _bad("bom", b"\xef\xbb\xbf" + good, "not_json", "byte order mark"),
        _bad("twice", b'{"id": "1", ' + good[1:], "not_json", "twice in one object"),
        _bad("xml", f"<ticket>{WORDS}</ticket>".encode(), "not_json", "expected value"),
    ]


def _not_an_event() -> Sequence[Malformed]:
    return [
        _bad("list", json.dumps([_event()]).encode(), "not_cloudevents", "JSON object"),
        _bad("version", _event(specversion="0.3"), "not_cloudevents", 'specversion "1.0"'),
        _bad("type", _event(type="ticket.exploded"), "unknown_type", "ticket.created"),
    ]


def _bad_fields() -> Sequence[Malformed]:
    long = "T" * 201
    facts = {"system_critical": "very"}
    return [
        _bad("no-ticket", _event(ticket_id=None), "invalid_event", "data.ticket_id"),
        _bad("long-name", _event(ticket_id=long), "invalid_event", "200 characters"),
        _bad("no-offset", _event(time="2026-03-09T14:30:00"), "invalid_event", "time must be"),
        _bad("no-such-day", _event(time="2026-02-30T14:30:00Z"), "invalid_event", "exists"),
        _bad("subject", _event(subject="T-other"), "invalid_event", "subject must equal"),
        _bad("fact", _event(facts=facts), "invalid_event", "data.facts.system_critical must be"),
    ]


def _lying_times() -> Sequence[Malformed]:
    now = datetime.now(UTC)
    ahead = (now + timedelta(hours=1)).isoformat()
    return [
        _bad("ahead", _event(time=ahead), "time_in_future", "10 minutes after receipt"),
        _bad("notified", _event(notified_at=ahead), "time_in_future", "data.notified_at"),
    ]


def _bad_wrapping() -> Sequence[Malformed]:
    good = json.dumps(_event()).encode()
    most = Settings.model_fields["max_message_bytes"].default
    large = good + b" " * (most + 1 - len(good))
    return [
        _bad("large", large, "too_large", f"{most + 1} bytes"),
        _bad("text", good, "content_type", "cloudevents", content_type="text/plain"),
        _bad("zip", gzip.compress(good), "content_encoding", "encoded", content_encoding="gzip"),
    ]


def _event(**changes: Any) -> dict[str, Any]:
    """A good event but for these; what is not an attribute of events is a field of its data."""
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": "malformed",
        "source": "/psa",
        "type": "ticket.created",
        "time": datetime.now(UTC).isoformat(),
    }
    data = {"ticket_id": "T-malformed", "summary": f"It fails {WORDS}"}
    for name, value in changes.items():
        (event if name in {*event, "subject"} else data)[name] = value
    return event | {"data": data}


def _bad(
    kind: str, told: dict[str, Any] | bytes, reason: str, error: str, **wrapping: str
) -> Malformed:
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    return Malformed(Sending(body, message_id=f"malformed-{kind}", **wrapping), reason, error)
