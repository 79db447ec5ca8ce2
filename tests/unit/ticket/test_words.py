"""A ticket's own words become facts where nobody stated them."""

from tests.support.tickets import Case, created, updated

HARM = "Production offboarding is deleting active users' mailboxes, the data is lost for good"


def test_words_give_facts_with_the_words_that_gave_them() -> None:
    case = Case()
    (event,) = case.take(created("10:00", summary=HARM))
    assert event["data"]["level"] == "critical"
    told = event["data"]["reasons"][0]["facts"]["system_critical"]
    assert (told["value"], told["from"]) == (True, "text")
    assert told["evidence"] in HARM


def test_what_was_stated_wins_over_the_words() -> None:
    case = Case()
    (event,) = case.take(created("10:00", summary=HARM, facts={"system_critical": False}))
    assert event["data"]["level"] == "high"
    told = event["data"]["reasons"][0]["facts"]["system_critical"]
    assert told == {"value": False, "from": "event"}


def test_a_fact_that_was_taken_back_is_unknown_whatever_the_words_say() -> None:
    case = Case()
    case.take(created("10:00", summary=HARM))
    (event,) = case.take(updated("10:05", facts={"system_critical": None}))
    assert (event["data"]["level"], event["data"]["needs_triage"]) == ("high", True)
    assert "system_critical" in event["data"]["unknown"]


def test_other_words_in_an_update_are_read_anew() -> None:
    case = Case()
    case.take(created("10:00", summary=HARM))
    (event,) = case.take(
        updated("10:05", summary="Question", description="How do I rename a workflow?")
    )
    assert event["data"]["level"] == "low"


def test_how_loudly_a_thing_is_said_is_no_fact() -> None:
    levels = set()
    for summary in ("How do I rename a workflow?", "URGENT!!! HOW DO I RENAME A WORKFLOW? ASAP!!!"):
        case = Case()
        (event,) = case.take(created("10:00", summary=summary))
        levels.add(event["data"]["level"])
    assert levels == {"low"}
