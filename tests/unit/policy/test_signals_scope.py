"""How far what is said reaches: what is over, what may come, and what is said of elsewhere."""

import pytest

from schemas.envelope import Level
from schemas.facts import FactName, FactValue
from worker.policy import loading
from worker.policy.signals import lexicon
from worker.policy.signals.reader import Reader

READER = Reader(lexicon.default())
POLICY = loading.parse(loading.default_text(), "built-in")


def values(summary: str) -> dict[FactName, FactValue]:
    return {name: fact.value for name, fact in READER.read(summary).items()}


def level(summary: str) -> Level:
    return POLICY.verdict(values(summary)).level


@pytest.mark.parametrize(
    "text",
    [
        "Login outage in staging is over, but production logins fail",
        "The demo tenant works again, however in production nobody can log in",
        "While staging is fine now, production mail flow is down for all clients",
        "Production logins fail, although the outage in staging is over",
        "The sandbox error was fixed, yet live backups do not run for any client",
        "UAT is back to normal; production checkout is dead",
        "Dev works fine, but prod is broken",
        "The test tenant is back to normal, whereas our live phones are down at all sites",
    ],
)
def test_what_is_said_of_staging_is_not_said_of_production(text: str) -> None:
    assert values(text)["stage"] == "production"
    assert level(text) in ("high", "critical")


@pytest.mark.parametrize(
    "text",
    [
        "Step 3 fails in the sandbox, but production is fine",
        "The copy in staging loses alerts, while the production flow is untouched",
        "In our dev tenant the sync crashed, however the live one works",
    ],
)
def test_what_fails_in_staging_alone_is_no_production_fault(text: str) -> None:
    assert values(text)["stage"] in ("building", "testing")
    assert level(text) == "low"


@pytest.mark.parametrize(
    "text",
    [
        "Backups failed all night, but it is fixed now",
        "Nobody could log in on Monday, but everything is back to normal",
        "The mail server crashed, however this has been resolved. Can we have the report?",
    ],
)
def test_what_is_said_to_be_over_afterwards_is_over(text: str) -> None:
    assert level(text) == "low"


@pytest.mark.parametrize(
    "text",
    [
        "No one is affected by the outage",
        "Nobody is affected by the outage",
        "No users are affected by the failed disk",
        "No impact for users, one of two firewalls crashed",
        "A disk failed in the file server, none of our clients are affected",
    ],
)
def test_a_fault_that_reaches_nobody_is_not_system_critical_and_not_in_the_making(
    text: str,
) -> None:
    assert "stage" not in values(text)
    assert values(text).get("system_critical") is not True
    assert level(text) in ("high", "medium")


@pytest.mark.parametrize(
    "text",
    [
        "Ransomware last year; today one backup job failed, retry works",
        "Ransomware two years ago, today one backup job failed, retry works",
        "Back in March all servers were encrypted. Now a label on the portal is wrong",
        "Last month the whole client was hacked, but the survey mail is what shows twice today",
        "Previously the backup crashed for all clients. How do I rename a flow?",
    ],
)
def test_what_was_grave_long_ago_is_not_critical_today(text: str) -> None:
    assert values(text).get("system_critical") is not True
    assert level(text) != "critical"


@pytest.mark.parametrize(
    "text",
    [
        "Production backups have not run for any client since last month, no other copy exists",
        "Production backups stopped for all clients last month, no other copy exists",
        "Nothing has been backed up for any client since last year, no other copy exists",
    ],
)
def test_what_began_long_ago_and_lasts_is_critical_today(text: str) -> None:
    assert level(text) == "critical"


@pytest.mark.parametrize(
    "text",
    [
        "If the server goes down again, who do we call?",
        "In case the backup fails, who gets the alert?",
        "Should the firewall crash, is there a second one?",
        "If all servers go down at once, do you have a plan?",
        "Who do we ring if our internet is down on Sunday?",
        "Please set up an alert for when the mail server crashes",
    ],
)
def test_what_might_fail_is_no_fault(text: str) -> None:
    assert values(text)["request"] in ("question", "feature")
    assert level(text) == "low"


@pytest.mark.parametrize(
    "text",
    [
        "If you open the portal, production login fails for everyone",
        "If we log in, we get an error and nobody can work",
        "Let me know if it is the router, but all sites are offline",
    ],
)
def test_what_fails_under_a_condition_that_is_met_is_a_fault(text: str) -> None:
    assert level(text) == "critical"


@pytest.mark.parametrize(
    "text",
    [
        "Can you please help? SQL server crashed, all users stuck",
        "Please help! Could someone look? Exchange is down for all users",
        "Could you please take a look? Domain controller crashed and nobody can log in",
        "The file server is down, everyone is stuck. Would you mind checking?",
        "Can somebody please have a look? Ransomware on the file server",
        "Do you have time? The whole network is down",
    ],
)
def test_a_plea_for_help_is_no_question(text: str) -> None:
    assert values(text)["request"] == "fault"
    assert level(text) == "critical"


def test_a_plea_for_help_with_a_question_is_one() -> None:
    assert values("Could someone check what I have to set? How do I add a form?") == {
        "request": "question"
    }
