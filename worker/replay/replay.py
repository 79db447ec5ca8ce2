"""A replay: lines of inbound events in, lines of outbound events out, in virtual time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import BinaryIO, Literal

from schemas import outbound
from schemas.decoding import Rejected
from schemas.outbound import Outbound
from worker.policy.policy import Policy
from worker.replay import scratch
from worker.replay.admission import Admission
from worker.replay.lines import Lines
from worker.replay.order import Arrangement, Incoming, Reject
from worker.replay.shelf import Shelf
from worker.replay.tally import Tally
from worker.replay.timeline import Timeline

Complain = Callable[[str], None]
"""Takes one line of text about one bad line of input."""
Step = Literal["reading", "deciding"]
Watch = Callable[[Step, int, int | None], None]
"""Told now and then how far a step has come, and how far it goes where that is known."""
_OFTEN = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Under what a replay takes place."""

    policy: Policy
    source: str
    """whose events come out"""
    until: datetime | None = None
    """the last instant that happens; by default the last event's time"""


def run(
    lines: Lines, terms: Terms, out: BinaryIO, complain: Complain, watch: Watch | None = None
) -> Tally:
    """Write to `out` what a worker would publish. Raises NoRoom and InputChanged."""
    tally = Tally()

    def reject(number: int, rejected: Rejected) -> None:
        tally.rejected += 1
        complain(f"line {number}: {rejected}")

    with scratch.opened() as disk:
        reading = partial(watch, "reading") if watch else None
        arrangement = Arrangement(lines, disk, reject, watch=reading)
        admission = Admission(disk, arrangement.ids, tally, reject, terms.until)
        admitted = _admitted(arrangement, admission, watch)
        timeline = Timeline(terms.policy, terms.source, Shelf(disk, arrangement.coming))
        for event in _happening(admitted, timeline, terms.until, reject):
            out.write(outbound.encode(event) + b"\n")
            tally.published += 1
    return tally


def _admitted(
    arrangement: Arrangement, admission: Admission, watch: Watch | None
) -> Iterator[Incoming]:
    for done, group in enumerate(arrangement.groups()):
        if watch and done % _OFTEN == 0:
            watch("deciding", arrangement.read, arrangement.placed)
        yield from admission.admitted(group)


def _happening(
    admitted: Iterator[Incoming], timeline: Timeline, until: datetime | None, reject: Reject
) -> Iterator[Outbound]:
    last = until
    for incoming in admitted:
        yield from timeline.before(incoming.time)
        try:
            yield from timeline.happen(incoming.ticket, incoming.entry)
        except Rejected as rejected:
            reject(incoming.number, rejected)
        last = until or incoming.time
    if last is not None:
        yield from timeline.through(last)
