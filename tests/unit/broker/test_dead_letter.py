from datetime import UTC, datetime
from typing import Any

import pytest
from pamqp import commands

from worker.broker import dead_letter, letters, topology
from worker.broker.dead_letter import Choice, Letter
from worker.broker.port import DeadLetter, Delivery
from worker.broker.sieve import Brought

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DEATH = {
    "count": 1,
    "reason": "delivery_limit",
    "queue": "respondby.tickets",
    "time": NOON,
    "exchange": "tickets",
    "routing-keys": ["ticket.updated"],
}


def _read(body: bytes = b"{}", routing_key: str = "ticket.updated", **properties: Any) -> Letter:
    return dead_letter.read(
        Brought(
            tag=7,
            redelivered=False,
            routing_key=routing_key,
            properties=commands.Basic.Properties(**properties),
            body=body,
        )
    )


def _buried(**more: Any) -> Letter:
    """What comes of a delivery that the worker has buried."""
    given: dict[str, Any] = {"body": b"{", "routing_key": "ticket.created", **more}
    delivery = Delivery(received_at=NOON, token=None, **given)
    made = letters.publication(DeadLetter(delivery=delivery, reason="not_json", error="line 1"))
    return _read(
        made.body,
        made.routing_key,
        message_id=made.message_id,
        content_type=made.properties.content_type,
        content_encoding=made.properties.content_encoding,
        timestamp=made.properties.timestamp,
        headers=made.properties.headers,
    )


def test_a_letter_of_the_worker_says_why_when_and_where_it_came_in() -> None:
    letter = _buried(message_id="m-1", headers={"traceparent": "00-1"})
    assert (letter.id, letter.reason, letter.error) == ("m-1", "not_json", "line 1")
    assert (letter.routing_key, letter.since) == ("ticket.created", NOON)
    assert (letter.headers, letter.deaths) == ({"traceparent": "00-1"}, ())


def test_a_letter_of_the_broker_is_there_for_its_delivery_limit_and_says_what_it_knows() -> None:
    letter = _read(
        message_id="m-1",
        headers={
            "x-death": [DEATH],
            "x-first-death-reason": "delivery_limit",
            "x-last-death-queue": "respondby.tickets",
            "x-delivery-count": 4,
            "x-acquired-count": 5,
            "traceparent": "00-1",
        },
    )
    assert letter.reason == "delivery_limit"
    assert letter.error == "the broker gave it up: delivery_limit in respondby.tickets"
    assert (letter.routing_key, letter.since) == ("ticket.updated", NOON)
    assert (letter.headers, letter.deaths) == ({"traceparent": "00-1"}, (DEATH,))


@pytest.mark.parametrize("forged", [None, "x", 7, [], ["x"], [{}], [{"time": "noon"}], {}])
def test_whatever_the_brokers_header_holds_the_letter_can_be_read(forged: object) -> None:
    letter = _read(headers={"x-death": forged})
    assert (letter.reason, letter.since) == ("delivery_limit", None)


def test_a_letter_that_died_elsewhere_before_keeps_that_header_as_one_of_its_own() -> None:
    letter = _buried(headers={"x-death": [DEATH]})
    assert (letter.reason, letter.since) == ("not_json", NOON)
    assert letter.headers == {"x-death": [DEATH]}


@pytest.mark.parametrize("unusable", [None, "", "red \x1b[31m", "two\nlines", "\ufffd" * 200])
def test_a_letter_without_an_id_that_can_be_typed_is_called_by_its_body(
    unusable: str | None,
) -> None:
    names = {_read(body, message_id=unusable).id for body in (b"1", b"1", b"2")}
    assert len(names) == 2
    assert all(name.startswith("sha256-") and name.isascii() for name in names)


def test_what_goes_back_is_what_came_in() -> None:
    came: dict[str, Any] = {
        "message_id": "m-1",
        "content_type": "application/json",
        "content_encoding": "utf-8",
    }
    counts = {"x-delivery-count": 3, "x-acquired-count": 4}
    headers = {"traceparent": "00-1", "CC": ["elsewhere"], **counts}
    back = dead_letter.given_back(_buried(body=b"\xff{", headers=headers, **came))
    assert (back.exchange, back.routing_key, back.body) == ("", topology.INBOX, b"\xff{")
    assert {name: getattr(back.properties, name) for name in came} == came
    assert back.properties.headers == {
        "traceparent": "00-1",
        "x-respondby-original-routing-key": "ticket.created",
    }
    assert back.properties.delivery_mode == 2


def test_what_is_buried_again_keeps_the_routing_key_with_which_it_first_came_in() -> None:
    letter = _buried()
    for _ in range(2):
        back = dead_letter.given_back(letter)
        letter = _buried(routing_key=back.routing_key, headers=back.properties.headers)
        assert letter.routing_key == "ticket.created"
        assert letter.headers == {}


def test_what_the_broker_gives_up_after_it_was_given_back_keeps_it_too() -> None:
    back = dead_letter.given_back(_buried())
    letter = _read(routing_key=back.routing_key, headers=back.properties.headers)
    assert (letter.reason, letter.routing_key) == ("delivery_limit", "ticket.created")
    assert letter.headers == {}


def test_a_routing_key_that_upstream_claims_in_a_header_of_ours_is_not_believed() -> None:
    claim = {letters.ROUTING_KEY: "ticket.closed"}
    assert _buried(headers=claim).routing_key == "ticket.created"
    assert _read(headers=claim).routing_key == "ticket.updated"


@pytest.mark.parametrize("strange", ["", 7, None, ["ticket.created"]])
def test_one_sent_to_the_inbox_with_a_strange_header_of_ours_is_buried_all_the_same(
    strange: object,
) -> None:
    letter = _buried(routing_key=topology.INBOX, headers={letters.ROUTING_KEY: strange})
    assert letter.routing_key == topology.INBOX


def test_what_the_broker_gave_up_goes_back_without_its_death_and_makes_no_copies() -> None:
    headers = {
        "x-death": [DEATH],
        "x-first-death-queue": "q",
        "BCC": ["elsewhere"],
        "CC": ["elsewhere"],
        "mine": 1,
    }
    back = dead_letter.given_back(_read(headers=headers, user_id="somebody", expiration="5"))
    assert back.properties.headers == {
        "mine": 1,
        "x-respondby-original-routing-key": "ticket.updated",
    }
    # The broker would refuse a letter in another's name, and throw away one that expires.
    assert (back.properties.user_id, back.properties.expiration) == (None, None)


def test_a_letter_without_an_id_goes_back_under_the_name_by_which_it_was_called() -> None:
    letter = _read(b"1")
    assert dead_letter.given_back(letter).message_id == letter.id


def test_an_id_that_cannot_be_typed_goes_back_all_the_same() -> None:
    assert dead_letter.given_back(_read(message_id="a\tb")).message_id == "a\tb"


@pytest.mark.parametrize(
    ("choice", "taken"),
    [
        (Choice(), True),
        (Choice(ids={"m-1", "m-2"}), True),
        (Choice(ids={"m-2"}), False),
        (Choice(reasons={"not_json", "too_large"}), True),
        (Choice(reasons={"too_large"}), False),
        (Choice(ids={"m-1"}, reasons={"too_large"}), False),
    ],
)
def test_a_choice_takes_what_has_one_of_its_ids_and_one_of_its_reasons(
    choice: Choice, taken: bool
) -> None:
    assert choice.takes(_buried(message_id="m-1")) is taken
