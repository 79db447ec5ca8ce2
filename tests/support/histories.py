"""Random histories of one ticket, for Hypothesis."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from schemas.envelope import LEVELS
from tests.support.tickets import (
    CLIENTS,
    CRITICAL,
    HIGH,
    LOW,
    MEDIUM,
    Builder,
    at,
    closed,
    created,
    escalated,
    paused,
    reopened,
    resolved,
    responded,
    resumed,
    updated,
)
from worker.ticket import history
from worker.ticket.history import Entry

START = at("08:00")
STEP = timedelta(minutes=30)
#: Half hours of Monday, the closed ones of its morning and evening too, and some of Tuesday.
TIMES = [START + n * STEP for n in range(21)] + [at("tue 09:00") + n * STEP for n in range(5)]
#: So far that every deadline and every alert lies before it.
LONG_AFTER = START + timedelta(days=30)

#: For tests over histories. No limits of time: they would measure the machine.
enough = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])

#: As often as they stand here, so that most histories hold something of everything.
_BUILDERS: tuple[Builder, ...] = (
    *(updated, updated, updated, updated, responded, escalated),
    *(paused, paused, resumed, resumed, resolved, closed, reopened, reopened),
)

_sequences = st.sampled_from([None, None, None, 1, "2", 10])
_clients = st.sampled_from([None, *CLIENTS, "somebody"])
_facts = st.one_of(
    st.sampled_from([CRITICAL, HIGH, HIGH, MEDIUM, LOW]),
    st.sampled_from([CRITICAL, HIGH]),
    st.dictionaries(
        st.sampled_from(["system_critical", "workaround", "degraded"]),
        st.sampled_from([True, False, None]),
    ),
)


@st.composite
def histories(draw: st.DrawFn) -> list[Entry]:
    """Some events of a ticket, ties in time among them, in the order in which a replay has them.

    The ticket is created once or twice, mostly before the rest but not always.
    """
    builders = draw(st.lists(st.sampled_from(_BUILDERS), min_size=4, max_size=14))
    if draw(st.integers(0, 3)) == 0:
        builders.append(created)
    entries = [draw(_event(created, "first", TIMES[:5]))]
    for number, build in enumerate(builders):
        entries.append(draw(_event(build, f"e{number}", TIMES)))
    place = {id(entry): n for n, entry in enumerate(history.ordered(entries))}
    return sorted(entries, key=lambda entry: (entry.event.time, place[id(entry)]))


def ends(last: datetime) -> st.SearchStrategy[datetime]:
    """Instants from the last event on at which to look: at once, soon, or when all is over."""
    return st.sampled_from([last, last + STEP, last + timedelta(hours=5), LONG_AFTER])


@st.composite
def _event(draw: st.DrawFn, build: Builder, id_: str, times: list[datetime]) -> Entry:
    time = draw(st.sampled_from(times))
    data: dict[str, Any] = {}
    if build in (created, updated):
        data = draw(_stated(time))
    elif build is responded:
        data["by"] = draw(st.sampled_from(["agent", "agent", "automation"]))
        if draw(st.booleans()):
            data["responded_at"] = draw(_not_after(time))
    elif build is escalated and draw(st.integers(0, 2)) == 0:
        data["to_level"] = draw(st.sampled_from(LEVELS))
    return build(time, id_, sequence=draw(_sequences), **data)


@st.composite
def _stated(draw: st.DrawFn, time: datetime) -> dict[str, Any]:
    stated: dict[str, Any] = {}
    if draw(st.integers(0, 3)) > 0:
        stated["facts"] = draw(_facts)
    if draw(st.integers(0, 3)) == 0:
        stated["client"] = draw(_clients)
    if draw(st.integers(0, 3)) == 0:
        stated["notified_at"] = draw(_not_after(time))
    return stated


def _not_after(time: datetime) -> st.SearchStrategy[datetime]:
    return st.sampled_from([earlier for earlier in TIMES if earlier <= time])
