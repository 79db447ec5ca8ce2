"""What the writer of a ticket said: quoted replies, forwards, signatures and footers set aside."""

import re
from collections.abc import Iterator, Sequence
from typing import Literal

Kind = Literal["own", "blank", "quoted", "header", "closing", "postscript", "footer"]

_QUOTED = ">"
_HEADERS = ("from:", "sent:", "to:", "cc:", "date:", "subject:", "von:", "an:", "gesendet:", "de:")
_INTRODUCES = re.compile(
    r"(?:on|am|le) .{5,120}(?:wrote|schrieb|a écrit) ?:|begin forwarded message"
    r"|-+ ?(?:original|forwarded) message|-----original appointment"
)
_CLOSINGS = frozenset((
    "--", "__", "___", "regards", "kind regards", "best regards", "warm regards", "rgds", "br",
    "kr", "with kind regards", "thanks and regards", "thanks & regards", "best", "all the best",
    "cheers", "best wishes", "greetings", "thanks", "many thanks", "thanks in advance", "thx", "ty",
    "thank you", "sincerely", "yours sincerely", "yours faithfully", "yours", "respectfully",
    "cordially",
))  # fmt: skip
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
#: As much of a line as any of its marks could stand in.
_LINE_START = 160
#: A line that begins with none of these words and marks is the writer's own, or a footer.
_STARTS = frozenset(
    start.split(" ")[0].strip(",.:") for start in (*_HEADERS, *_CLOSINGS, *_POSTSCRIPT)
) | {"on", "am", "le", "begin"}
_START_MARKS = ">-_"


def own_words(summary: str, description: str | None) -> str:
    """The summary, and what the writer added to it."""
    return "\n".join((summary, *_lines(description or "", quoted=False)))


def all_words(summary: str, description: str | None) -> str:
    """The summary, and all of the rest that people wrote, whoever they were."""
    return "\n".join((summary, *_lines(description or "", quoted=True)))


def _lines(said: str, *, quoted: bool) -> Iterator[str]:
    """Each line is looked at once; `aside` says why those from here on are set aside."""
    footers = _footers(said)
    aside: Kind = "own"
    header: str | None = None
    for line in said.splitlines():
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


def _footers(said: str) -> list[str]:
    lowered = said.lower()
    return [footer for footer in _FOOTERS if footer in lowered]


def _kind(line: str, footers: Sequence[str]) -> Kind:
    words = line.split(None, 1)
    if not words:
        return "blank"
    if words[0][0] in _START_MARKS or words[0].lower().strip(",.:!") in _STARTS:
        kind = _marked(line.strip()[:_LINE_START].lower())
        if kind != "own":
            return kind
    if footers and any(footer in line.lower() for footer in footers):
        return "footer"
    return "own"


def _marked(start: str) -> Kind:
    if start[0] == _QUOTED or _INTRODUCES.match(start):
        return "quoted"
    if start.startswith(_HEADERS):
        return "header"
    if start.rstrip(" ,.!") in _CLOSINGS:
        return "closing"
    return "postscript" if start.startswith(_POSTSCRIPT) else "own"


def _before(line: str, footers: Sequence[str]) -> str:
    low = line.lower()
    return line[: min(place for footer in footers if (place := low.find(footer)) >= 0)]
