"""Whether the worker is able to work, as its parts last said."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Health:
    """What stands in the way, by part; ready when nothing does."""

    _troubles: dict[str, str] = field(default_factory=dict)

    def trouble(self, part: str, what: str) -> bool:
        """The part cannot work; true if that is news."""
        news = part not in self._troubles
        self._troubles[part] = what
        return news

    def well(self, part: str) -> bool:
        """The part works; true if that is news."""
        return self._troubles.pop(part, None) is not None

    @property
    def ready(self) -> bool:
        return not self._troubles

    @property
    def troubles(self) -> dict[str, str]:
        return dict(self._troubles)
