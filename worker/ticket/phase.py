"""Where a ticket stands, in one word: by it tickets are found again."""

from typing import Literal

Phase = Literal["waiting", "running", "paused", "breached", "answered", "closed"]
"""`waiting`: events are known, but the ticket's `created` has not come."""

OPEN: tuple[Phase, ...] = ("running", "paused", "breached")
"""The phases in which a response is still owed."""
