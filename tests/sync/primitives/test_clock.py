"""The hybrid clock: always forward, never moved by a stamp that cannot be right."""

from hypothesis import given
from hypothesis import strategies as st

from sync.clock import (
    Stamp,
    is_ahead,
    is_before_cause,
    stamp_milliseconds,
    stamp_of,
    tick,
    witness,
)
from sync.limits import clock_doubt_milliseconds

times = st.integers(0, 2**47)
stamps = st.builds(stamp_of, times, st.integers(0, 0xFFFF))


@given(stamps, times)
def test_a_new_stamp_is_later_than_any_seen_and_not_before_local_time(
    latest: Stamp, now: int
) -> None:
    fresh = tick(latest, now)
    assert fresh > latest
    assert stamp_milliseconds(fresh) >= now


@given(stamps, st.lists(times, max_size=30))
def test_stamps_only_rise_whatever_the_wall_clock_does(latest: Stamp, walls: list[int]) -> None:
    for now in walls:
        fresh = tick(latest, now)
        assert fresh > latest
        latest = fresh


@given(stamps, stamps, times)
def test_a_stamp_from_too_far_ahead_does_not_move_the_clock(
    latest: Stamp, seen: Stamp, now: int
) -> None:
    after = witness(latest, seen, now)
    if is_ahead(seen, now):
        assert after == latest
    else:
        assert after == max(latest, seen)


def test_ten_minutes_are_believed_and_a_millisecond_more_is_not() -> None:
    edge = stamp_of(1000 + clock_doubt_milliseconds)
    assert not is_ahead(edge, 1000)
    assert is_ahead(stamp_of(1001 + clock_doubt_milliseconds), 1000)
    assert not is_before_cause(stamp_of(0), stamp_of(clock_doubt_milliseconds))
    assert is_before_cause(stamp_of(0), stamp_of(clock_doubt_milliseconds + 1))


def test_a_full_counter_runs_into_the_next_millisecond() -> None:
    assert tick(stamp_of(5, 0xFFFF), 5) == stamp_of(6)


def test_times_outside_the_field_are_clamped() -> None:
    assert stamp_milliseconds(stamp_of(-5)) == 0
    assert stamp_milliseconds(stamp_of(2**60)) == 2**48 - 1
