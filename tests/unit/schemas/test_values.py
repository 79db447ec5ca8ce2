"""Values: made fast, and all the same values."""

import dataclasses

from schemas.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    meter: str
    litres: int = 0


def test_equal_values_are_one_key() -> None:
    readings = {Reading(meter="a", litres=1), Reading(meter="a", litres=1), Reading(meter="b")}

    assert readings == {Reading(meter="a", litres=1), Reading(meter="b", litres=0)}


def test_a_value_is_replaced_by_a_changed_copy() -> None:
    reading = Reading(meter="a")

    assert dataclasses.replace(reading, litres=2) == Reading(meter="a", litres=2)
    assert reading == Reading(meter="a", litres=0)


def test_a_field_that_was_not_foreseen_has_no_place() -> None:
    assert not hasattr(Reading(meter="a"), "__dict__")
