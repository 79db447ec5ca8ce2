import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pamqp import commands, frame
from pamqp.header import ContentHeader

from worker.broker import publisher
from worker.broker.port import Message
from worker.broker.volley import Publication, Stamp, Stamped


def _properties(message_id: str = "") -> commands.Basic.Properties:
    """Some on either side of the message_id on the wire."""
    return commands.Basic.Properties(
        message_id=message_id,
        message_type="ticket.prioritized",
        content_type="application/cloudevents+json",
        priority=9,
        delivery_mode=2,
        app_id="respondby",
    )


@given(st.text(min_size=1, max_size=63))
def test_what_is_stamped_goes_over_the_wire_as_if_it_were_written_anew(message_id: str) -> None:
    assert Stamp(_properties()).on(message_id) == _properties(message_id).marshal()


def test_a_stamped_id_that_no_property_can_hold_is_refused() -> None:
    with pytest.raises(TypeError, match="255"):
        Stamp(_properties()).on("é" * 128)


def test_an_event_says_all_of_itself_on_the_wire() -> None:
    message = Message("e-1", "objective.breached", "objective.breached.low", b"{}", priority=0)
    made = publisher._publication(message)
    assert (made.exchange, made.routing_key, made.body) == ("respondby", message.routing_key, b"{}")
    content = struct.pack(">HxxQ", commands.Basic.frame_id, 2) + made.written()
    sent = struct.pack(">BHI", 2, 1, len(content)) + content + b"\xce"
    _, _, header = frame.unmarshal(sent)
    assert isinstance(header, ContentHeader)
    assert header.properties == commands.Basic.Properties(
        message_id="e-1",
        message_type="objective.breached",
        content_type="application/cloudevents+json",
        priority=0,
        delivery_mode=2,
        app_id="respondby",
    )


def test_a_publication_is_as_large_as_its_body_and_its_headers() -> None:
    stamped = Stamped("x", "", b"12345", "e-1", Stamp(_properties()))
    written = Publication("x", "", b"12345", commands.Basic.Properties(headers={"a": "b"}))
    assert stamped.size == 5
    assert written.size > 5
