"""A planted word is found however it is spelt; else the tests that look for some prove nothing."""

import base64
import json
from urllib.parse import quote

import pytest

from tests.support import redaction

WORD = "Ochre stoat: é"


@pytest.mark.parametrize(
    "spelt",
    [
        WORD,
        WORD.upper(),
        json.dumps(WORD),
        quote(WORD, safe=""),
        WORD.encode().hex(),
        *(
            base64.b64encode(before + WORD.encode() + b" ...").decode()
            for before in (b"", b"1", b"22")
        ),
        repr(WORD),
    ],
)
def test_a_word_is_found_in_every_spelling(spelt: str) -> None:
    shown = {"the log": f'{{"fault": "{spelt}"}}', "metrics": "respondby_open_tickets 3"}
    assert redaction.leaks(shown, [WORD, "other"]) == [f"{WORD} in the log"]


def test_what_is_not_there_is_not_found() -> None:
    assert redaction.leaks({"the log": "Ochre and stoat"}, [WORD]) == []


def test_the_clients_of_the_streams_are_among_the_planted() -> None:
    assert len(redaction.TICKETS) > 4
