"""A policy's own signals: what is added, what is refused, and where."""

from typing import Any

import pytest
from pydantic import ValidationError

from worker.policy.signals import inflection, lexicon
from worker.policy.signals.lexicon import SignalsPart
from worker.policy.signals.reader import Reader

BUILT_IN = lexicon.default()


def extended(part: dict[str, Any]) -> Reader:
    own = SignalsPart.model_validate(part)
    assert list(lexicon.contradictions(own, BUILT_IN)) == []
    return Reader(lexicon.merged(BUILT_IN, own))


def places(part: dict[str, Any]) -> list[tuple[str | int, ...]]:
    own = SignalsPart.model_validate(part)
    return [place for place, _ in lexicon.contradictions(own, BUILT_IN)]


def faults(part: dict[str, Any]) -> list[tuple[str | int, ...]]:
    with pytest.raises(ValidationError) as refused:
        SignalsPart.model_validate(part)
    return [fault["loc"] for fault in refused.value.errors()]


def sign(**fields: Any) -> dict[str, Any]:
    return {"signs": {"x": {"when": "live", "says": {}, **fields}}}


def together(of: str) -> dict[str, Any]:
    return {"together": {"x": {"of": of, "says": {}}}}


def learnt(**fields: Any) -> dict[str, Any]:
    return {"learnt": {kind: {"mild": points} for kind, points in fields.items()}}


def test_the_built_in_lexicon_agrees_with_itself() -> None:
    assert list(lexicon.contradictions(BUILT_IN, BUILT_IN)) == []


def test_a_lexicon_without_additions_is_the_built_in_one() -> None:
    assert lexicon.merged(BUILT_IN, SignalsPart()) == BUILT_IN


def test_an_msp_adds_its_own_systems() -> None:
    text = "The Fridolin does not run in production, nothing is copied anywhere else."
    before = Reader(BUILT_IN).read("Fridolin", text)
    after = extended({"words": {"backup": "fridolin"}}).read("Fridolin", text)
    assert "system_critical" not in before
    assert after["system_critical"].value is True
    assert after["system_critical"].evidence == "Fridolin"


def test_an_msp_adds_its_own_signs() -> None:
    reader = extended(
        {
            "words": {"robot": "dispensing robot, the robot"},
            "signs": {"robot-down": {"when": "robot dead", "says": {"system_critical": "60"}}},
        }
    )
    said = reader.read("Help", "The dispensing robot is down in production.")
    assert said["system_critical"].evidence == "dispensing robot is down"


def test_a_policys_sign_takes_the_place_of_the_built_in_one_of_its_name() -> None:
    reader = extended({"signs": {"in-production": {"when": ["live"], "says": {"production": 0}}}})
    assert "stage" not in reader.read("Flow", "The production flow fails.")


def test_a_policy_takes_words_out() -> None:
    reader = extended({"without": {"live": "prod"}})
    assert reader.read("x", "prod quote flow fails")["request"].value == "fault"
    assert "stage" not in reader.read("x", "prod quote flow fails")
    assert "stage" in reader.read("x", "production quote flow fails")


def test_words_may_be_a_list_or_a_text_with_commas() -> None:
    listed = SignalsPart.model_validate({"words": {"live": ["in prod", "prod"]}})
    written = SignalsPart.model_validate({"words": {"live": " in\n prod,prod, "}})
    assert listed == written


@pytest.mark.parametrize(
    ("part", "place"),
    [
        ({"word": {}}, ("word",)),
        ({"words": {"live": "prod, ???"}}, ("words", "live", 1)),
        ({"signs": {"x": {"when": "live"}}}, ("signs", "x", "says")),
        (sign(when=""), ("signs", "x", "when")),
        (sign(says={"fualt": 3}), ("signs", "x", "says", "fualt", "[key]")),
        (sign(says={"fault": "lots"}), ("signs", "x", "says", "fault")),
        (together("stands"), ("together", "x", "of")),
        ({"grammar": {"reach": 99}}, ("grammar", "reach")),
        ({"bars": {"mild": "high"}}, ("bars", "mild")),
        (learnt(words={"many": "a"}), ("learnt", "words", "mild", "many", "[key]")),
    ],
)
def test_a_mistake_is_refused_with_its_place(
    part: dict[str, Any], place: tuple[str | int, ...]
) -> None:
    assert faults(part) == [place]


@pytest.mark.parametrize(
    ("part", "place"),
    [
        (sign(when="live, lvie"), ("signs", "x", "when", 1)),
        (sign(when="!not-lvie live"), ("signs", "x", "when", 0)),
        (sign(when="!live"), ("signs", "x", "when", 0)),
        (sign(even="dead"), ("signs", "x", "even", 0)),
        (together("stands, sits or hurts"), ("together", "x", "of", 1)),
        (learnt(signs={"3": "sits"}), ("learnt", "signs", "mild", "3")),
        ({"without": {"lvie": "prod"}}, ("without", "lvie")),
    ],
)
def test_what_is_named_nowhere_is_refused_with_its_place(
    part: dict[str, Any], place: tuple[str | int, ...]
) -> None:
    assert places(part) == [place]


def test_a_name_that_is_nearly_right_is_told() -> None:
    own = SignalsPart.model_validate({"signs": {"x": {"when": "backupp", "says": {}}}})
    [(_, message)] = lexicon.contradictions(own, BUILT_IN)
    assert "did you mean 'backup'" in message


@pytest.mark.parametrize(
    ("word", "forms"),
    [
        ("fail", {"fail", "fails", "failed", "failing"}),
        ("stop", {"stop", "stops", "stopped", "stopping"}),
        ("delete", {"delete", "deletes", "deleted", "deleting"}),
        ("notify", {"notify", "notifies", "notified", "notifying"}),
        ("crash", {"crash", "crashes", "crashed", "crashing"}),
        ("open", {"open", "opens", "opened", "opening"}),
    ],
)
def test_a_plus_stands_for_a_words_forms(word: str, forms: set[str]) -> None:
    assert {" ".join(reading) for reading in inflection.expanded(f"{word}+")} == forms
