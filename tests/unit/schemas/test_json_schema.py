"""What the JSON Schemas of events say is what the decoder takes and what is published."""

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from schemas import json_schema
from schemas.decoding import Rejected, decode
from schemas.inbound import INBOUND_TYPES
from schemas.outbound import OUTBOUND_TYPES, document
from tests.support.examples import body, event
from tests.unit.schemas.test_decoding import BAD_FIELDS, WHEN
from tests.unit.schemas.test_inbound import NEEDED, OPTIONAL
from tests.unit.schemas.test_outbound import WHOLE

INBOUND, OUTBOUND = json_schema.inbound(), json_schema.outbound()
VALIDATORS = {
    type_: Draft202012Validator(schema, format_checker=FormatChecker())
    for type_, schema in (INBOUND | OUTBOUND).items()
}
#: What is wrong in these is no one field's shape.
BEYOND_A_SCHEMA = (
    "subject must equal",
    "must have at most 1024 bytes",
    "must be a time that exists",
    "must lie between the years",
    "an integer of at most 200",
)

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


@pytest.mark.parametrize(
    "written",
    [written for written, said in BAD_FIELDS if not any(b in said for b in BEYOND_A_SCHEMA)],
)
def test_a_field_that_the_decoder_refuses_is_refused_by_the_schema(written: Any) -> None:
    assert not is_taken(written)
    assert faults(written)


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
