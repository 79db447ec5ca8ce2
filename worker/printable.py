"""Other people's words, fit for a terminal and a log."""


def printable(text: str) -> str:
    """Without what would move a terminal's cursor, hide something, or begin a line."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
