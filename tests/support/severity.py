"""Which values of a fact speak for a higher level, by the table of the Support Priorities."""

from collections.abc import Sequence

from schemas.facts import FactName, FactValue

Value = FactValue | None
"""None is unknown."""

#: Each fact's values, those that speak for least first. Values of one grade are not compared:
#: a ticket of which nothing is known is medium, and high if it is known not to be critical.
GRADES: dict[FactName, tuple[tuple[Value, ...], ...]] = {
    "request": (("question", "feature", "cosmetic", "build"), (None,), ("fault",)),
    "stage": (("testing", "building"), (None,), ("production",)),
    "system_critical": ((False, None), (True,)),
    "workaround": ((True,), (False, None)),
    "degraded": ((True,), (False, None)),
}


def above(name: FactName, value: Value) -> Sequence[Value]:
    """The values that speak for a higher level than this one does."""
    grades = GRADES[name]
    place = next(place for place, grade in enumerate(grades) if value in grade)
    return [worse for grade in grades[place + 1 :] for worse in grade]
