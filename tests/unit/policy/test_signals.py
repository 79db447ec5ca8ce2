"""What a ticket's words say, and what they do not."""

import pytest

from schemas.envelope import Level
from schemas.facts import FactName, FactValue
from worker.policy import loading
from worker.policy.signals import lexicon
from worker.policy.signals.reader import Reader

READER = Reader(lexicon.default())
POLICY = loading.parse(loading.default_text(), "built-in")


def values(summary: str, description: str | None = None) -> dict[FactName, FactValue]:
    return {name: fact.value for name, fact in READER.read(summary, description).items()}


def level(summary: str, description: str | None = None) -> Level:
    return POLICY.verdict(values(summary, description)).level


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Nobody at any of our clients can log in since 7, production SSO.", "critical"),
        ("All clients' phones are dead, inbound and outbound, live call routing.", "critical"),
        (
            "The live clean-up is deleting mailboxes of active users and we can't stop it.",
            "critical",
        ),
        (
            "Production backups have not run for any client, reports success, no other copy.",
            "critical",
        ),
        ("EDR alerts are silently dropped in production, no second monitoring.", "critical"),
        ("The live portal shows other companies' passports and bank details.", "critical"),
        ("Our live invoice sync stopped on Monday, we tried restarting, same error.", "high"),
        ("In production the dispatch flow assigns the wrong technician, tickets are late.", "high"),
        (
            "Production survey mails aren't sent for 9 days, republishing made no difference.",
            "high",
        ),
        ("Live dashboard export fails in Chrome, works in Edge.", "medium"),
        ("The production digest shows UTC. Data is correct, it's just annoying.", "medium"),
        ("Live form needs a second click to submit, then it goes through.", "medium"),
        ("How do I set a default value in a form field?", "low"),
        ("It would be great if lists could be sorted.", "low"),
        ("There's a typo on the settings page.", "low"),
        ("I'm building my first workflow in the sandbox and step 2 errors.", "low"),
    ],
)
def test_what_is_wrong_and_where_gives_the_level(text: str, expected: Level) -> None:
    assert level("Ticket", text) == expected


@pytest.mark.parametrize(
    "tone",
    ["URGENT!!! ", "ASAP! ", "CRITICAL!!! ", "EMERGENCY!!! ", "P1!!! ", "Top priority. ", "Help! "],
)
@pytest.mark.parametrize(
    "text",
    [
        "How do I change the colour of a button?",
        "The live list shows dates in US format. Data is correct, looks odd.",
        "Our production invoice sync has stopped, we tried restarting it, same error.",
        "Production backups have not run for any client since Friday, no other copy exists.",
    ],
)
def test_a_loud_ticket_says_what_the_same_ticket_says_quietly(tone: str, text: str) -> None:
    assert values("Ticket", tone + text) == values("Ticket", text)


@pytest.mark.parametrize("tone", ["No rush. ", "Whenever convenient. ", "When you have time: "])
def test_a_polite_ticket_is_no_less_critical(tone: str) -> None:
    text = "production backups have not run for any client since Friday, no other copy exists."
    assert level("A small thing", tone + text) == "critical"


@pytest.mark.parametrize(
    "text",
    [
        "The onboarding flow fails on step 3. It is not in production yet.",
        "The workflow isn't live yet and throws an error.",
        "The flow hasn't gone live, its copy step errors out.",
        "This one never went live. It stops with error 500.",
        "Step 2 fails. We haven't started using it, go live is in May.",
    ],
)
def test_what_is_not_in_production_yet_is_no_production_fault(text: str) -> None:
    assert values("Ticket", text)["stage"] == "building"
    assert level("Ticket", text) == "low"


@pytest.mark.parametrize(
    "text",
    [
        "I'm testing a fix for what runs in production, the fixed copy errors in our dev tenant.",
        "We test a change to the production workflow in the sandbox and there the change fails.",
        "In staging, the copy of our production flow loses alerts. Production isn't affected.",
        "UAT of the new version of the live leaver flow: the manager's mail is skipped.",
    ],
)
def test_a_fix_under_test_is_no_production_fault(text: str) -> None:
    assert level("Ticket", text) == "low"


@pytest.mark.parametrize(
    "text",
    [
        "The workflow named TEST is live and no longer sends the reports. There's no workaround.",
        "Tested it again as you asked, the production quote flow still fails, no workaround.",
        "This is not a test. Our live time entry import fails and we can't enter times by hand.",
        "Re-tested today: production invoices still aren't sent, no difference.",
    ],
)
def test_the_word_test_is_not_the_stage(text: str) -> None:
    assert values("Ticket", text)["stage"] == "production"
    assert level("Ticket", text) == "high"


@pytest.mark.parametrize(
    "text",
    [
        "Hypothetical: what would happen if production failed and all backups were lost?",
        "What would happen if the production engine stopped for all clients during backups?",
        "What if all our tenants were locked out, would your support be reachable?",
        "Suppose ransomware encrypted every server, which workflows would still run?",
    ],
)
def test_a_fault_that_is_only_imagined_is_none(text: str) -> None:
    assert values("Ticket", text)["request"] == "question"
    assert level("Ticket", text) == "low"


@pytest.mark.parametrize(
    "text",
    [
        "Last month's outage is resolved. I have a question about the report.",
        "The outage on Monday has been fixed. Could we get the root cause report?",
        "Can you send the post mortem of the backup incident? All good since.",
    ],
)
def test_a_fault_that_is_over_is_none(text: str) -> None:
    assert level("Ticket", text) == "low"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The live quote approval doesn't work. There is no workaround.", False),
        ("The live quote approval doesn't work and cannot be done by hand.", False),
        ("The live quote approval is broken, changing it by hand reverts each night.", False),
        ("Live quote approval fails on the first try, the second try works.", True),
        ("Live quote approval fails in Chrome, as a workaround we use Edge.", True),
    ],
)
def test_a_workaround_is_told_from_none(text: str, *, expected: bool) -> None:
    assert values("Ticket", text)["workaround"] is expected


@pytest.mark.parametrize(
    "text",
    [
        "In production dispatch picks the wrong engineer. Nobody is blocked, it's late tickets.",
        "The live sync adds duplicates. Not down, no data lost, customers wait longer.",
        "Production reminders aren't sent. No one is blocked, people chase and complain.",
    ],
)
def test_what_stops_nobody_is_not_system_critical(text: str) -> None:
    assert values("Ticket", text).get("system_critical") is not True
    assert level("Ticket", text) in ("high", "medium")


def test_a_fault_that_is_not_just_cosmetic_is_a_fault() -> None:
    text = "This isn't just cosmetic: the live invoices have wrong totals and can't be corrected."
    assert values("Invoices", text)["request"] == "fault"


@pytest.mark.parametrize(
    "text", ["", "Hello", "Please call me back.", "???", "Asdf qwertz", "12345"]
)
def test_where_nothing_is_said_nothing_is_known(text: str) -> None:
    assert values("", text) == {}
    verdict = POLICY.verdict(values("", text))
    assert (verdict.level, verdict.needs_triage) == ("medium", True)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("producton backups have not run", "production backups have not run"),
        (
            "prodution quote flow is down, no workarond",
            "production quote flow is down, no workaround",
        ),
        ("the live form, there is no worakround", "the live form, there is no workaround"),
    ],
)
def test_a_slip_of_the_hand_changes_nothing(typed: str, meant: str) -> None:
    assert values("Ticket", typed).keys() == values("Ticket", meant).keys()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The live flow doesn't run.", "The live flow doesn’t run."),
        ("The live flow doesn't run.", "the LIVE flow DOESN'T run."),
        ("Sign-in fails in production.", "Sign in fails in production."),
        ("The live flow categorises wrongly.", "The live flow categorizes wrongly."),
    ],
)
def test_spelling_and_case_change_nothing(one: str, other: str) -> None:
    assert values("Ticket", one) == values("Ticket", other)


@pytest.mark.parametrize(
    "text",
    [
        "Can you restore our mail server? Everyone is down",
        "Could you look at our firewall? Internet is down at all sites",
        "Please add more disk space, the ERP server is full and nobody can post invoices",
        "All sites are offline, can somebody call me?",
        "Ransomware note on file server. What should we do?",
    ],
)
def test_a_courtesy_makes_no_question_of_an_outage(text: str) -> None:
    assert level("", text) in ("high", "critical")
