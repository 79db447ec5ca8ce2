"""Counts of keys in a fixed room, which may be too high; up to 254 they are never too low."""

_ROOM = 4 * 1024 * 1024
_FULL = 255
"""What has been counted up to here says no more than that it is many."""

Key = tuple[str, str]


class Sketch:
    """How often each key was added and not taken back.

    Two keys can share a place, and are then counted as one. Of 100,000 keys 2 in a hundred do, of
    a million 20.
    """

    def __init__(self) -> None:
        self._counts = bytearray(_ROOM)

    def count(self, key: Key) -> int:
        """How often it is there, or more. 0 is exact, and so is 1 for a key that was added."""
        return self._counts[hash(key) % _ROOM]

    def add(self, key: Key) -> None:
        place = hash(key) % _ROOM
        if self._counts[place] < _FULL:
            self._counts[place] += 1

    def take(self, key: Key) -> None:
        """One that was added. Raises KeyError for one that was not, where that can be seen."""
        place = hash(key) % _ROOM
        if not self._counts[place]:
            raise KeyError(key)
        if self._counts[place] < _FULL:
            self._counts[place] -= 1
