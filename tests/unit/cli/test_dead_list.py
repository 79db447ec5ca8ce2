"""Which of the dead letters are on a page, however they come."""

import pytest

from worker.broker.dead_letter import Choice, Letter
from worker.cli.dead_list import Page

LETTERS = [
    Letter(id=str(n), reason="even" if n % 2 == 0 else "odd", error="", routing_key="", body=b"")
    for n in range(10)
]


def _shown(page: Page, window: int) -> list[str]:
    lines = []
    for at in range(0, len(LETTERS), window):
        if not page.is_full:
            lines += page.take(LETTERS[at : at + window])
    return [line.split('"')[3] for line in lines]


@pytest.mark.parametrize("window", [1, 2, 3, 10])
@pytest.mark.parametrize(
    ("reasons", "skip", "limit", "expected"),
    [
        (set(), 0, None, "0123456789"),
        (set(), 0, 3, "012"),
        (set(), 4, 3, "456"),
        (set(), 8, 5, "89"),
        (set(), 10, 5, ""),
        ({"odd"}, 0, None, "13579"),
        ({"odd"}, 1, 2, "35"),
        ({"odd"}, 5, 2, ""),
        ({"even", "odd"}, 9, 1, "9"),
        ({"other"}, 0, 1, ""),
    ],
)
def test_a_page_has_what_is_meant_however_the_letters_come(
    window: int, reasons: set[str], skip: int, limit: int | None, expected: str
) -> None:
    page = Page(Choice(reasons=reasons), skip, limit, as_json=True)
    assert _shown(page, window) == list(expected)
    assert page.shown == len(expected)


def test_a_reason_that_none_has_is_named_with_those_that_are_there(
    capsys: pytest.CaptureFixture[str],
) -> None:
    page = Page(Choice(reasons={"nosuch"}), 0, 50, as_json=False)
    page.take(LETTERS[:3])
    page.print(seen=3, total=3)
    assert capsys.readouterr().out == (
        "No dead letter has the reason nosuch; seen: 3 dead letters (2 even, 1 odd)\n"
    )


def test_where_there_are_none_at_all_no_reason_is_wrong(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Page(Choice(reasons={"nosuch"}), 0, 50, as_json=False).print(seen=0, total=0)
    assert capsys.readouterr().out == "There are no dead letters.\n"
