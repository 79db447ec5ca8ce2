"""Other people's words in a table."""

from rich.text import Text

from worker.printable import printable


def cell(text: str) -> Text:
    """Brackets are brackets, and no markup."""
    return Text(printable(text))
