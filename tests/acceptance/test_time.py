"""Time is the second source of events: deadlines pass while the real command runs, or rests."""

from datetime import UTC, datetime, timedelta
from functools import partial

from tests.support import stream
from tests.support.site import Document, Site
from tests.support.waiting import until

#: The objective of a critical ticket, and the fraction of it at which the last warning comes.
OBJECTIVE, LAST_WARNING = timedelta(minutes=30), 0.8
#: How late an alert may be noticed on a machine that has other things to do.
PROMPTLY = timedelta(seconds=2)


async def test_a_warning_and_a_breach_leave_when_their_instant_comes_and_not_before(
    site: Site,
) -> None:
    await site.worker.up()
    soon = datetime.now(UTC) + timedelta(seconds=2)
    warned, missed = soon - OBJECTIVE * LAST_WARNING, soon - OBJECTIVE

    await site.send(_critical("warned", warned), _critical("missed", missed))
    await until(lambda: _has(site, "ticket.prioritized", 2), "both are prioritized")
    assert len(await site.events()) == 2, "alerted before its time"
    await until(lambda: _has(site, "objective.breached", 1), "a breach")

    assert await site.worker.stop() == 0
    (warning,), (breach,) = await _alerts(site, "warned"), await _alerts(site, "missed")
    assert warning["type"] == "objective.at_risk"
    assert _instant(warning["time"]) == _instant(breach["time"]) == soon
    assert warning["data"]["threshold"] == LAST_WARNING
    assert warning["data"]["remaining_seconds"] == 360
    assert _instant(warning["data"]["deadline"]) == warned + OBJECTIVE
    assert _instant(breach["data"]["due_at"]) == soon
    assert soon <= _instant(breach["data"]["detected_at"]) < soon + PROMPTLY


async def test_what_fell_due_while_the_worker_was_away_is_alerted_once_and_unless_answered(
    site: Site,
) -> None:
    due, silent, answered = await _left_before_due(site)
    await until(lambda: datetime.now(UTC) > due, "both have fallen due", 60)

    # The answer was in time, but lies behind a day's work when the worker comes back.
    answer = stream.event("ticket.responded", due, "answer", ticket_id=answered)
    await site.send(*_others(500), answer)
    back = datetime.now(UTC)
    await site.worker.up()
    await until(lambda: _is_alerted(site, silent), "a breach", 60)
    await until(lambda: _has(site, "response.recorded", 1), "the answer is recorded", 60)

    assert await site.worker.stop() == 0
    assert await _alerts(site, answered) == []
    (breach,) = await _alerts(site, silent)
    assert _instant(breach["time"]) == _instant(breach["data"]["due_at"]) == due
    assert _instant(breach["data"]["detected_at"]) > back
    (record,) = await site.events("response.recorded")
    assert (record["data"]["outcome"], _instant(record["data"]["deadline"])) == ("met", due)
    assert len(site.downstream.messages) == len(await site.events()), "something was told twice"


async def test_an_alert_that_a_late_message_disproves_is_taken_back(site: Site) -> None:
    due = datetime.now(UTC) - timedelta(seconds=1)
    await site.worker.up()
    await site.send(_critical("T-1", due - OBJECTIVE))
    await until(lambda: _has(site, "objective.breached", 1), "a breach")

    await site.send(stream.event("ticket.responded", due, "answer", ticket_id="T-1"))
    await until(lambda: _has(site, "objective.superseded", 1), "the breach is taken back")

    assert await site.worker.stop() == 0
    (breach,) = await site.events("objective.breached")
    (taken_back,) = await site.events("objective.superseded")
    assert taken_back["data"]["alert_id"] == breach["id"]
    assert taken_back["data"]["reason"] == "response"
    (record,) = await site.events("response.recorded")
    assert record["data"]["outcome"] == "met"


async def test_a_deadline_that_waits_for_the_client_passes_in_silence(site: Site) -> None:
    await site.worker.up()
    due = datetime.now(UTC) + timedelta(seconds=2)

    await site.send(
        _critical("paused", due - OBJECTIVE),
        stream.event("ticket.paused", datetime.now(UTC), "pause", ticket_id="paused"),
        _critical("running", due - OBJECTIVE),
    )
    await until(lambda: _has(site, "objective.breached", 1), "a breach")

    assert await site.worker.stop() == 0
    assert await _alerts(site, "paused") == []
    assert len(await _alerts(site, "running")) == 1


def _critical(name: str, notified_at: datetime) -> Document:
    """A critical ticket that a person wrote down just now."""
    return stream.event(
        "ticket.created",
        datetime.now(UTC),
        f"created-{name}",
        ticket_id=name,
        summary="The line stands still",
        notified_at=notified_at.isoformat(),
        facts={"request": "fault", "stage": "production", "system_critical": True},
    )


async def _left_before_due(site: Site) -> tuple[datetime, str, str]:
    """Two critical tickets that the worker knows, and leaves before they fall due: when, and which.

    A machine that has other things to do takes long to get it away: then two others last longer.
    """
    for lead in (2.5, 10, 40):
        pair = f"silent-{lead}", f"answered-{lead}"
        await site.worker.up()
        due = datetime.now(UTC) + timedelta(seconds=lead)
        await site.send(*(_critical(name, due - OBJECTIVE) for name in pair))
        await until(partial(_are_known, site, pair), "both are prioritized", 60)
        assert await site.worker.stop() == 0
        if datetime.now(UTC) < due:
            return due, *pair
    raise AssertionError("it was still there when they fell due")


def _others(count: int) -> list[Document]:
    now = datetime.now(UTC)
    return [
        stream.event("ticket.created", now, f"other-{n}", ticket_id=f"other-{n}", summary="")
        for n in range(count)
    ]


async def _alerts(site: Site, ticket: str) -> list[Document]:
    """Everything about a ticket that time, and no event, gave rise to; and what undoes it."""
    return [
        event
        for event in await site.events()
        if event["data"]["ticket_id"] == ticket and event["type"].startswith("objective.")
    ]


async def _is_alerted(site: Site, ticket: str) -> bool:
    return await _alerts(site, ticket) != []


async def _are_known(site: Site, tickets: tuple[str, ...]) -> bool:
    known = {event["data"]["ticket_id"] for event in await site.events("ticket.prioritized")}
    return known.issuperset(tickets)


async def _has(site: Site, type_: str, count: int) -> bool:
    return len(await site.events(type_)) >= count


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
