"""What is the writer's own, and what was put there by others or by programs."""

import pytest

from worker.policy.signals import lexicon, prose
from worker.policy.signals.reader import Reader

READER = Reader(lexicon.default())
OWN = "The live form needs two clicks. The data is correct, it's annoying."
SCARY = (
    "All clients are down, ransomware deletes every production backup right now, nobody can work"
)

SET_ASIDE = [
    f"> {SCARY}\n> {SCARY}",
    f"On Mon, 3 Mar 2025 at 09:12, Jo Doe <jo@example.org> wrote:\n> {SCARY}",
    f"Begin forwarded message:\n> {SCARY}",
    f"From: Jo Doe\nSent: Monday\nTo: Desk\nSubject: help\n\n{SCARY}",
    f"-----Original Message-----\nFrom: Jo\nTo: Desk\n\n{SCARY}",
    f"From:Jo Doe\r\nTo:Desk\r\n\r\n{SCARY}",
    "Kind regards,\nJo Doe\nHead of Production Backup\nEmergency line 555 0100",
    "-- \nJo Doe\nAll Production Systems Down Ltd",
    "Sent from my iPhone",
    f"This email and any attachments are confidential. {SCARY}.",
    f"CONFIDENTIALITY NOTICE: {SCARY}",
]


@pytest.mark.parametrize("aside", SET_ASIDE)
def test_what_is_quoted_signed_or_appended_says_nothing(aside: str) -> None:
    assert READER.read("Clicks", f"{OWN}\n\n{aside}") == READER.read("Clicks", OWN)


@pytest.mark.parametrize("aside", SET_ASIDE[:3])
def test_an_answer_below_the_quotation_is_the_writers_own(aside: str) -> None:
    assert READER.read("Clicks", f"{aside}\n\n{OWN}") == READER.read("Clicks", OWN)


@pytest.mark.parametrize(
    "description",
    [
        f"> {SCARY}",
        f"FYI, see below.\n\nFrom: Jo Doe\nSent: Monday\nSubject: help\n\n{SCARY}",
        f"Begin forwarded message:\n> {SCARY}\n\nThanks,\nJo",
    ],
)
def test_what_is_quoted_counts_where_the_rest_says_nothing(description: str) -> None:
    assert READER.read("FW:", description)["system_critical"].value is True


def test_a_postscript_behind_the_signature_is_the_writers_own() -> None:
    said = prose.own_words("Numbers", "All fine.\n\nRegards,\nJo\n\nPS the live backup is dead.")
    assert "PS the live backup is dead." in said
    assert "Jo" not in said


def test_a_long_line_behind_thanks_is_the_writers_own() -> None:
    more = "By the way, the live backup for all of our clients has been dead since Monday morning."
    assert more in prose.own_words("Numbers", f"Thanks\n{more}")


@pytest.mark.parametrize("line", ["To: whom it may concern", "Subject: backups", "From: Monday on"])
def test_one_line_that_looks_like_a_header_is_the_writers_own(line: str) -> None:
    assert prose.own_words("x", f"{line}\nThe backup is dead.").split("\n")[1] == line


def test_what_stands_before_a_footer_in_its_line_is_kept() -> None:
    assert prose.own_words("x", "It's dead. Sent from my iPhone") == "x\nIt's dead. "


@pytest.mark.parametrize(
    "said",
    [
        "Thanks to the update the live backup is dead.",
        "Best of all: it's dead.",
        "Today it's dead.",
        "On Monday it was dead, as I wrote.",
        "Psst, it's dead.",
    ],
)
def test_a_line_that_only_begins_like_a_mark_is_the_writers_own(said: str) -> None:
    assert prose.own_words("x", f"Hello\n  {said}") == f"x\nHello\n  {said}"
