"""Durations as people write them: `30m`, `2h`, `1h30m`."""

import re
from datetime import timedelta

# Six digits are more than anybody means, and few enough never to overflow.
_PARTS = re.compile(r"(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?", re.ASCII)


def parse(value: object) -> timedelta:
    """The duration that a text names; raises ValueError unless it is a positive one."""
    if isinstance(value, timedelta):
        return _positive(value)
    found = _PARTS.fullmatch(value) if isinstance(value, str) else None
    if not value or found is None:
        raise ValueError("must be a duration like 30m, 2h, 1h30m, 90s or 2d")
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return _positive(timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds))


def text(duration: timedelta) -> str:
    """A duration as `parse` reads it, in hours, minutes and seconds: an objective of working
    hours has no days. Less than a second is written as a decimal, for people only.
    """
    minutes, seconds = divmod(duration.days * 86_400 + duration.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f".{duration.microseconds:06}".rstrip("0").rstrip(".")
    parts = [f"{hours}h" if hours else "", f"{minutes}m" if minutes else ""]
    if seconds or fraction or not any(parts):
        parts.append(f"{seconds}{fraction}s")
    return "".join(parts)


def _positive(duration: timedelta) -> timedelta:
    if duration <= timedelta():
        raise ValueError("must be longer than zero")
    return duration
