"""The policy that docs/policy.md puts together piece by piece is good, and does what is said."""

import json
import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from schemas import decoding
from schemas.envelope import LEVELS
from schemas.facts import FACTS
from worker.policy import doubts, loading
from worker.ticket import explanation

HOME = Path(__file__).parents[3]
PAGE = (HOME / "docs" / "policy.md").read_text("utf-8")
PIECES = "".join(re.findall(r"^```yaml\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL))
POLICY = loading.parse(PIECES, "docs/policy.md", strict=True)
TOLD = re.findall(rf"^\| (.+) \| ({'|'.join(LEVELS)}) \|$", PAGE, flags=re.MULTILINE)


def level_of(summary: str, client: str) -> str:
    event = {
        "specversion": "1.0",
        "id": "1",
        "source": "/psa",
        "type": "ticket.created",
        "time": "2026-11-24T16:00:00Z",
        "data": {"ticket_id": "1", "summary": summary, "client": client},
    }
    return explanation.explain(decoding.decode(json.dumps(event).encode()), POLICY).level


def test_the_pieces_make_a_policy_that_leaves_no_doubt() -> None:
    assert doubts.told(PIECES, POLICY, date(2026, 11, 24)) == []


def test_the_pieces_show_every_part_that_a_policy_has_a_use_for() -> None:
    parts = set(type(POLICY.file).model_fields) - {"binding", "sources"}
    assert POLICY.file.model_fields_set == parts


def test_the_table_of_facts_has_each_with_its_values() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", PAGE, flags=re.MULTILINE)
    told = {fact: re.findall("`(.+?)`", values) for fact, values in rows}
    assert told == {
        fact: [str(value).lower() for value in values] for fact, values in FACTS.items()
    }


@pytest.mark.parametrize(("summary", "level"), TOLD)
def test_a_summary_has_the_level_that_the_page_tells(summary: str, level: str) -> None:
    assert level_of(summary, "seaside-school") == level


def test_the_page_tells_of_summaries_with_which_the_built_in_lexicon_alone_is_not_enough() -> None:
    plain = loading.parse(PIECES.split("\nsignals:")[0], "without signals")
    said = [summary for summary, level in TOLD if level == "critical"]
    assert len(said) == 3
    for summary in said:
        told = plain.read(summary, None).get("system_critical")
        assert told is None or not told.value


def test_a_question_of_a_client_that_is_raised_is_medium() -> None:
    assert level_of("A question about the forklift terminals", "orchard-foods") == "medium"
    assert POLICY.raised("high", "orchard-foods") == "critical"


def test_the_longest_objective_is_two_days_of_the_office() -> None:
    assert POLICY.goal("low").respond_within == timedelta(hours=16)


def test_the_day_that_is_open_would_be_closed_without_it() -> None:
    opened = date(2026, 11, 27)
    assert POLICY.file.calendars["office"].holidays.open == (opened,)
    assert opened not in POLICY.holidays([2026])["office"]
    closed = PIECES.replace("      open: [2026-11-27]", "      open: []")
    assert opened in loading.parse(closed, "closed").holidays([2026])["office"]
