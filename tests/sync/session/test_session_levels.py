"""Whatever two replicas hold, sessions bring them level, in any order and after any cut."""

from collections import deque
from itertools import cycle

from hypothesis import given, settings
from hypothesis import strategies as st
from replica_in_memory import MemoryReplica, finish, pair
from session_worlds import worlds

from sync.operation import Operation
from sync.session import Session

World = tuple[list[Operation], list[MemoryReplica]]


@given(worlds(2))
def test_two_replicas_hold_the_union_after_one_session(world: World) -> None:
    one, two = world[1]
    union = one.held() | two.held()
    before = len(one.held()), len(two.held())
    first, second = pair(one, two)
    finish(first, second)
    assert one.held() == two.held() == union
    assert first.outcome.level is second.outcome.level is True
    assert first.outcome.ops_received == len(union) - before[0]
    assert second.outcome.ops_received == len(union) - before[1]
    assert first.outcome.bytes_out == second.outcome.bytes_in
    assert first.outcome.bytes_in == second.outcome.bytes_out
    assert first.outcome.round_trips == second.outcome.round_trips <= 5
    again = pair(one, two, nonce=1)
    assert len(finish(*again).frames) == 2


@given(worlds(3))
def test_three_replicas_that_meet_in_turn_hold_the_union(world: World) -> None:
    one, two, three = world[1]
    union = one.held() | two.held() | three.held()
    for nonce, (left, right) in enumerate([(one, two), (three, two), (three, one)]):
        finish(*pair(left, right, nonce))
    assert one.held() == two.held() == three.held() == union


@given(worlds(2))
def test_an_operation_never_arrives_before_the_one_that_it_follows(world: World) -> None:
    one, two = world[1]
    held = {id(replica): replica.held() for replica in (one, two)}
    finish(*pair(one, two))
    for replica in (one, two):
        known = held[id(replica)]
        for operation in (operation for take in replica.takes for operation in take):
            assert operation.prefix.previous in known | {None}
            known.add(operation.id)


def interleave(one: Session, two: Session, order: list[int], cut: int | None) -> int:
    """Let the sides speak (0, 1) and hear (2, 3) as `order` says, as often as anything can happen.

    Stops before delivering frame number `cut`. Gives the number of frames delivered.
    """
    sides = (one, two)
    on_the_way: tuple[deque[bytes], deque[bytes]] = (deque(), deque())
    delivered = 0

    def act(action: int) -> bool:
        side = action % 2
        if action < 2:
            frame = sides[side].next_frame()
            if frame is not None:
                on_the_way[side].append(frame)
            return frame is not None
        if on_the_way[1 - side]:
            sides[side].receive(on_the_way[1 - side].popleft())
            return True
        return False

    for wish in cycle(order):
        for action in (wish, (wish + 1) % 4, (wish + 2) % 4, (wish + 3) % 4):
            if action >= 2 and delivered == cut:
                continue
            if act(action):
                delivered += action >= 2
                break
        else:
            return delivered
    raise AssertionError("order is empty")


orders = st.lists(st.integers(0, 3), min_size=1, max_size=12)


@given(worlds(2), orders)
def test_frames_may_interleave_in_any_way(world: World, order: list[int]) -> None:
    one, two = world[1]
    union = one.held() | two.held()
    first, second = pair(one, two)
    interleave(first, second, order, None)
    assert first.finished
    assert second.finished
    assert one.held() == two.held() == union


@given(worlds(2), orders, st.integers(0, 25), st.integers(0, 25))
@settings(max_examples=150)
def test_a_session_cut_anywhere_loses_nothing_and_the_next_ones_bring_level(
    world: World, order: list[int], cut: int, second_cut: int
) -> None:
    one, two = world[1]
    union = one.held() | two.held()
    for nonce, at in enumerate((cut, second_cut)):
        before = one.held(), two.held()
        sessions = pair(one, two, nonce)
        interleave(*sessions, order, at)
        for session in sessions:
            session.receive_end()
        assert one.held() >= before[0]
        assert two.held() >= before[1]
        assert one.held() | two.held() == union
    finish(*pair(two, one, nonce=9))
    assert one.held() == two.held() == union
