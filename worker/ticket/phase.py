"""Where a ticket stands, in one word: by it tickets are found again."""

from typing import Literal

Phase = Literal["waiting", "running", "paused", "breached", "answered", "closed", "retired"]
"""`waiting`: events are known, but the ticket's `created` has not come. `retired`: it was answered
or closed so long ago that it is a tombstone; the next event makes of it what its history says."""

OPEN: tuple[Phase, ...] = ("running", "paused", "breached")
"""The phases in which a response is still owed."""
