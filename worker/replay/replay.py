"""A replay: lines of inbound events in, lines of outbound events out, in virtual time."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from pydantic_core import to_json

from schemas import outbound
from schemas.decoding import Rejected
from schemas.outbound import Outbound
from worker.policy.policy import Policy
from worker.replay import order
from worker.replay.lines import Lines, Watch
from worker.replay.order import Incoming
from worker.replay.timeline import Timeline

Complain = Callable[[str], None]
"""Takes one line of text about one bad line of input."""


@dataclass(slots=True, kw_only=True)
class Tally:
    """What became of the lines that were read."""

    decided: int = 0
    duplicates: int = 0
    rejected: int = 0
    left_out: int = 0
    """later than `until`"""
    published: int = 0


def run(
    lines: Lines,
    policy: Policy,
    *,
    source: str,
    out: BinaryIO,
    complain: Complain,
    until: datetime | None = None,
    watch: Watch | None = None,
) -> Tally:
    """Write to `out` what a worker named `source` would publish under the policy.

    `until`: the last instant that happens; by default the last event's time.
    """
    tally = Tally()

    def reject(number: int, rejected: Rejected) -> None:
        tally.rejected += 1
        complain(f"line {number}: {rejected}")

    groups = _arranged(lines, reject, watch)
    for event in _replayed(_Admission(tally, reject, until), groups, Timeline(policy, source)):
        out.write(to_json(outbound.document(event)) + b"\n")
        tally.published += 1
    return tally


def _arranged(
    lines: Lines, reject: order.Reject, watch: Watch | None
) -> Iterator[list[Incoming]]:
    in_order = order.in_order(lines.read())
    events = order.decoded(lines.read(watch), reject)
    return order.streamed(events) if in_order else order.sorted_on_disk(lines, events)


def _replayed(
    admission: "_Admission", groups: Iterable[list[Incoming]], timeline: Timeline
) -> Iterator[Outbound]:
    until = admission.until
    for group in groups:
        for incoming in admission.admitted(group):
            yield from timeline.before(incoming.time)
            yield from timeline.happen(incoming.ticket, incoming.entry)
            until = admission.until or incoming.time
    if until is not None:
        yield from timeline.through(until)


class _Admission:
    """Lets each event in once, and none that is later than the end."""

    def __init__(self, tally: Tally, reject: order.Reject, until: datetime | None) -> None:
        self.until = until
        self._tally = tally
        self._reject = reject
        self._known: dict[str, set[str]] = {}

    def admitted(self, group: list[Incoming]) -> Iterator[Incoming]:
        """Of one ticket's events of one instant, in order, those that count.

        Equal bodies are of one instant, so what is known from before is another event's id.
        """
        if self.until is not None and group[0].time > self.until:
            self._tally.left_out += len(group)
            return
        bodies: set[bytes] = set()
        for incoming in group:
            if incoming.entry.body in bodies:
                self._tally.duplicates += 1
                continue
            bodies.add(incoming.entry.body)
            if self._is_new(incoming):
                self._tally.decided += 1
                yield incoming
            else:
                self._reject(incoming.number, _CONFLICT)

    def _is_new(self, incoming: Incoming) -> bool:
        ids = self._known.setdefault(incoming.event.source, set())
        known = incoming.event.id in ids
        ids.add(incoming.event.id)
        return not known


_CONFLICT = Rejected("id_conflict", "another event of this source has the same id")
