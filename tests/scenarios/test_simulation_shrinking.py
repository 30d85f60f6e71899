"""Shrinking leaves the faults that a failure needs, and no others."""

from hypothesis import given
from hypothesis import strategies as st

from scenarios.simulate.shrinking import fewest

FAULTS = [f"fault-{number}" for number in range(24)]


@given(st.sets(st.sampled_from(FAULTS), min_size=1, max_size=3))
def test_what_a_failure_needs_is_left(needed: set[str]) -> None:
    runs = []

    def fails(kept: frozenset[str]) -> bool:
        runs.append(kept)
        return needed <= kept

    assert set(fewest(FAULTS, fails, runs_max=400)) == needed
    assert len(runs) <= 400


def test_a_failure_without_any_fault_needs_none() -> None:
    assert fewest(FAULTS, lambda _kept: True) == ()


def test_no_more_runs_are_made_than_allowed_and_what_is_left_fails() -> None:
    def fails(kept: frozenset[str]) -> bool:
        return {"fault-3", "fault-20"} <= kept

    left = frozenset(fewest(FAULTS, fails, runs_max=5))
    assert fails(left)
