"""Other people's words on a terminal."""

from rich.text import Text


def printable(text: str) -> str:
    """Without what would move a terminal's cursor or hide something."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def cell(text: str) -> Text:
    """For a table: brackets are brackets, and no markup."""
    return Text(printable(text))
