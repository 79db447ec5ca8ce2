"""What holds of every text."""

import inspect
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.facts import FACTS
from worker.policy.signals import lexicon, prose, tokens
from worker.policy.signals.reader import Reader

SIGNALS = lexicon.default()
READER, ANOTHER = Reader(SIGNALS), Reader(SIGNALS)
TraceFunction = Callable[[FrameType, str, Any], Any]
_SPOKEN = sorted(phrase.replace("+", "") for said in SIGNALS.words.values() for phrase in said[:12])

anything = st.text(max_size=400)
#: Texts of the lexicon's own phrases, which are more likely to mean something.
speech = st.lists(
    st.sampled_from([*_SPOKEN, "not", "no", "but", ".", "?", "\n", ", ", "URGENT"]), max_size=40
).map(" ".join)


@given(anything | speech, anything | speech)
def test_every_fact_has_a_value_it_may_have_and_no_words_that_nobody_wrote(
    summary: str, description: str
) -> None:
    said = " ".join(prose.all_words(summary, description).split())
    for name, fact in READER.read(summary, description).items():
        assert fact.value in FACTS[name]
        assert fact.origin == "text"
        assert fact.evidence != ""
        assert (fact.evidence or "").removesuffix(" …") in said


@given(speech, speech)
def test_the_same_text_gives_the_same_facts(summary: str, description: str) -> None:
    assert READER.read(summary, description) == ANOTHER.read(summary, description)


@given(speech, speech, anything)
def test_what_others_wrote_changes_no_fact_that_the_writer_gave(
    summary: str, description: str, quoted: str
) -> None:
    own = READER.read(summary, f"{description}\n\nThe live flow fails.")
    answered = f"{description}\n\nThe live flow fails.\n" + "".join(
        f"> {line}\n" for line in quoted.splitlines()
    )
    assert READER.read(summary, answered) == own


@given(anything)
def test_levelling_a_text_moves_no_character(text: str) -> None:
    assert len(tokens.flat(text)) == len(text)


@given(st.lists(st.sampled_from(["is", "this", "island", "is.", "s", ".", "?"]), min_size=1))
def test_a_stretch_is_found_where_its_words_stand(words: list[str]) -> None:
    level = tokens.flat(" ".join(words))
    said = tokens.words(level)
    for place in range(len(said)):
        where = tokens.stretch(level, said, place, place + 1)
        assert tokens.words(level[: where.start]) == said[:place]
        assert level[where] == said[place]


@given(speech)
def test_a_stretch_holds_its_words_and_no_others(text: str) -> None:
    level = tokens.flat(text)
    said = tokens.words(level)
    for first in range(0, len(said), 7):
        behind = min(first + 3, len(said))
        assert tokens.words(level[tokens.stretch(level, said, first, behind)]) == said[first:behind]


def steps(reading: Callable[[], object]) -> int:
    """How many lines a reading runs: its work, whatever the machine does meanwhile."""
    count = 0

    def traced(frame: FrameType, event: str, argument: object) -> TraceFunction:
        nonlocal count
        count += event == "line"
        return traced

    sys.settrace(traced)
    try:
        reading()
    finally:
        sys.settrace(None)
    return count


@pytest.mark.skipif(not inspect.isfunction(tokens.flat), reason="compiled, it runs no lines")
@pytest.mark.parametrize(
    "piece",
    [
        "(((((())))))", "backupbackup", "бэкап备份 backup ", ".", "> \n", "since last since the ",
        "not nobody never without ", "what if ", "?", "From: a\nTo: b\n", "İ", "production down. ",
    ],
)  # fmt: skip
def test_ten_times_the_text_is_at_most_ten_times_the_work(piece: str) -> None:
    def reading(size: int) -> Callable[[], object]:
        return lambda: READER.read("", piece * (size // len(piece)))

    assert steps(reading(100_000)) <= 10.5 * steps(reading(10_000)) + 200
