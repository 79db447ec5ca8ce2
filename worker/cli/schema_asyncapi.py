"""What passes through the broker, as an AsyncAPI 3.0 document, made from what is declared there.

Its bindings know no arguments of exchanges and queues, nor a queue's own binding, nor a priority
for each level: these stand in extensions (`x-…`).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from schemas import json_schema
from schemas.envelope import LEVELS
from worker.broker import letters, topology
from worker.broker.port import Message
from worker.broker.topology import Exchange, Queue
from worker.pipeline.rows import PRIORITIES
from worker.settings import Settings

Part = dict[str, Any]

_BINDING = {"bindingVersion": "0.3.0"}
_CONTENT_TYPE = Message._field_defaults["content_type"]
_TOLD = (
    "Support tickets come in; their levels, deadlines and alerts go out. Each message is a"
    " CloudEvent 1.0 in structured JSON. Events may come in any order and any number of times;"
    " what is published twice has the same id, which is the message_id too."
)
_DEAD_LETTER = "dead-letter"
_ROUTES = {
    topology.INBOX: "What the worker has yet to read.",
    topology.UNROUTED: "Published events that no queue was bound for: the newest ones.",
    topology.DEAD_LETTERS: "What could not be processed, for a person to look at.",
}


def document() -> Part:
    """The whole document; JSON Schemas of events are written into it."""
    inbound = json_schema.inbound(_ref("schemas", "{model}"))
    outbound = json_schema.outbound(_ref("schemas", "{model}"))
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "respondby", "version": json_schema.VERSION, "description": _TOLD},
        "servers": {"broker": _server()},
        "defaultContentType": _CONTENT_TYPE,
        "channels": _channels(inbound, outbound),
        "operations": _operations(inbound, outbound),
        "components": {
            "channelBindings": {_name(item): _binding(item) for item in topology.OBJECTS},
            "messages": _messages(inbound | outbound),
            "schemas": _schemas(inbound | outbound),
        },
    }


def _server() -> Part:
    url = urlsplit(Settings.model_fields["broker_url"].default.get_secret_value())
    where = f"{url.hostname}:{url.port}"
    told = "RabbitMQ, where RESPONDBY_BROKER_URL points; this is where it points by default."
    return {"host": where, "protocol": url.scheme, "protocolVersion": "0-9-1", "description": told}


def _channels(inbound: Mapping[str, Part], outbound: Mapping[str, Part]) -> Part:
    events = {type_: _events(type_, topology.TICKETS, type_) for type_ in inbound}
    level = {"enum": [*reversed(LEVELS)], "description": "The level that the event tells."}
    for type_ in outbound:
        routed = _events(type_, topology.OUT, f"{type_}.{{level}}")
        events[type_] = {**routed, "parameters": {"level": level}}
    events[_DEAD_LETTER] = _events(_DEAD_LETTER, topology.DEAD, None)
    carried: dict[str, Iterable[str]] = {
        topology.INBOX: inbound,
        topology.UNROUTED: outbound,
        topology.DEAD_LETTERS: [_DEAD_LETTER],
    }
    queues = {queue.name: _queue(queue, carried[queue.name]) for queue in _queues()}
    return events | queues


def _events(message: str, exchange: str, routing_key: str | None) -> Part:
    return {
        "address": routing_key,
        "messages": {message: _refers("components", "messages", message)},
        "bindings": _refers("components", "channelBindings", f"exchange.{exchange}"),
    }


def _queue(queue: Queue, messages: Iterable[str]) -> Part:
    return {
        "address": queue.name,
        "description": _ROUTES[queue.name],
        "messages": {name: _refers("components", "messages", name) for name in messages},
        "bindings": _refers("components", "channelBindings", _name(queue)),
    }


def _operations(inbound: Mapping[str, Part], outbound: Mapping[str, Part]) -> Part:
    receive = {"ack": True, "mandatory": True, "deliveryMode": 2, **_BINDING}
    send = {"mandatory": True, "deliveryMode": 2, **_BINDING}
    prioritized = {**send, "x-priority-by-level": PRIORITIES}
    return {
        **dict(_operation("receive", type_, inbound[type_], receive) for type_ in inbound),
        **dict(_operation("send", type_, outbound[type_], prioritized) for type_ in outbound),
        **dict([_operation("send", _DEAD_LETTER, {}, send)]),
    }


def _operation(action: str, message: str, schema: Part, amqp: Part) -> tuple[str, Part]:
    return f"{action}.{message}", {
        "action": action,
        "channel": _refers("channels", message),
        "messages": [_refers("channels", message, "messages", message)],
        "summary": schema.get("description", _ROUTES[topology.DEAD_LETTERS]),
        "bindings": {"amqp": amqp},
    }


def _messages(events: Mapping[str, Part]) -> Part:
    return {**{type_: _event(type_, events[type_]) for type_ in events}, _DEAD_LETTER: _letter()}


def _event(type_: str, schema: Part) -> Part:
    return {
        "name": type_,
        "title": type_,
        "summary": schema["description"],
        "contentType": _CONTENT_TYPE,
        "payload": _refers("components", "schemas", type_),
        "examples": [{"payload": example} for example in schema["examples"]],
        "bindings": {"amqp": {"messageType": type_, **_BINDING}},
        "x-message-id": "$message.payload#/id",
    }


def _letter() -> Part:
    return {
        "name": _DEAD_LETTER,
        "title": _DEAD_LETTER,
        "summary": "The bytes as they came, with their own properties and headers.",
        "headers": {
            "type": "object",
            "description": "One that the broker made itself has none of these.",
            "properties": {
                letters.REASON: {"type": "string", "description": "A short fixed word."},
                letters.ERROR: {"type": "string", "description": "For a person."},
                letters.ROUTING_KEY: {"type": "string"},
            },
        },
    }


def _schemas(events: Mapping[str, Part]) -> Part:
    """Each event's schema under its type, and its parts under their own names."""
    written: Part = {}
    for type_, schema in events.items():
        written |= schema.get("$defs", {})
        written[type_] = {key: schema[key] for key in schema if key != "$defs"}
    return written


def _queues() -> Iterator[Queue]:
    return (item for item in topology.OBJECTS if isinstance(item, Queue))


def _name(item: Exchange | Queue) -> str:
    return f"{'exchange' if isinstance(item, Exchange) else 'queue'}.{item.name}"


def _binding(item: Exchange | Queue) -> Part:
    lasting = {"name": item.name, "durable": True, "autoDelete": False}
    if isinstance(item, Exchange):
        exchange = {**lasting, "type": item.kind, "x-arguments": dict(item.arguments)}
        return {"amqp": {"is": "routingKey", "exchange": exchange, **_BINDING}}
    bound = {"exchange": item.source, "routingKey": item.routing_key}
    queue = {
        **lasting,
        "exclusive": False,
        "x-arguments": item.declared,
        "x-bound-to": bound,
    }
    return {"amqp": {"is": "queue", "queue": queue, **_BINDING}}


def _refers(*path: str) -> Part:
    return {"$ref": "#/" + "/".join(path)}


def _ref(*path: str) -> str:
    return "#/components/" + "/".join(path)
