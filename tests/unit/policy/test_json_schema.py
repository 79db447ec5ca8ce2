"""An editor that knows the policy's JSON Schema says of a file what the loader says."""

import re
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator, FormatChecker

from tests.acceptance.test_policy_command import DEFAULT, MINE
from tests.support import stream
from tests.unit.policy.test_loading import GOOD, ONE_MISTAKE, changed
from worker.policy import json_schema, loading
from worker.policy.signals import lexicon

SCHEMA = json_schema.schema()
VALIDATOR = Draft202012Validator(SCHEMA, format_checker=FormatChecker())
#: What one part must be for another to fit it, and what only a list of zones or countries knows.
BEYOND_A_SCHEMA = (
    "must rise",
    "must be longer than zero",
    "must be at most 60d",
    "at_risk.0: must be a number",  # not-a-number is a number
    "no calendar",
    "is no time zone",
    "11:00-17:00 on",
    "is no country",
    "needs its country",
    "another rule is called",
    "no rule for",
)


class _Editor(yaml.SafeLoader):
    """As editors read YAML (1.2): a date is text, and so is `yes`."""


_Editor.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in forms if not tag.endswith(("timestamp", "bool"))]
    for first, forms in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Editor.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"(true|True|TRUE|false|False|FALSE)\Z"), [*"tTfF"]
)


def faults(text: str) -> list[str]:
    written: Any = yaml.load(text, Loader=_Editor)
    return [f"{fault.json_path}: {fault.message}" for fault in VALIDATOR.iter_errors(written)]


def test_it_is_a_schema_of_the_draft_that_it_names() -> None:
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMA["$id"] == "urn:respondby:1:policy"
    Draft202012Validator.check_schema(SCHEMA)


OWN_WORDS = GOOD + "signals: {words: {seven: [24, 7], calm: 'no rush, whenever'}, grammar: }\n"
EMPTY = changed("contacts: {default: the desk}\n", "contacts:\n").replace(
    "clients:\n", "clients:\n  nobody:\n"
)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(DEFAULT, id="the built-in one"),
        pytest.param(MINE, id="numbers, dates and yes as text"),
        pytest.param(stream.policy_text(), id="calendars round the clock"),
        pytest.param(GOOD, id="good"),
        pytest.param(OWN_WORDS, id="words of its own"),
        pytest.param(EMPTY, id="what is left empty"),
    ],
)
def test_a_good_policy_is_good_in_an_editor(text: str) -> None:
    loading.parse(text, "a test")
    assert faults(text) == []


def test_the_built_in_lexicon_has_the_shape_of_a_policy_s_signals() -> None:
    signals = yaml.load(lexicon.default_text(), Loader=_Editor)
    written = {**yaml.load(GOOD, Loader=_Editor), "signals": signals}
    assert [fault.message for fault in VALIDATOR.iter_errors(written)] == []


@pytest.mark.parametrize(
    ("old", "new"),
    [(o, n) for o, n, said in ONE_MISTAKE if not any(b in said for b in BEYOND_A_SCHEMA)],
)
def test_a_mistake_is_one_in_an_editor(old: str, new: str) -> None:
    assert faults(changed(old, new))


def test_an_editor_can_complete_levels_weekdays_facts_and_keys() -> None:
    parts = SCHEMA["$defs"]
    assert set(SCHEMA["properties"]["levels"]["properties"]) == {
        "critical",
        "high",
        "medium",
        "low",
    }
    assert "monday" in parts["CalendarPart"]["properties"]["hours"]["properties"]
    assert "raise" in parts["ClientPart"]["properties"]
    assert "unknown" in str(parts["WhenPart"]["properties"]["stage"])


def test_a_part_of_the_file_says_what_it_is_for() -> None:
    for place in ("at_risk", "clients", "contacts", "signals", "binding"):
        assert SCHEMA["properties"][place]["description"]
