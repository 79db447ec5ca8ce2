"""The AsyncAPI document is one, and tells of the broker what is declared and published there."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from schemas.envelope import LEVELS, Level
from schemas.inbound import INBOUND_TYPES
from schemas.outbound import OUTBOUND_TYPES
from tests.unit.schemas.test_outbound import WHOLE
from worker.broker import letters, topology
from worker.cli import schema_asyncapi
from worker.clock import SystemClock
from worker.pipeline import rows

#: As AsyncAPI publishes it.
OFFICIAL = Path(__file__).parents[2] / "data" / "asyncapi" / "3.0.0.json"
DOCUMENT = schema_asyncapi.document()


def at(reference: str) -> Any:
    """What a reference leads to."""
    found: Any = DOCUMENT
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if "$ref" in part:
            yield part["$ref"]
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


def binding(channel: str) -> Any:
    return at(DOCUMENT["channels"][channel]["bindings"]["$ref"])["amqp"]


def test_it_is_an_asyncapi_3_document() -> None:
    official = Draft7Validator(json.loads(OFFICIAL.read_text("utf-8")))
    assert [fault.message for fault in official.iter_errors(DOCUMENT)] == []


def test_every_reference_leads_somewhere() -> None:
    assert {reference for reference in references(DOCUMENT) if not at(reference)} == set()


def test_every_example_is_such_an_event() -> None:
    for type_ in (*INBOUND_TYPES, *OUTBOUND_TYPES):
        message = DOCUMENT["components"]["messages"][type_]
        # Its own dialect is draft 7 with additions, of which we use none.
        whole = Draft7Validator({**message["payload"], "components": DOCUMENT["components"]})
        (example,) = message["examples"]
        assert [*whole.iter_errors(example["payload"])] == []
        assert [*whole.iter_errors({**example["payload"], "data": {}})] != []


@pytest.mark.parametrize("item", topology.OBJECTS, ids=str)
def test_exchanges_and_queues_are_as_they_are_declared(
    item: topology.Exchange | topology.Queue,
) -> None:
    bindings = DOCUMENT["components"]["channelBindings"]
    if isinstance(item, topology.Exchange):
        told = bindings[f"exchange.{item.name}"]["amqp"]["exchange"]
        assert (told["type"], told["x-arguments"]) == (item.kind, dict(item.arguments))
    else:
        told = bindings[f"queue.{item.name}"]["amqp"]["queue"]
        assert told["x-arguments"] == {"x-queue-type": "quorum", **item.arguments}
        assert told["x-bound-to"] == {"exchange": item.source, "routingKey": item.routing_key}
    assert (told["name"], told["durable"], told["autoDelete"]) == (item.name, True, False)


@pytest.mark.parametrize("type_", INBOUND_TYPES)
def test_an_inbound_event_is_published_with_its_type_as_the_key(type_: str) -> None:
    operation = DOCUMENT["operations"][f"receive.{type_}"]
    assert operation["action"] == "receive"
    channel = at(operation["channel"]["$ref"])
    assert (channel["address"], list(channel["messages"])) == (type_, [type_])
    assert binding(type_)["exchange"]["name"] == "tickets"


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("type_", OUTBOUND_TYPES)
def test_an_outbound_event_is_where_the_worker_sends_it(type_: str, level: Level) -> None:
    event, _ = WHOLE[type_]
    at_level: Any = replace(event.data, level=level)
    now = SystemClock().now()
    sent = rows.message(rows.outbox(replace(event, data=at_level), since=now, now=now))
    operation = DOCUMENT["operations"][f"send.{type_}"]
    channel = at(operation["channel"]["$ref"])
    assert level in channel["parameters"]["level"]["enum"]
    assert channel["address"].format(level=level) == sent.routing_key
    assert operation["bindings"]["amqp"]["x-priority-by-level"][level] == sent.priority
    message = at(at(operation["messages"][0]["$ref"])["$ref"])
    assert message["contentType"] == sent.content_type == "application/cloudevents+json"
    assert message["bindings"]["amqp"]["messageType"] == sent.type
    assert binding(type_)["exchange"]["name"] == "respondby"


def test_a_dead_letter_s_headers_are_told() -> None:
    headers = DOCUMENT["components"]["messages"]["dead-letter"]["headers"]["properties"]
    assert set(headers) == letters.OURS
