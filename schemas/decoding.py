"""Bytes from the wire to an event of the contract, or the reason why not."""

import codecs
from typing import Any

import jiter
from pydantic import ValidationError

from schemas.inbound import INBOUND_TYPES, Inbound, inbound


class Rejected(Exception):
    """A body that can never become an event.

    `reason` is a short fixed word for headers and metrics; `error` tells a person which field is
    wrong and what would be right. Neither repeats what the ticket says.
    """

    def __init__(self, reason: str, error: str) -> None:
        super().__init__(f"{reason}: {error}")
        self.reason = reason
        self.error = error


def decode(body: bytes) -> Inbound:
    """The inbound event that `body` holds.

    Raises Rejected, and nothing else, with `not_json`, `not_cloudevents`, `unknown_type`,
    `invalid_event` or `time_in_future` (a `notified_at` or `responded_at` after the event's own
    time).
    """
    fields = document(body)
    try:
        event: Inbound = inbound.validator.validate_python(fields)
    except ValidationError as error:
        raise Rejected("invalid_event", _fields_at_fault(error)) from None
    _check_times(event)
    return event


def document(body: bytes) -> dict[str, Any]:
    """The JSON object that `body` holds, an event of a known type, with its fields unchecked.

    Raises Rejected with the first three reasons of `decode`.
    """
    fields = _json(body)
    if not isinstance(fields, dict) or fields.get("specversion") != "1.0":
        raise Rejected("not_cloudevents", 'must be a JSON object with specversion "1.0"')
    if fields.get("type") not in INBOUND_TYPES:
        raise Rejected("unknown_type", f"type must be one of {', '.join(INBOUND_TYPES)}")
    return fields


def decode_again(body: bytes) -> Inbound:
    """As `decode`, for a body of which `document` was had before: its JSON is known to be good."""
    try:
        event: Inbound = inbound.validator.validate_json(body)
    except ValidationError:
        return decode(body)  # which says why, in its own words
    _check_times(event)
    return event


def _json(body: bytes) -> object:
    if not body.strip():
        raise Rejected("not_json", "the body is empty")
    if body.startswith(codecs.BOM_UTF8):
        raise Rejected("not_json", "starts with a byte order mark, which JSON has not")
    try:
        # Doubled keys are refused since every reader would pick another of the two. Values hardly
        # come again, and to look whether they do costs more than it saves.
        return jiter.from_json(
            body, allow_inf_nan=False, catch_duplicate_keys=True, cache_mode="keys"
        )
    except ValueError as error:
        raise Rejected("not_json", _jiter_says(error)) from None


def _check_times(event: Inbound) -> None:
    if event.type == "ticket.responded":
        name, instant = "responded_at", event.data.responded_at
    elif event.type in ("ticket.created", "ticket.updated"):
        name, instant = "notified_at", event.data.notified_at
    else:
        return
    if instant is not None and instant > event.time:
        raise Rejected("time_in_future", f"data.{name} is after the event's time")


def _jiter_says(error: ValueError) -> str:
    text = str(error)
    # The doubled key's name is the sender's text; the place is enough to find it.
    if text.startswith("Detected duplicate key"):
        return "a key stands twice in one object at" + text.rpartition(" at")[2]
    return text


def _fields_at_fault(error: ValidationError) -> str:
    # The first part of each place is the event's type, which the union put there.
    return "; ".join(
        " ".join([".".join(map(str, fault["loc"][1:])), _says(fault)]).strip()
        for fault in error.errors(include_input=False, include_url=False)
    )


def _says(fault: Any) -> str:
    """What is wrong, as the rest of a sentence that begins with the field's name."""
    fixed = {
        "missing": "is missing",
        "string_type": "must be a string",
        "string_too_short": "must not be empty",
        "bool_type": "must be true or false",
        "string_pattern_mismatch": "must not hold a NUL character",
        "model_type": "must be an object",
    }
    said: str = fixed.get(fault["type"]) or fault["msg"]
    return (
        said.removeprefix("Value error, ")
        .replace("Input should be", "must be")
        .replace("String should have", "must have")
    )
