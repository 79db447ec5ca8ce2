"""Bodies as nobody should send them, and what must hold whatever is sent."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache

from hypothesis import strategies as st

from schemas import outbound
from schemas.decoding import Rejected, decode, decode_again, document
from schemas.inbound import INBOUND_TYPES, Inbound
from worker.broker.port import Delivery
from worker.pipeline import reading, rows
from worker.pipeline.desk import Desk
from worker.policy import loading
from worker.policy.policy import Policy
from worker.store.port import Archive
from worker.ticket import decide, ledger
from worker.ticket.announce import Announcer

#: Stands where a sender's own words can stand, and must not come back in what is told of a body.
WORDS = "velvet-otter"
#: Reasons of `decode`, and those that its callers have besides.
REASONS = {"not_json", "not_cloudevents", "unknown_type", "invalid_event", "time_in_future"}
_NOW = datetime(2026, 3, 10, tzinfo=UTC)

#: Bits of JSON, good ones in odd places and bad ones.
PIECES = [
    *(b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"-", b"0", b"null", b"true", b"\0", b"\n"),
    *(b"NaN", b"1e999", b"1e-400", b"-0.0", b"/**/"),
    *(b'{"a":', b'"id":"1",', b'":"', b"[[[[", b"]]]]"),
    *(rb"\u0000", rb"\ud800", rb"\ud83d\ude00", "é".encode(), b"\xe2\x80\xa8"),
    *(b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xef\xbb\xbf"),
    *(b"9" * 30, b"9" * 400, b"9" * 5000, b"0.1" + b"1" * 400, b"[" * 300),
]

_EARLIER = ["2026-03-06T16:59:59Z", "2026-03-08T02:30:00-05:00", "1901-12-31T23:59:59Z"]
_LATER = ["2026-03-09T14:30:00Z", "2026-03-09T10:30:00.0001-04:00", "2026-03-09t14:45:00.1234567z"]
_NEVER = [
    *("2026-03-09T14:30:00", "2026-03-09", "2026-02-30T00:00:00Z", "2026-03-09T24:00:00Z"),
    *("2026-03-09T14:30:60Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"),
    *("2198-01-01T00:00:00Z", "2026-03-09T14:30:00+99:99", "٢٠٢٦-03-09T14:30:00Z"),
]
_TEXTS = [
    *("", WORDS, "x" * 300, "é" * 600, "\u2028\r\n\x1b[31m", "The server is down.", "It is urgent"),
    *("No rush, how do I add a user?", "We can use the old one meanwhile", "Typo in the footer"),
]
_ODD = st.one_of(
    st.sampled_from(PIECES).map(lambda piece: piece.decode("latin-1")),
    st.sampled_from([*_NEVER, "", WORDS, "a\0b", "\ud800", "9" * 201, "x" * 2000]).map(json.dumps),
    st.sampled_from(["null", "{}", "[]", '{"a":{"a":1}}', f'["{WORDS}"]', "1.5", "-1", "9" * 201]),
    st.integers(1, 250).map(lambda depth: "[" * depth + "]" * depth),
)


def _one_of(*texts: str) -> st.SearchStrategy[str]:
    return st.sampled_from([*map(json.dumps, texts)])


_TICKET = _one_of("T-1", "T-1", "T-2")
_TIME, _TEXT = _one_of(*_EARLIER), _one_of(*_TEXTS)
_SWITCH = st.sampled_from(["true", "false", "null"])
_FACTS: Mapping[str, st.SearchStrategy[str]] = {
    "request": _one_of("fault", "question", "feature", "cosmetic", "build"),
    "stage": _one_of("production", "testing", "building"),
    "system_critical": _SWITCH,
    "workaround": _SWITCH,
    "degraded": _SWITCH,
}
_DATA: Mapping[str, st.SearchStrategy[str]] = {
    "description": _TEXT,
    "client": _one_of("acme", "x" * 200),
    "notified_at": _TIME,
    "responded_at": _TIME,
    "by": _one_of("agent", "automation"),
    "reason": _TEXT,
    "requested_by": _TEXT,
    "to_level": _one_of("low", "medium", "high", "critical"),
}
_ATTRIBUTES: Mapping[str, st.SearchStrategy[str]] = {
    "specversion": st.just('"1.0"'),
    "type": _one_of(*INBOUND_TYPES),
    "id": _one_of(*map(str, range(12))),
    "source": _one_of("/psa", "/other"),
    "time": _one_of(*_LATER),
}
_OPTIONAL: Mapping[str, st.SearchStrategy[str]] = {
    "sequence": _one_of("1", "2", "-3", "b", "٣") | st.sampled_from(["1", "10", "-2"]),
    "subject": _one_of("T-1"),
    "traceparent": _TEXT,
    "tracestate": _TEXT,
}
#: Of a hundred fields, which are left out, odd, or there twice.
_MISSING, _STRANGE, _TWICE = 38, 54, 72


@st.composite
def _object(
    draw: st.DrawFn,
    needed: Mapping[str, st.SearchStrategy[str]],
    optional: Mapping[str, st.SearchStrategy[str]],
) -> str:
    """The text of an object; seldom is a field odd, missing or there twice."""
    fields = []
    for name, values in {**needed, **optional}.items():
        luck = draw(st.integers(0, 99))
        if luck == _MISSING or (name in optional and luck % 2):
            continue
        value = draw(_ODD if luck == _STRANGE else values)
        fields += [f"{json.dumps(name)}:{value}"] * (2 if luck == _TWICE else 1)
    return "{" + ",".join(fields) + "}"


@st.composite
def written(draw: st.DrawFn) -> bytes:
    """An event, more or less."""
    facts = _object({}, _FACTS)
    data = _object({"ticket_id": _TICKET, "summary": _TEXT}, {**_DATA, "facts": facts})
    return draw(_object({**_ATTRIBUTES, "data": data}, _OPTIONAL)).encode()


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """An event with pieces cut out and others put in."""
    body = draw(written())
    for _ in range(draw(st.integers(1, 5))):
        place, length = draw(st.integers(0, len(body))), draw(st.integers(0, 9))
        piece = draw(st.sampled_from(PIECES) | st.binary(max_size=3))
        body = body[:place] + piece + body[place + length :]
    return body


@st.composite
def repeated(draw: st.DrawFn, most: int = 2_000) -> bytes:
    """One piece again and again, alone or in the place of a text."""
    body = draw(st.sampled_from(PIECES)) * draw(st.integers(1, most))
    return draw(st.sampled_from([b"", b'{"a":', b'["'])) + body + draw(st.sampled_from([b"", b"}"]))


def bodies() -> st.SearchStrategy[bytes]:
    """All of these, and any bytes at all."""
    return st.one_of(written(), damaged(), repeated(), st.binary(max_size=99))


def is_read_or_refused(body: bytes) -> bool:
    """Whether it is an event; else it is refused for one reason, in one short line of our own."""
    why = _refusal(body)
    if why is None:
        return True
    assert why.reason in REASONS
    assert why.error.isprintable()
    assert len(why.error) < 2_000
    assert WORDS not in str(why)
    return False


def is_decoded_again_as_before(body: bytes) -> bool:
    """Whether its document is had; then both ways of decoding give one event, or one refusal."""
    try:
        document(body)
    except Rejected:
        return False
    assert _decoded(decode_again, body) == _decoded(decode, body)
    return True


def are_decided(sent: Sequence[bytes]) -> int:
    """How many of these are taken, one after the other, as the worker does it.

    Whatever is taken can be kept, published, and read again from the store; and what is planned
    then can be published when it is due.
    """
    desk = Desk(_policy(), "/respondby", _NOW, Archive({}, {}, {}))
    taken = sum(_is_taken(desk, body) for body in sent)
    changes = desk.changes()
    for row in changes.outbox:
        json.loads(row.body)
    for kept in changes.inbox:
        assert rows.entry(kept).event.id == kept.id
    for ticket in changes.tickets:
        known = ledger.decode(ticket.ledger)
        assert ledger.encode(known) == ticket.ledger
        announcer = Announcer("/respondby", (ticket.source, ticket.ticket_id))
        due = decide.on_time(announcer, known, ticket.phase, _NOW + timedelta(days=90))
        for event in due.outbound:
            outbound.encode(event)
    return taken


def _refusal(body: bytes) -> Rejected | None:
    try:
        decode(body)
    except Rejected as why:
        return why
    return None


def _decoded(how: Callable[[bytes], Inbound], body: bytes) -> tuple[object, str]:
    try:
        event = how(body)
    except Rejected as why:
        return why.reason, why.error
    # As texts, since 1 equals True, and with the names of the fields that were there.
    return event, repr([event, event.data.model_dump(exclude_unset=True)])


def _is_taken(desk: Desk, body: bytes) -> bool:
    delivery = Delivery(body=body, routing_key="", received_at=_NOW, token=None)
    try:
        return desk.take(reading.read(delivery, 262_144)) != "duplicate"
    except Rejected:
        return False


@cache
def _policy() -> Policy:
    policy = loading.parse(loading.default_text(), "the built-in policy")
    policy.read("", None)  # what takes long the first time
    return policy
