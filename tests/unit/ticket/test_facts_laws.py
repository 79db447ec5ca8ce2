"""What holds of a ticket's facts and of its level, whatever its words and its events are."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas.envelope import LEVELS
from schemas.facts import FACTS, FactName
from tests.support import severity
from tests.support.histories import STEP, enough
from tests.support.severity import Value
from tests.support.tickets import (
    at,
    created,
    escalated,
    paused,
    responded,
    resumed,
    updated,
    with_clients,
)
from worker.ticket.history import Entry
from worker.ticket.life import Life, live

_SENTENCES = (
    "The nightly backup failed in production.",
    "Nobody can log in since the update.",
    "Users' mailboxes were deleted, and the data is lost for good.",
    "There is no workaround.",
    "As a workaround we do it by hand.",
    "It is slow, but the results are right.",
    "We are still testing this, it is not live yet.",
    "How do I rename a workflow?",
    "Could you add a column to the report?",
    "The logo is a little off.",
    "URGENT!!!",
)
words = st.lists(st.sampled_from(_SENTENCES), max_size=4).map(" ".join)
names = st.sampled_from([*FACTS])
stated = st.fixed_dictionaries({}, optional={n: st.sampled_from(v) for n, v in FACTS.items()})


def value_of(name: FactName) -> st.SearchStrategy[Value]:
    return st.sampled_from([*FACTS[name], None])


def alive(*entries: Entry) -> Life:
    life = live(entries, with_clients())
    assert life is not None
    return life


def facts(*entries: Entry) -> dict[FactName, tuple[Any, ...]]:
    known = alive(*entries).facts.items()
    return {name: (fact.value, fact.origin, fact.evidence) for name, fact in known}


@enough
@given(words, words, stated, names, st.data())
def test_to_state_a_fact_or_take_it_back_touches_no_other(
    summary: str, description: str, said: dict[str, Any], name: FactName, data: st.DataObject
) -> None:
    value = data.draw(value_of(name))
    text = {"summary": summary, "description": description}
    before = facts(created("10:00", facts=said, **text))
    after = {known: before[known] for known in before if known != name}
    if value is not None:
        after[name] = (value, "event", None)
    assert facts(created("10:00", facts={**said, name: value}, **text)) == after
    later = updated("11:00", facts={name: value})
    assert facts(created("10:00", facts=said, **text), later) == after


@enough
@given(words, words, stated, names, st.data())
def test_a_worse_fact_than_the_words_tell_never_lowers_the_level(
    summary: str, description: str, said: dict[str, Any], name: FactName, data: st.DataObject
) -> None:
    first = created("10:00", summary=summary, description=description, facts=said)
    told = alive(first).facts.get(name)
    worse = severity.above(name, told.value if told else None)
    if worse:
        value = data.draw(st.sampled_from(worse))
        assert rank(first, updated("11:00", facts={name: value})) >= rank(first)


_Facts = Mapping[FactName, Value]


@st.composite
def facts_and_worse(draw: st.DrawFn) -> tuple[_Facts, _Facts]:
    """All facts twice: each the second time the same, or one that speaks for a higher level."""
    some = {name: draw(value_of(name)) for name in FACTS}
    worse = {
        name: draw(st.sampled_from([value, *severity.above(name, value)]))
        for name, value in some.items()
    }
    return some, worse


_between = st.lists(st.sampled_from([escalated, escalated, responded, paused, resumed]), max_size=4)


@enough
@given(
    facts_and_worse(),
    facts_and_worse(),
    _between,
    _between,
    st.sampled_from([None, "acme", "owl"]),
    st.sampled_from([None, *LEVELS]),
)
def test_worse_facts_never_lower_the_level_whatever_happens_to_the_ticket(
    first: tuple[_Facts, _Facts],
    second: tuple[_Facts, _Facts],
    before: list[Any],
    after: list[Any],
    client: str | None,
    to_level: str | None,
) -> None:
    def level(facts: _Facts, later: _Facts) -> int:
        builders = [*before, updated, *after]
        data: dict[Any, dict[str, Any]] = {
            updated: {"facts": later},
            escalated: {"to_level": to_level} if to_level else {},
        }
        entries = [
            build(at("10:00") + STEP * n, f"e{n}", **data.get(build, {}))
            for n, build in enumerate(builders)
        ]
        return rank(created(at("10:00") - timedelta(hours=1), client=client, facts=facts), *entries)

    assert level(first[1], second[1]) >= level(first[0], second[0])


def rank(*entries: Entry) -> int:
    return LEVELS.index(alive(*entries).level)
