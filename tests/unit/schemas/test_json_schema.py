"""What the JSON Schemas of events say is what the decoder takes and what is published."""

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from schemas import json_schema, times
from schemas.decoding import Rejected, decode
from schemas.inbound import INBOUND_TYPES
from schemas.outbound import OUTBOUND_TYPES, document
from tests.support.examples import body, event
from tests.unit.schemas.test_decoding import BAD_FIELDS, BEYOND_A_SCHEMA, WHEN
from tests.unit.schemas.test_inbound import NEEDED, OPTIONAL
from tests.unit.schemas.test_outbound import WHOLE

INBOUND, OUTBOUND = json_schema.inbound(), json_schema.outbound()
VALIDATORS = {
    type_: Draft202012Validator(schema, format_checker=FormatChecker())
    for type_, schema in (INBOUND | OUTBOUND).items()
}
#: Those that ask nobody whether a time has its `format`: few programs do.
WITHOUT_FORMATS = {
    type_: Draft202012Validator(schema) for type_, schema in (INBOUND | OUTBOUND).items()
}

MAY_BE_ABSENT = {
    "ticket.prioritized": {"client"},
    "objective.at_risk": {"client"},
    "objective.breached": {"client", "contact"},
    "objective.superseded": {"client"},
    "response.recorded": {"client", "replaces"},
    "escalation.requested": {"client", "contact", "reason"},
}


def faults(written: Any) -> list[str]:
    return [fault.message for fault in VALIDATORS[written["type"]].iter_errors(written)]


def is_taken(written: Any) -> bool:
    try:
        decode(json.dumps(written).encode())
    except Rejected:
        return False
    return True


def test_every_event_has_a_schema() -> None:
    assert tuple(INBOUND) == INBOUND_TYPES
    assert tuple(OUTBOUND) == OUTBOUND_TYPES


@pytest.mark.parametrize("type_", VALIDATORS)
def test_a_schema_is_one_of_the_draft_that_it_names(type_: str) -> None:
    schema = json_schema.identified(type_, (INBOUND | OUTBOUND)[type_])
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == f"urn:respondby:1:{type_}"
    assert (schema["title"], bool(schema["description"])) == (type_, True)
    Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("type_", VALIDATORS)
def test_the_example_in_a_schema_is_such_an_event(type_: str) -> None:
    (example,) = (INBOUND | OUTBOUND)[type_]["examples"]
    assert faults(example) == []


@pytest.mark.parametrize("type_", INBOUND_TYPES)
def test_what_the_decoder_takes_is_good_by_the_schema(type_: str) -> None:
    needed = event(type_, WHEN, **NEEDED.get(type_, {}))
    whole = event(type_, WHEN, **NEEDED.get(type_, {}), **OPTIONAL.get(type_, {}))
    null = {**needed, "subject": None, "sequence": None, "traceparent": None}
    known_to_nobody = {**whole, "data": {**whole["data"], "colour": "red"}, "partitionkey": 7}
    for written in (needed, whole, null, known_to_nobody, {**needed, "sequence": 7}):
        assert (is_taken(written), faults(written)) == (True, [])


@pytest.mark.parametrize("type_", INBOUND_TYPES)
def test_what_the_decoder_misses_the_schema_misses(type_: str) -> None:
    whole = event(type_, WHEN, **NEEDED.get(type_, {}), **OPTIONAL.get(type_, {}))
    for name in whole.keys() - {"type"}:
        without = {key: value for key, value in whole.items() if key != name}
        assert is_taken(without) == (faults(without) == []), name
    for name in whole["data"]:
        data = {key: value for key, value in whole["data"].items() if key != name}
        without = {**whole, "data": data}
        assert is_taken(without) == (faults(without) == []), name


@pytest.mark.parametrize("written", [written for written, _ in BAD_FIELDS])
def test_a_field_that_the_decoder_refuses_is_refused_by_the_schema(written: Any) -> None:
    assert not is_taken(written)
    assert faults(written)


@pytest.mark.parametrize("written", [written for written, _ in BEYOND_A_SCHEMA])
def test_no_more_is_beyond_the_schema_than_is_said_to_be(written: Any) -> None:
    assert not is_taken(written)
    assert [*WITHOUT_FORMATS[written["type"]].iter_errors(written)] == []


_PLACES = [
    *(f"{year:04}-03-09T14:30:00Z" for year in range(10_000)),
    *(f"2026-{month:02}-09T14:30:00Z" for month in range(100)),
    *(f"2026-03-{day:02}T14:30:00Z" for day in range(100)),
    *(f"2026-03-09T{hour:02}:30:00Z" for hour in range(100)),
    *(f"2026-03-09T14:{minute:02}:00Z" for minute in range(100)),
    *(f"2026-03-09T14:30:{second:02}Z" for second in range(100)),
    *(f"2026-03-09T14:30:00{sign}{hour:02}:00" for sign in "+-" for hour in range(100)),
    *(f"2026-03-09T14:30:00{sign}05:{minute:02}" for sign in "+-" for minute in range(100)),
]


def test_each_part_of_a_time_is_bounded_by_the_schema_as_by_the_decoder() -> None:
    field = WITHOUT_FORMATS["ticket.closed"].evolve(
        schema=INBOUND["ticket.closed"]["properties"]["time"]
    )
    judged = {written: (field.is_valid(written), _is_instant(written)) for written in _PLACES}
    assert [written for written, (told, taken) in judged.items() if told != taken] == []


def _is_instant(written: str) -> bool:
    try:
        times.parse(written)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("sequence", [10**199, -(10**199), "9" * 200])
def test_a_sequence_of_200_digits_is_good_by_the_schema_too(sequence: int | str) -> None:
    written = {**event("ticket.closed", WHEN), "sequence": sequence}
    assert (is_taken(written), faults(written)) == (True, [])


_ODD: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, 7, 1.5, "", "x", "x" * 201, "a\0b", WHEN, "noon", [], {}, "high", "agent", "fault"]
)


@given(st.sampled_from(INBOUND_TYPES), st.data())
def test_anything_in_the_place_of_a_field_is_judged_alike(type_: str, data: st.DataObject) -> None:
    written = deepcopy(event(type_, WHEN, **NEEDED.get(type_, {}), **OPTIONAL.get(type_, {})))
    places = ["time", "id", "source", "sequence", "tracestate", "data"]
    names = [*written["data"], "facts.request", "facts.stage", "facts.degraded"]
    place = data.draw(st.sampled_from(places + [f"data.{name}" for name in names]))
    value = data.draw(_ODD)
    *path, last = place.split(".")
    inside = written
    for step in path:
        inside[step] = inside.get(step) or {}
        inside = inside[step]
    inside[last] = value
    assert is_taken(written) == (faults(written) == []), body(written)


@pytest.mark.parametrize("type_", OUTBOUND_TYPES)
def test_a_published_event_is_good_by_its_schema(type_: str) -> None:
    assert faults(document(WHOLE[type_][0])) == []


@pytest.mark.parametrize("type_", OUTBOUND_TYPES)
def test_a_field_that_is_always_published_is_required(type_: str) -> None:
    said = document(WHOLE[type_][0])
    for name in said["data"].keys() - MAY_BE_ABSENT[type_]:
        data = {key: value for key, value in said["data"].items() if key != name}
        assert faults({**said, "data": data}), name


@pytest.mark.parametrize("type_", OUTBOUND_TYPES)
def test_an_empty_optional_is_absent_and_not_null(type_: str) -> None:
    said = document(WHOLE[type_][0])
    assert faults({**said, "data": {**said["data"], "client": None}})
    assert faults({**said, "traceparent": None})


def test_a_published_time_is_in_utc() -> None:
    said = document(WHOLE["objective.breached"][0])
    assert faults({**said, "time": "2026-03-09T10:30:00-04:00"})
