"""What became of the lines of a replay, in numbers."""

from dataclasses import dataclass


@dataclass(slots=True, kw_only=True)
class Tally:
    """What became of the lines that were read."""

    decided: int = 0
    duplicates: int = 0
    rejected: int = 0
    left_out: int = 0
    """later than `until`"""
    published: int = 0

    def __str__(self) -> str:
        return (
            f"{self.decided:,} events decided, {self.published:,} published; "
            f"{self.duplicates:,} duplicates, {self.rejected:,} bad lines, "
            f"{self.left_out:,} later than the end and left out"
        )
