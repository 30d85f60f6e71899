"""The engine: time in order, draws by subject, clocks that are wrong, and no look at the system."""

import contextlib
import os
import random
import secrets
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

import node.application.timestamps as some_module_of_ours
from scenarios.engine.clock import MemberClock
from scenarios.engine.draws import Draws
from scenarios.engine.errors import SystemRead
from scenarios.engine.guard import nothing_of_the_system
from scenarios.engine.history import History
from scenarios.engine.timeline import Timeline


@given(st.lists(st.integers(0, 100), max_size=40))
def test_acts_happen_in_the_order_of_their_moments_and_equals_as_they_came(
    moments: list[int],
) -> None:
    timeline, seen = Timeline(0), list[tuple[int, int]]()
    for number, moment in enumerate(moments):
        timeline.at(moment, lambda n=number: seen.append((timeline.now, n)))  # type: ignore[misc]  # a default
    timeline.run(101)
    assert seen == sorted((moment, number) for number, moment in enumerate(moments))
    assert timeline.now == 101


def test_an_act_may_plan_more_and_what_is_past_happens_now() -> None:
    timeline, seen = Timeline(1000), list[int]()

    def again() -> None:
        seen.append(timeline.now)
        if len(seen) < 3:
            timeline.after(10, again)

    timeline.at(5, again)
    timeline.run(1015)
    assert seen == [1000, 1010]
    timeline.run(1100)
    assert seen == [1000, 1010, 1020]


def test_draws_of_one_subject_are_the_same_whatever_others_draw() -> None:
    one, other = Draws(7), Draws(7)
    other.stream("somebody else").random()
    assert one.stream("a").randbytes(8) == other.stream("a").randbytes(8)
    assert one.stream("a").randbytes(8) != one.stream("b").randbytes(8)
    assert Draws(8).stream("a").randbytes(8) != one.stream("a").randbytes(8)


def test_clocks_drift_jump_and_are_set_right() -> None:
    timeline = Timeline(1_000_000)
    clock = MemberClock(lambda: timeline.now, offset=-5000, drift_ppm=1000)
    assert clock() == 995_000
    timeline.run(2_000_000)
    assert clock.offset == -4000
    clock.jump(60_000)
    assert clock() == 2_056_000
    clock.set_right()
    assert clock() == 2_000_000
    timeline.run(3_000_000)
    assert clock.offset == 1000


def test_a_history_is_told_by_its_digest() -> None:
    def told(*notes: str) -> str:
        history = History(lambda: 5)
        for note in notes:
            history.note("act", node=note)
        return history.digest

    assert told("a", "b") == told("a", "b")
    assert told("a", "b") != told("b", "a")
    assert told("ab") != told("a", "b")


READS: dict[str, Callable[[], object]] = {
    "time.time": time.time,
    "os.urandom": lambda: os.urandom(4),
    "uuid.uuid4": uuid.uuid4,
    "secrets.token_bytes": lambda: secrets.token_bytes(4),
    "random.random": random.random,
}


@pytest.mark.parametrize("what", READS)
def test_whatever_reads_the_system_ends_the_run(what: str) -> None:
    def read() -> object:
        module, _, name = what.partition(".")
        found = getattr({"time": time, "os": os, "uuid": uuid, "secrets": secrets,
                         "random": random}[module], name)  # fmt: skip
        return found(4) if what in ("os.urandom", "secrets.token_bytes") else found()

    with pytest.raises(SystemRead, match=what), nothing_of_the_system():
        read()
    read()  # afterwards everything is as it was


def swallow() -> None:
    with contextlib.suppress(Exception):
        time.monotonic()


def test_a_read_that_somebody_swallowed_ends_the_run_all_the_same() -> None:
    with pytest.raises(SystemRead, match="monotonic"), nothing_of_the_system():
        swallow()


def ours() -> type[datetime]:
    """The class by which one of our modules makes dates."""
    found = vars(some_module_of_ours)["datetime"]
    assert isinstance(found, type)
    return found


def test_modules_of_ours_have_no_datetime_that_knows_the_time() -> None:
    assert ours() is datetime
    with pytest.raises(SystemRead, match=r"datetime\.now"), nothing_of_the_system():
        ours().now(UTC)
    assert ours() is datetime


def test_making_dates_of_given_moments_is_no_look_at_the_clock() -> None:
    with nothing_of_the_system():
        assert time.gmtime(0).tm_year == 1970
        assert ours().fromtimestamp(0, UTC).year == 1970
        assert isinstance(datetime(2026, 1, 1, tzinfo=UTC), ours())
