"""The tickets that every contender gets: the same for all, and no two alike."""

import itertools
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from tests.support import stream
from tests.support.upstream import Sending

SOURCE = stream.SOURCE
_TEXTS = Path(__file__).parents[1] / "data" / "tickets"
#: Characters of a description: with all facts stated, and without any. Both make 700 bytes.
_STATING, _TELLING = 310, 420
#: So many seconds a ticket is old when it comes, at the most; and so many clients there are.
_AGES, _CLIENTS = 50, 97

#: All facts of some tickets, of every level.
_STATED: tuple[Mapping[str, object], ...] = tuple(
    {
        "request": request,
        "stage": stage,
        "system_critical": critical,
        "workaround": workaround,
        "degraded": degraded,
    }
    for request, stage, critical, workaround, degraded in (
        ("fault", "production", True, False, False),
        ("fault", "production", False, False, False),
        ("fault", "production", False, True, True),
        ("question", "production", False, False, False),
        ("fault", "testing", False, False, True),
    )
)


def created(
    numbers: Iterable[int], now: datetime | None = None, *, with_text: bool = False
) -> Iterator[Sending]:
    """A `ticket.created` for each number. All facts are stated, or with text: none is.

    They are of about 700 bytes.
    """
    begun = now or datetime.now(UTC)
    for number in numbers:
        time = begun - timedelta(seconds=1 + number % _AGES)
        yield stream.sending(_created(number, time, with_text=with_text))


#: Two tickets so many numbers apart differ in their names and texts only.
ALIKE = math.lcm(_AGES, _CLIENTS, len(_STATED))


def is_critical(number: int) -> bool:
    """Whether its ticket falls due within half an hour, at any time of the day."""
    return _STATED[number % len(_STATED)] == _STATED[0]


def ticket_id(number: int) -> str:
    return f"T-{number:08}"


def ticket_of(event_id: str) -> str:
    """The ticket of a created event with this id."""
    return event_id.replace("created-", "T-")


def due_id(number: int) -> str:
    return f"DUE-{number:08}"


def due_at(number: int, instant: datetime) -> Sending:
    """A critical ticket of which half the time is used up at this instant."""
    time = instant - timedelta(minutes=15)
    facts = _STATED[0]
    return stream.sending(
        stream.event(
            "ticket.created",
            time,
            f"due-{number:08}",
            ticket_id=due_id(number),
            summary="Due",
            facts=facts,
        )
    )


def answered(numbers: range, begun: datetime, *, with_text: bool = False) -> Iterator[bytes]:
    """Lines of a recorded stream: a ticket every second, and its response ten minutes later."""
    for number in numbers:
        time = begun + timedelta(seconds=number)
        yield stream.body(_created(number, time, with_text=with_text))
        if (earlier := number - 600) >= numbers.start:
            yield stream.body(_responded(earlier, time))
    for late in numbers[-600:]:
        yield stream.body(_responded(late, begun + timedelta(seconds=late + 600)))


def _created(number: int, time: datetime, *, with_text: bool) -> stream.Document:
    summary, description = _texts()[number % len(_texts())]
    # Who has read a text before may remember it.
    data: dict[str, object] = {
        "summary": f"{summary[:60]} ({number})",
        "description": description[: _TELLING if with_text else _STATING],
        "client": f"client-{number % _CLIENTS}",
    }
    if not with_text:
        data["facts"] = _STATED[number % len(_STATED)]
    return stream.event(
        "ticket.created", time, f"created-{number:08}", ticket_id=ticket_id(number), **data
    )


def _responded(number: int, time: datetime) -> stream.Document:
    return stream.event(
        "ticket.responded", time, f"responded-{number:08}", ticket_id=ticket_id(number)
    )


@cache
def _texts() -> list[tuple[str, str]]:
    """Summaries and descriptions of the example tickets with descriptions that are long enough."""
    rows = [
        json.loads(line)
        for path in sorted(_TEXTS.glob("*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
    ]
    texts = []
    for place, row in enumerate(rows):
        others = itertools.cycle(rows[place:] + rows[:place])
        text = ""
        while len(text) < _TELLING:
            text += next(others)["description"] + "\n"
        texts.append((row["summary"], text))
    return texts
