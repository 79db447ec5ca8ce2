"""The words that a fact is shown with: those that say it, as they were written."""

from collections.abc import Mapping

import pytest

from schemas.facts import FactName
from schemas.outbound import Fact
from worker.policy.signals import lexicon
from worker.policy.signals.reader import LONGEST_EVIDENCE, Reader

READER = Reader(lexicon.default())


def evidence(facts: Mapping[FactName, Fact], name: FactName) -> str:
    return facts[name].evidence or ""


def test_evidence_is_what_the_writer_wrote() -> None:
    text = "Since Monday NOBODY can log in.\nThat's our Production SSO; it’s down."
    facts = READER.read("Sign-in", text)
    assert facts
    assert all(fact.origin == "text" for fact in facts.values())
    assert all(evidence(facts, name) in f"Sign-in {' '.join(text.split())}" for name in facts)
    assert evidence(facts, "stage") == "Production"


def test_evidence_holds_the_negation_that_makes_it_one() -> None:
    facts = READER.read(
        "Ticket", "The production quote flow does not send. There is no workaround."
    )
    assert evidence(facts, "workaround") == "no workaround"
    assert evidence(facts, "request") == "not send"


def test_evidence_is_short() -> None:
    text = "nobody " + "and then of course " * 30 + "in production can log in or work at all"
    for fact in READER.read("All down", text).values():
        assert len(fact.evidence or "") <= LONGEST_EVIDENCE + len(" …")


@pytest.mark.parametrize(
    ("text", "fact", "shown"),
    [
        ("Production mail flow is down", "system_critical", "mail flow is down"),
        ("The printer in the office fails", "system_critical", "printer in the office fails"),
        ("Could someone look? The ERP server is down", "request", "down"),
    ],
)
def test_evidence_says_the_very_fact(text: str, fact: FactName, shown: str) -> None:
    assert evidence(READER.read(text), fact) == shown


@pytest.mark.parametrize(
    "text",
    [
        "Printer",
        "Printer in the office",
        "The printer on the second floor, please",
        "The rooms of the office on the second floor",
    ],
)
def test_words_that_only_lean_to_a_fact_are_no_evidence_of_it(text: str) -> None:
    assert {fact.evidence for fact in READER.read(text).values()} <= {None}


def test_words_that_only_lean_make_no_question() -> None:
    text = "Your engineer, please. How the data would be, our board could want, the printer"
    assert READER.read("Printer", text).get("request") is None
