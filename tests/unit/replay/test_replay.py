"""Same set of events, same bytes: for whatever may come, in whatever order."""

import io
from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import times
from schemas.inbound import INBOUND_TYPES
from tests.support.examples import FACTS, LEVELS_IN_TURN, event, json_lines
from worker.policy import loading
from worker.replay import replay
from worker.replay.lines import Lines
from worker.replay.tally import Tally

POLICY = loading.parse(loading.default_text(), "built in")
UNTIL = times.parse("2026-03-10T00:00:00Z")

_times = st.sampled_from(
    [f"2026-03-09T{hour}:{minute}:00Z" for hour in (10, 11, 14) for minute in ("00", "15", "30")]
    + ["2026-03-09T11:00:00+01:00", "2026-03-09T10:24:00Z"]
)


@st.composite
def _events(draw: st.DrawFn) -> dict[str, Any]:
    """An event that may share its instant, its ticket, and its id with others."""
    type_ = draw(st.sampled_from(INBOUND_TYPES))
    time = draw(_times)
    data: dict[str, Any] = {}
    if type_ == "ticket.created":
        data["summary"] = "It does not work"
    if type_ in ("ticket.created", "ticket.updated"):
        data["facts"] = FACTS[draw(st.sampled_from(LEVELS_IN_TURN))]
    if type_ == "ticket.responded" and draw(st.booleans()):
        data["responded_at"] = "2026-03-09T09:59:00Z"
    return event(
        type_,
        time,
        draw(st.sampled_from(["T-1", "T-2", "T-3"])),
        id_=draw(st.sampled_from([None, None, None, "1", "2"])),
        source=draw(st.sampled_from(["/a", "/b"])),
        sequence=draw(st.sampled_from([None, "1", "2", "x"])),
        **data,
    )


def replayed(events: Sequence[dict[str, Any]], **terms: Any) -> tuple[bytes, Tally]:
    out = io.BytesIO()
    under = replay.Terms(policy=POLICY, source="/respondby", **terms)
    tally = replay.run(Lines(io.BytesIO(json_lines(events))), under, out, lambda _: None)
    return out.getvalue(), tally


@settings(max_examples=150, deadline=None)
@given(events=st.lists(_events(), max_size=25), data=st.data())
def test_the_order_and_number_of_lines_changes_no_byte(
    events: list[dict[str, Any]], data: st.DataObject
) -> None:
    again = data.draw(st.lists(st.sampled_from(events), max_size=8)) if events else []
    shuffled = data.draw(st.permutations(events + again))
    until = data.draw(st.sampled_from([None, UNTIL, times.parse("2026-03-09T10:30:00Z")]))
    straight, counted = replayed(events, until=until)
    mixed, counted_again = replayed(shuffled, until=until)
    assert mixed == straight
    assert (counted_again.decided, counted_again.rejected, counted_again.published) == (
        counted.decided,
        counted.rejected,
        counted.published,
    )


def test_every_line_is_counted_once() -> None:
    events = [
        event("ticket.created", "2026-03-09T10:00:00Z", id_="1", summary="one"),
        event("ticket.created", "2026-03-09T10:00:00Z", id_="1", summary="one"),
        event("ticket.created", "2026-03-09T10:00:00Z", id_="1", summary="other"),
        event("ticket.closed", "2026-03-09T12:00:00Z"),
        event("ticket.lost", "2026-03-09T12:00:00Z"),
    ]
    _, tally = replayed(events, until=times.parse("2026-03-09T11:00:00Z"))
    assert tally == Tally(decided=1, duplicates=1, rejected=2, left_out=1, published=1)


def test_time_ends_with_the_last_event_and_not_with_a_bad_line() -> None:
    first = event("ticket.created", "2026-03-09T10:00:00Z", summary="x", facts=FACTS["critical"])
    bad = event("ticket.created", "2026-03-09T11:00:00Z", summary=None)
    out, tally = replayed([first, bad])
    assert out == replayed([first])[0]
    assert tally == Tally(decided=1, rejected=1, published=1)


def test_a_doubled_event_does_not_move_those_that_its_sequence_is_compared_with() -> None:
    time = "2026-03-09T10:00:00Z"
    numbered = event(
        "ticket.created", time, id_="a", sequence="2", summary="x", facts=FACTS["medium"]
    )
    plain = event("ticket.created", time, id_="b", summary="x", facts=FACTS["high"])
    first = event("ticket.created", time, id_="c", sequence="1", summary="x", facts=FACTS["low"])
    events = [numbered, plain, first]
    assert replayed([numbered, *events])[0] == replayed(events)[0]


def test_how_far_it_has_come_is_told() -> None:
    events = [event("ticket.closed", "2026-03-09T10:00:00Z", f"T-{n}") for n in range(1_000)]
    seen: list[tuple[str, int, int | None]] = []
    out = io.BytesIO()
    terms = replay.Terms(policy=POLICY, source="/respondby")
    size = len(json_lines(events))
    lines = Lines(io.BytesIO(json_lines(events)))
    replay.run(lines, terms, out, lambda _: None, lambda *step: seen.append(step))
    assert seen == [("reading", size, size), ("deciding", 1, 1_000), ("deciding", 501, 1_000)]
