"""A dead letter as a person finds it: why it is there, what it was before, how it goes back."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pamqp import commands

from worker.broker import letters, topology
from worker.broker.sieve import Brought
from worker.broker.volley import Publication

#: Why the broker itself gives a message up; such a letter has none of our headers.
DELIVERY_LIMIT = "delivery_limit"

_DEATHS = "x-death"
#: What the broker writes on a message that it brings again (the second since 4.3), or gives up.
_COUNTS = ("x-delivery-count", "x-acquired-count")
_MARKS = (*_COUNTS, _DEATHS, "x-first-death-", "x-last-death-", letters.ROUTING_KEY)


@dataclass(frozen=True, kw_only=True, slots=True)
class Letter:
    """One message of the dead letters."""

    id: str
    """its message_id; one without, or with one that cannot be typed, is called by what is in it"""
    reason: str
    """a short word"""
    error: str
    """one line for a person; may be empty"""
    routing_key: str
    """the one with which it came in: the event's type, where upstream keeps to the contract"""
    since: datetime | None = None
    """when it died, if that is known"""
    body: bytes
    message_id: str | None = None
    content_type: str | None = None
    content_encoding: str | None = None
    headers: Mapping[str, object] = field(default_factory=dict, hash=False)
    """those with which it came in"""
    deaths: tuple[Mapping[str, object], ...] = field(default=(), hash=False)
    """what the broker says of a letter that it made itself"""
    tag: int = 0
    """under which the channel that brought it knows it"""
    was_seen: bool = False
    """whether somebody looked at it before"""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which letters are meant: with these ids, for these reasons; none given means any."""

    ids: Collection[str] = ()
    reasons: Collection[str] = ()

    def takes(self, letter: Letter) -> bool:
        return (not self.ids or letter.id in self.ids) and (
            not self.reasons or letter.reason in self.reasons
        )


def read(message: Brought) -> Letter:
    """The letter in a message that the broker brought."""
    properties = message.properties
    headers = properties.headers or {}
    ours = letters.REASON in headers
    deaths = () if ours else _deaths(headers)
    return Letter(
        id=_id(properties.message_id, message.body),
        reason=str(headers[letters.REASON]) if ours else DELIVERY_LIMIT,
        error=str(headers.get(letters.ERROR, "")) if ours else _said(deaths),
        routing_key=_routing_key(headers, message.routing_key, ours=ours),
        since=_time(deaths[0].get("time") if deaths else properties.timestamp),
        body=message.body,
        message_id=properties.message_id,
        content_type=properties.content_type,
        content_encoding=properties.content_encoding,
        headers={name: value for name, value in headers.items() if not _is_mark(name, ours=ours)},
        deaths=deaths,
        tag=message.tag,
        was_seen=message.redelivered,
    )


def given_back(letter: Letter) -> Publication:
    """The message as it came in, straight to the worker's inbox."""
    return Publication(
        exchange="",
        routing_key=topology.INBOX,
        body=letter.body,
        properties=commands.Basic.Properties(
            # The lane tells publications apart by it.
            message_id=letters.short(letter.message_id) or letter.id,
            content_type=letters.short(letter.content_type),
            content_encoding=letters.short(letter.content_encoding),
            delivery_mode=2,
            # Should it come back, the routing key of this way would tell nothing.
            headers={**dict(letters.kept(letter.headers)), letters.ROUTING_KEY: letter.routing_key},
        ),
    )


def _id(message_id: str | None, body: bytes) -> str:
    if message_id and message_id.isprintable() and letters.short(message_id):
        return message_id
    return f"sha256-{hashlib.sha256(body).hexdigest()[:16]}"


def _routing_key(headers: Mapping[str, object], last: str, *, ours: bool) -> str:
    """The one with which it came in, of which `last` tells where it was not given back."""
    if ours or last == topology.INBOX:
        return str(headers.get(letters.ROUTING_KEY) or last)
    return last


def _is_mark(name: str, *, ours: bool) -> bool:
    """Whether a header was put on when the message died, went back, or was brought again."""
    if ours:
        # What else is on it, came with it: it may have died elsewhere before.
        return name in letters.OURS or name in _COUNTS
    return name.startswith(_MARKS)


def _deaths(headers: Mapping[str, object]) -> tuple[Mapping[str, object], ...]:
    found = headers.get(_DEATHS)
    return tuple(one for one in found if isinstance(one, dict)) if isinstance(found, list) else ()


def _said(deaths: tuple[Mapping[str, object], ...]) -> str:
    """The broker's reason, newest death first."""
    if not deaths:
        return ""
    return f"the broker gave it up: {deaths[0].get('reason')} in {deaths[0].get('queue')}"


def _time(value: object) -> datetime | None:
    return value if isinstance(value, datetime) else None
