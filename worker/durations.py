"""Durations as people write them: `30m`, `2h`, `1h30m`."""

import re
from datetime import timedelta

_PARTS = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


def parse(text: object) -> timedelta:
    """The duration that `text` names; raises ValueError unless it is a positive one."""
    found = _PARTS.fullmatch(text) if isinstance(text, str) else None
    if not text or found is None:
        raise ValueError("must be a duration like 30m, 2h, 1h30m or 90s")
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    duration = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    if not duration:
        raise ValueError("must be longer than zero")
    return duration
