"""A ticket's history: its events in the order in which they count, however they came."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby

from schemas.inbound import INBOUND_TYPES, Inbound
from schemas.values import dataclass

_TYPE_ORDER = {type_: place for place, type_ in enumerate(INBOUND_TYPES)}


@dataclass(frozen=True, slots=True)
class Entry:
    """An event with the bytes that it came as."""

    event: Inbound
    body: bytes
    received_at: datetime | None = None
    """when a worker first had it; it decides nothing, but alert lag counts from it"""


def ordered(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """The events by time, then sequence, then type, id and body.

    A response has its place at `responded_at`: it is judged by what was true then, however much
    later somebody wrote it down.
    """
    known = [*entries]
    if len(known) > 1:
        known.sort(key=_place)
    if all(entry.event.sequence is None for entry in known):
        return tuple(known)
    return tuple(
        entry
        for instant, together in groupby(known, key=_counts_at)
        for entry in _sequenced(list(together), instant)
    )


def _place(entry: Entry) -> tuple[datetime, int, str, bytes]:
    event = entry.event
    return _counts_at(entry), _TYPE_ORDER[event.type], event.id, entry.body


def _counts_at(entry: Entry) -> datetime:
    event = entry.event
    if event.type == "ticket.responded" and event.data.responded_at is not None:
        return event.data.responded_at
    return event.time


def _sequenced(together: Sequence[Entry], instant: datetime) -> Iterable[Entry]:
    # Only events with a sequence can be compared by it. They are put in its order among the
    # places that they hold, so that the whole stays one order and not a circle of pairs.
    numbered = [
        place
        for place, entry in enumerate(together)
        if entry.event.sequence is not None and entry.event.time == instant
    ]
    if len(numbered) < 2:
        return together
    arranged = list(together)
    in_sequence = sorted((together[place] for place in numbered), key=_sequence)
    for place, entry in zip(numbered, in_sequence, strict=True):
        arranged[place] = entry
    return arranged


def _sequence(entry: Entry) -> tuple[int, int, str]:
    text = str(entry.event.sequence)
    # Integers count as numbers and come before words.
    return (0, int(text), "") if text.removeprefix("-").isdecimal() else (1, 0, text)
