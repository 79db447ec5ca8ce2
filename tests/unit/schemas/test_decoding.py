"""Every body becomes an event of the contract or a clear reason, whatever its bytes."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.decoding import Rejected, decode
from schemas.inbound import INBOUND_TYPES
from tests.support import fuzz, malformed
from tests.support.examples import SOURCE, TICKET, body, created, event

#: Stands wherever a sender's own words can stand.
WORDS = "velvet-otter"
WHEN = "2026-03-09T14:30:00Z"
RAW = body(created(WHEN, summary=WORDS))
REASONS = {"not_json", "not_cloudevents", "unknown_type", "invalid_event", "time_in_future"}


def rejected(raw: bytes) -> Rejected:
    with pytest.raises(Rejected) as caught:
        decode(raw)
    return caught.value


def reason(raw: bytes) -> str | None:
    """Why it is rejected, in one line; None for an event."""
    try:
        decode(raw)
    except Rejected as why:
        return "two lines" if "\n" in why.error else why.reason
    return None


def with_field(json_text: bytes) -> bytes:
    """A good event with one more attribute, written as it is."""
    return b'{"extra":' + json_text + b"," + RAW[1:]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        pytest.param(b"", "the body is empty", id="nothing"),
        pytest.param(b" \r\n", "the body is empty", id="blank"),
        pytest.param(RAW[:-9], "EOF", id="truncated"),
        pytest.param(RAW.replace(b"velvet", b"velv\xe9t"), "unicode", id="latin-1"),
        pytest.param(RAW.decode().encode("utf-16"), "expected value", id="utf-16"),
        pytest.param(b"\xef\xbb\xbf" + RAW, "byte order mark", id="byte order mark"),
        pytest.param(RAW + b"\n" + RAW, "trailing", id="two events"),
        pytest.param(with_field(b"NaN"), "expected value", id="NaN"),
        pytest.param(with_field(b"-Infinity"), "invalid number", id="infinity"),
        pytest.param(with_field(b"9" * 10_000), "out of range", id="10,000 digits"),
        pytest.param(with_field(b"[" * 10_000 + b"]" * 10_000), "recursion", id="depth of lists"),
        pytest.param(b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "recursion", id="depth of objects"),
        pytest.param(RAW.replace(b"velvet", rb"\ud800"), "escape", id="half a surrogate pair"),
        pytest.param(RAW.replace(b"velvet", b"\xed\xa0\x80"), "unicode", id="surrogate in UTF-8"),
        pytest.param(RAW.replace(b"velvet", b"\x00"), "control character", id="a bare NUL"),
        pytest.param(with_field(b'{"a":1,"a":1}'), "twice in one object", id="a doubled key"),
        pytest.param(b"<ticket>velvet-otter</ticket>", "expected value", id="XML"),
    ],
)
def test_what_is_not_json_is_told_by_its_place(raw: bytes, said: str) -> None:
    why = rejected(raw)
    assert why.reason == "not_json"
    assert said in why.error


@pytest.mark.parametrize(
    "raw",
    [
        b"null",
        b"1",
        b'"velvet-otter"',
        b"[" + RAW + b"]",
        b"{}",
        body({**created(WHEN), "specversion": "0.3"}),
        body({**created(WHEN), "specversion": 1.0}),
        body({**created(WHEN), "specversion": ["1.0"]}),
    ],
)
def test_what_is_no_cloud_event_of_version_1_is_told_so(raw: bytes) -> None:
    why = rejected(raw)
    assert why.reason == "not_cloudevents"
    assert 'specversion "1.0"' in why.error


@pytest.mark.parametrize("type_", ["ticket.exploded", WORDS, "", None, 1, ["ticket.created"], {}])
def test_an_unknown_type_is_told_the_ones_that_there_are(type_: object) -> None:
    why = rejected(body({**created(WHEN), "type": type_}))
    assert why.reason == "unknown_type"
    assert all(known in why.error for known in INBOUND_TYPES)


def data(**fields: Any) -> dict[str, Any]:
    return created(WHEN, **fields)


def attributes(**fields: Any) -> dict[str, Any]:
    return {**created(WHEN), **fields}


def ticket(ticket_id: object) -> dict[str, Any]:
    return attributes(data={"ticket_id": ticket_id, "summary": WORDS})


RFC_3339 = "must be an RFC 3339 time with an offset"
SEQUENCE = (
    "sequence must be a string of at most 200 characters, or an integer of at most 200 digits "
    "and no fraction"
)

BAD_FIELDS: list[tuple[dict[str, Any], str]] = [
    (attributes(data=None), "data must be an object"),
    (attributes(data=[WORDS]), "data must be an object"),
    (attributes(data={"summary": WORDS}), "data.ticket_id is missing"),
    (attributes(data={"ticket_id": WORDS}), "data.summary is missing"),
    ({k: v for k, v in created(WHEN).items() if k != "id"}, "id is missing"),
    ({k: v for k, v in created(WHEN).items() if k != "data"}, "data is missing"),
    (attributes(id=7), "id must be a string"),
    (attributes(id=""), "id must not be empty"),
    (attributes(id="\0"), "id must not hold a NUL character"),
    (ticket(""), "data.ticket_id must not be empty"),
    (ticket("x" * 201), "data.ticket_id must have at most 200 characters"),
    (ticket("velvet\0otter"), "data.ticket_id must not hold a NUL character"),
    (ticket(7), "data.ticket_id must be a string"),
    (data(summary=None), "data.summary must be a string"),
    (data(summary="velvet\0otter"), "data.summary must not hold a NUL character"),
    (data(client=""), "data.client must not be empty"),
    (data(facts=[WORDS]), "data.facts must be an object"),
    (data(facts={"request": WORDS}), "data.facts.request must be 'fault', 'question'"),
    (data(facts={"stage": "Production"}), "data.facts.stage must be 'production', 'testing'"),
    (data(facts={"system_critical": "true"}), "data.facts.system_critical must be true or false"),
    (data(facts={"workaround": 1}), "data.facts.workaround must be true or false"),
    (attributes(time="2026-03-09T14:30:00"), f"time {RFC_3339}"),
    (attributes(time="2026-03-09 14:30:00Z"), f"time {RFC_3339}"),
    (attributes(time="2026-03-09"), f"time {RFC_3339}"),
    (attributes(time=1773066600), f"time {RFC_3339}"),
    (attributes(time=WORDS), f"time {RFC_3339}"),
    (attributes(time="2026-03-09T14:30:00+24:00"), "time must be a time that exists"),
    (attributes(time="2026-03-09T23:59:60Z"), "time must be a time that exists"),
    (attributes(time="0001-01-01T00:00:00Z"), "time must lie in the years 1901 to 2198"),
    (attributes(time="1900-01-01T00:00:00Z"), "time must lie in the years 1901 to 2198"),
    (attributes(time="2199-01-01T00:00:00Z"), "time must lie in the years 1901 to 2198"),
    (data(notified_at="2026-03-09T14:30:00"), f"data.notified_at {RFC_3339}"),
    (attributes(sequence="9" * 10_000), SEQUENCE),
    (attributes(sequence="9" * 201), SEQUENCE),
    (attributes(sequence=10**200), SEQUENCE),
    (attributes(sequence=-(10**200)), SEQUENCE),
    (attributes(sequence=1.5), SEQUENCE),
    (attributes(sequence=True), SEQUENCE),
    (attributes(traceparent=7), "traceparent must be a string"),
    (event("ticket.responded", WHEN, by=WORDS), "data.by must be 'agent' or 'automation'"),
    (event("ticket.escalated", WHEN, to_level=WORDS), "data.to_level must be 'critical', 'high'"),
]

BEYOND_A_SCHEMA: list[tuple[dict[str, Any], str]] = [
    (attributes(source="é" * 513), "source must have at most 1024 bytes"),
    (attributes(subject=WORDS), "subject must equal data.ticket_id"),
    (attributes(time="2026-02-30T14:30:00Z"), "time must be a time that exists"),
    (attributes(sequence=1.0), SEQUENCE),
]
"""What a JSON Schema cannot tell: among it that 1.0 is no integer."""


@pytest.mark.parametrize(("written", "said"), BAD_FIELDS + BEYOND_A_SCHEMA)
def test_a_field_at_fault_is_named_with_what_is_allowed(written: dict[str, Any], said: str) -> None:
    why = rejected(body(written))
    assert why.reason == "invalid_event"
    assert why.error.startswith(said)
    assert WORDS not in str(why)
    assert "\n" not in str(why)


def test_all_fields_at_fault_are_told_at_once() -> None:
    why = rejected(body({**data(facts={"stage": "moon", "degraded": 0}), "time": "noon"}))
    assert [part.split()[0] for part in why.error.split("; ")] == [
        "time",
        "data.facts.stage",
        "data.facts.degraded",
    ]


@pytest.mark.parametrize(
    ("type_", "field"),
    [
        ("ticket.created", "notified_at"),
        ("ticket.updated", "notified_at"),
        ("ticket.responded", "responded_at"),
    ],
)
def test_what_is_told_of_a_time_after_the_event_itself_is_a_lie(type_: str, field: str) -> None:
    fields = {"summary": WORDS, field: "2026-03-09T10:30:00.000001-04:00"}
    why = rejected(body(event(type_, WHEN, TICKET, **fields)))
    assert str(why) == f"time_in_future: data.{field} is after the event's time"


def test_the_event_s_own_time_is_no_lie() -> None:
    decode(body(created(WHEN, notified_at="2026-03-09T10:30:00-04:00")))


@pytest.mark.parametrize("key", [WORDS, f"{WORDS} at line 7", "a\nb", "\u2028"])
def test_a_doubled_key_is_found_without_repeating_it(key: str) -> None:
    one = json.dumps(key, ensure_ascii=False).replace("\n", "\\n")
    why = rejected(f"{{{one}:1,{one}:2}}".encode())
    assert why.error.startswith("a key stands twice in one object at line 1 column ")
    assert WORDS not in why.error


def test_keys_that_differ_in_spelling_only_are_one_key() -> None:
    assert rejected(rb'{"id":1,"\u0069d":2}').reason == "not_json"


@given(st.binary())
def test_any_bytes_are_an_event_or_rejected(raw: bytes) -> None:
    assert rejected(raw).reason in REASONS


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inside: st.lists(inside) | st.dictionaries(st.text(), inside),
    max_leaves=8,
)


@given(_json)
def test_any_json_is_an_event_or_rejected(value: object) -> None:
    assert rejected(json.dumps(value).encode("utf-8")).reason in REASONS


_FIELDS = {
    "ticket_id": st.just(TICKET) | _json,
    "summary": st.text() | _json,
    "description": st.text() | _json,
    "client": st.text(max_size=3) | _json,
    "notified_at": st.just(WHEN) | st.datetimes().map(lambda at: f"{at.isoformat()}Z") | _json,
    "responded_at": st.just(WHEN) | _json,
    "by": st.sampled_from(["agent", "automation"]) | _json,
    "to_level": st.just("high") | _json,
    "facts": st.fixed_dictionaries(
        {}, optional={"request": st.just("fault") | _json, "degraded": st.booleans() | _json}
    ),
}
_ATTRIBUTES = {
    "specversion": st.just("1.0"),
    "type": st.sampled_from(INBOUND_TYPES),
    "id": st.just("1") | _json,
    "source": st.just(SOURCE) | _json,
    "time": st.just(WHEN) | st.datetimes().map(lambda at: f"{at.isoformat()}Z") | _json,
    "data": st.fixed_dictionaries({}, optional=_FIELDS) | _json,
}
_OPTIONAL = {"sequence": _json, "subject": st.just(TICKET) | _json, "traceparent": _json}


@given(st.fixed_dictionaries(_ATTRIBUTES, optional=_OPTIONAL))
def test_anything_in_the_place_of_a_field_is_an_event_or_rejected(written: dict[str, Any]) -> None:
    assert reason(json.dumps(written).encode()) in {None, *REASONS}


@given(st.binary(min_size=1, max_size=4), st.integers(0, len(RAW)))
def test_damage_anywhere_is_an_event_or_rejected(damage: bytes, place: int) -> None:
    assert reason(RAW[:place] + damage + RAW[place:]) in {None, *REASONS}


_SHAPES: dict[str, Callable[[int], bytes]] = {
    "keys": lambda n: b"{" + b",".join(b'"k%07d":1' % i for i in range(n)) + b"}",
    "escapes": lambda n: b'["' + rb"\u00e9" * 2 * n + b'"]',
    "digits of a time": lambda n: body(attributes(time=f"2026-03-09T14:30:00.{'1' * 12 * n}Z")),
    "digits of a sequence": lambda n: body(attributes(sequence="1" * 12 * n)),
    "open lists": lambda n: b"[" * 12 * n,
    "blanks": lambda n: b" " * 12 * n,
}


@pytest.mark.parametrize("shape", _SHAPES.values(), ids=_SHAPES)
def test_a_body_takes_time_in_proportion_to_its_length(shape: Callable[[int], bytes]) -> None:
    def seconds(n: int) -> float:
        raw, tries = shape(n), []
        for _ in range(5):
            began = time.process_time()
            reason(raw)
            tries.append(time.process_time() - began)
        return min(tries)

    # Sixteen times as much; what grows with the square would take 256 times as long.
    assert seconds(32_000) < 64 * seconds(2_000) + 0.005


#: JSON that readers of Python's values and readers of JSON may take each in another way.
ODD = [
    *("0", "1", "-0", "1.0", "1e0", "-1.5", "1e-400", "1773066600", "9" * 19, "9" * 200, "1e199"),
    *("true", "false", "null", "[]", "{}", "[[]]", '[["T-1"]]', '{"a":{"a":1}}', '""', '" "'),
    *('"0"', '"1"', '"true"', '"yes"', '"null"', '"1.0"', '"T-1"', '"low"', '"agent"', '"\\u0000"'),
    *('"2026-03-09"', '"2026-03-09T14:30:00Z"', '"2026-03-09 14:30:00Z"', '"1773066600"'),
    *('"2026-03-09T14:30:00.123456789+02:00"', '"\\ud83d\\ude00"', '"\\u00e9"', f'"{"x" * 2_000}"'),
]
FULL = event(
    "ticket.created",
    WHEN,
    sequence="1",
    traceparent="00-1",
    tracestate="a=b",
    summary="x",
    description="x",
    client="acme",
    notified_at=WHEN,
    responded_at=WHEN,
    by="agent",
    reason="x",
    requested_by="x",
    to_level="low",
    facts={
        "request": "fault",
        "stage": "production",
        "system_critical": True,
        "workaround": False,
        "degraded": None,
    },
)


def with_one(odd: str, type_: str) -> Iterator[bytes]:
    """An event that has all fields, of which one at a time is odd."""
    full = {**FULL, "type": type_}
    for fields in (full, full["data"], full["data"]["facts"]):
        for name, good in fields.items():
            fields[name] = "odd"
            yield json.dumps(full).replace('"odd"', odd).encode()
            fields[name] = good


@pytest.mark.parametrize("type_", INBOUND_TYPES)
def test_an_odd_value_in_any_field_is_decoded_again_as_it_was_before(type_: str) -> None:
    had = [fuzz.is_decoded_again_as_before(raw) for odd in ODD for raw in with_one(odd, type_)]
    assert len(had) / 2 < sum(had) < len(had)


def test_the_malformed_are_refused_again_as_they_were_before() -> None:
    had = [fuzz.is_decoded_again_as_before(each.sending.body) for each in malformed.twenty()]
    assert 0 < sum(had) < len(had)
