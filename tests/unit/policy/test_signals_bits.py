"""Sets as numbers bring together what their members bring."""

from hypothesis import given
from hypothesis import strategies as st

from worker.policy.signals import bits

points = st.lists(st.integers(-1000, 1000), max_size=40)


@given(points, st.sets(st.integers(0, 60)))
def test_a_sum_looked_up_is_that_of_the_members(brings: list[int], members: set[int]) -> None:
    of = bits.union(1 << member for member in members)
    expected = sum(brings[member] for member in members if member < len(brings))
    assert bits.Table(brings, "sum").of(of) == expected


@given(st.lists(st.integers(0, 2**80), max_size=40), st.sets(st.integers(0, 60)))
def test_a_union_looked_up_is_that_of_the_members(brings: list[int], members: set[int]) -> None:
    of = bits.union(1 << member for member in members)
    expected = bits.union(brings[member] for member in members if member < len(brings))
    assert bits.Table(brings, "union").of(of) == expected
