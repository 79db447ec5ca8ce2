"""Whether the worker is able to work, as its parts last said."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Health:
    """What stands in the way, by part; ready when nothing does.

    Where several use a part, one that can is no proof for another that cannot: it is well when
    nobody has trouble with it any more.
    """

    _troubles: dict[str, dict[str, str]] = field(default_factory=dict)
    """by part, what each of those who use it told"""

    def trouble(self, part: str, what: str, *, user: str = "") -> bool:
        """This user of the part cannot work with it; true if the part's trouble is news."""
        news = part not in self._troubles
        self._troubles.setdefault(part, {})[user] = what
        return news

    def well(self, part: str, *, user: str = "") -> bool:
        """This user of the part can work with it; true if by that the part's trouble is over."""
        told = self._troubles.get(part, {})
        if told.pop(user, None) is None or told:
            return False
        del self._troubles[part]
        return True

    @property
    def ready(self) -> bool:
        return not self._troubles

    @property
    def troubles(self) -> dict[str, str]:
        """What the first of those who have trouble with a part told of it."""
        return {part: next(iter(told.values())) for part, told in self._troubles.items()}
