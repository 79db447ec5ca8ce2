"""What the writer of a ticket said: quoted replies, forwards, signatures and footers set aside."""

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Literal, cast

from ahocorasick_rs import AhoCorasick

Kind = Literal["own", "blank", "quoted", "header", "closing", "postscript", "footer"]

_QUOTED = (
    r">|(?:on|am|le) .{5,120}(?:wrote|schrieb|a écrit) ?:|begin forwarded message"
    r"|-+ ?(?:original|forwarded) message|-----original appointment"
)
_HEADERS = "from:", "sent:", "to:", "cc:", "date:", "subject:", "von:", "an:", "gesendet:", "de:"
_CLOSINGS = (
    "--", "__", "___", "regards", "kind regards", "best regards", "warm regards", "rgds", "br",
    "kr", "with kind regards", "thanks and regards", "thanks & regards", "best", "all the best",
    "cheers", "best wishes", "greetings", "thanks", "many thanks", "thanks in advance", "thx", "ty",
    "thank you", "sincerely", "yours sincerely", "yours faithfully", "yours", "respectfully",
    "cordially",
)  # fmt: skip
_POSTSCRIPT = ("ps ", "ps:", "p.s", "p. s")
#: A line behind a closing that is longer than this is no name, title or telephone number.
_SIGNATURE_LINE = 60
#: From one of these on, the rest of the paragraph was put there by a program.
_FOOTERS = (
    "sent from my ", "get outlook for", "confidentiality notice", "this email and any",
    "this e-mail and any", "this message and any", "message is intended", "mail is intended",
    "information contained in this", "not the intended recipient", "if you have received this",
    "consider the environment before", "this is an automated", "this is an automatic",
    "do not reply to this", "to unsubscribe", "unsubscribe from", "this email originated",
    "this message originated", "scanned for viruses", "registered in england", "registered office",
    "type your reply above", "reply above this line", "[external]",
)  # fmt: skip
_FIND_FOOTERS = AhoCorasick(_FOOTERS).find_matches_as_indexes


def _any_of(starts: Iterable[str]) -> str:
    return "|".join(map(re.escape, starts))


#: What the start of a line in small letters tells of it.
_MARK = re.compile(
    rf"\n[^\S\n]*+(?:(?P<quoted>{_QUOTED})|(?P<header>{_any_of(_HEADERS)})"
    rf"|(?P<closing>(?:{_any_of(_CLOSINGS)})[ ,.!]*+\s*?(?=\n|$))"
    rf"|(?P<postscript>{_any_of(_POSTSCRIPT)}))"
)


def own_words(summary: str, description: str | None) -> str:
    """The summary, and what the writer added to it."""
    return _said(summary, description or "", quoted=False)


def all_words(summary: str, description: str | None) -> str:
    """The summary, and all of the rest that people wrote, whoever they were."""
    return _said(summary, description or "", quoted=True)


def _said(summary: str, description: str, *, quoted: bool) -> str:
    lines = [summary, *description.splitlines()]
    text = "\n".join(lines)
    low = text.lower()
    footers = {_FOOTERS[place] for place, _, _ in _FIND_FOOTERS(low, overlapping=True)}
    if not footers and not _MARK.search(low):
        return text
    return "\n".join((summary, *_sorted_out(lines[1:], footers, quoted=quoted)))


def _sorted_out(lines: Iterable[str], footers: Collection[str], *, quoted: bool) -> Iterator[str]:
    """Each line is looked at once; `aside` says why those from here on are set aside."""
    aside: Kind = "own"
    header: str | None = None
    for line in lines:
        kind = _kind(line, footers)
        if kind == "header" and aside == "own" and not quoted:
            # one alone is the writer's own ("To: whom it may concern"), two are a quoted letter's
            aside, header = ("own", line) if header is None else ("header", None)
            continue
        if header is not None:
            yield header
            header = None
        aside = _aside(aside, kind, line)
        if aside == "own" and kind in ("own", "header", "postscript"):
            yield line
        elif aside == "footer" and kind == "footer":
            yield _before(line, footers)
        elif kind == "quoted" and quoted:
            yield line.lstrip("> \t")
    if header is not None:
        yield header


def _aside(aside: Kind, kind: Kind, line: str) -> Kind:
    if aside == "own":
        return kind if kind in ("closing", "footer") else aside
    if aside == "footer":
        return "own" if kind == "blank" else aside
    if aside == "closing" and (kind == "postscript" or len(line) > _SIGNATURE_LINE):
        return "own"
    return aside


def _kind(line: str, footers: Collection[str]) -> Kind:
    if not line.strip():
        return "blank"
    low = line.lower()
    if mark := _MARK.match("\n" + low):
        return cast(Kind, mark.lastgroup)
    return "footer" if any(footer in low for footer in footers) else "own"


def _before(line: str, footers: Collection[str]) -> str:
    low = line.lower()
    return line[: min(place for footer in footers if (place := low.find(footer)) >= 0)]
