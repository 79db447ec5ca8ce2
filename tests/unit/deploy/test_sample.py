"""What a person sees first: the sample day, its view, and sending one's own event."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from deploy.sample import send, stream
from deploy.sample.day import DAY, Step
from deploy.sample.view import Screen
from schemas import outbound
from schemas.decoding import Rejected, decode
from schemas.envelope import LEVELS
from schemas.outbound import Outbound
from tests.support.examples import json_lines
from worker.policy import loading
from worker.replay import replay
from worker.replay.lines import Lines

START = datetime(2026, 3, 9, 15, 0, tzinfo=UTC)
WHOLE = [step for step in DAY if step.flaw != "broken"]


def body(step: Step) -> bytes:
    event = stream.event_of(step, "x", datetime.now(UTC))
    return stream.message(event, cut_off=step.flaw == "broken").body


@pytest.fixture(scope="module")
def published() -> list[Outbound]:
    """What comes of the day, in virtual time."""
    day = [
        {
            **stream.event_of(step, "x", START),
            "time": (START + timedelta(seconds=step.at)).isoformat(),
        }
        for step in WHOLE
    ]
    policy = loading.parse(loading.default_text(), "built in")
    out = io.BytesIO()
    terms = replay.Terms(policy=policy, source="/respondby")
    replay.run(Lines(io.BytesIO(json_lines(day))), terms, out, complain=pytest.fail)
    return [outbound.outbound.validate_json(line) for line in out.getvalue().splitlines()]


@pytest.mark.parametrize("step", WHOLE, ids=lambda step: f"{step.at:g}")
def test_every_whole_event_of_the_day_is_one_that_the_worker_takes(step: Step) -> None:
    assert decode(body(step)).type == step.type


def test_one_event_of_the_day_is_cut_off_so_that_a_dead_letter_is_seen() -> None:
    (broken,) = (step for step in DAY if step.flaw == "broken")
    with pytest.raises(Rejected, match="not_json"):
        decode(body(broken))


def test_the_day_shows_every_level(published: list[Outbound]) -> None:
    assert {event.data.level for event in published} == set(LEVELS)


def test_the_day_shows_every_kind_of_event_and_withdraws_no_alert(
    published: list[Outbound],
) -> None:
    shown = {event.type for event in published}
    assert shown == set(outbound.OUTBOUND_TYPES) - {"objective.superseded"}


def test_the_day_shows_a_response_in_time_and_one_too_late(published: list[Outbound]) -> None:
    records = [event.data for event in published if isinstance(event.data, outbound.Recorded)]
    assert {record.outcome for record in records} == {"met", "missed"}


def test_every_published_event_is_one_line_with_its_level_and_ticket(
    published: list[Outbound],
) -> None:
    file = io.StringIO()
    screen = Screen(Console(file=file, width=40))
    for event in published:
        screen.published(event)
    lines = file.getvalue().splitlines()
    assert len(lines) == len(published)
    for line, event in zip(lines, published, strict=True):
        assert line.split()[1:3] == [event.data.level, event.data.ticket_id]


def test_a_deadline_is_shown_in_the_zone_of_the_tickets_calendar(
    published: list[Outbound],
) -> None:
    file = io.StringIO()
    Screen(Console(file=file)).published(published[0])
    assert "respond by Mon 2026-03-09 11:00:40 EDT" in file.getvalue()


def test_an_envelope_gets_what_it_lacks_and_keeps_what_it_has() -> None:
    own = {"type": "ticket.resolved", "id": "7", "data": {"ticket_id": "T-1"}}
    event = decode(stream.message(stream.complete(own)).body)
    assert (event.id, event.type, event.data.ticket_id) == ("7", "ticket.resolved", "T-1")
    assert abs(event.time - datetime.now(UTC)) < timedelta(minutes=1)


def test_events_are_read_one_after_another_over_any_number_of_lines() -> None:
    text = '{"type":\n "a"} {"type": "b"}\n\n{"type": "c"}\n'
    assert [event["type"] for event in send.parse(text)] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('{"type": "a"} {', "event 2 is not JSON"),
        ('{"type": "a"}\n7', "event 2 is not an object"),
        ('{"data": {}}', 'event 1 is not an object with a "type"'),
    ],
)
def test_what_is_no_event_is_named_by_its_place(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        send.parse(text)
