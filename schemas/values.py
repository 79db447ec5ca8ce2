"""Values, made for every event: frozen for who reads the source, as mypy sees to it.

To be frozen when it runs as well, a dataclass takes two and a half times as long to make.
"""

from typing import TYPE_CHECKING

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    import dataclasses

    def dataclass(*, frozen=False, **options):
        """As that of `dataclasses`. What is frozen stays hashable."""
        return dataclasses.dataclass(unsafe_hash=frozen, **options)
