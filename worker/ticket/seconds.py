"""Durations as events write them."""

from datetime import timedelta


def in_seconds(duration: timedelta) -> float | int:
    """Seconds, as an integer where they are whole."""
    seconds = duration.total_seconds()
    return int(seconds) if seconds.is_integer() else seconds
