"""Forked logs: both branches arrive, and a known fork is not sent whole again."""

import pytest
from replica_in_memory import (
    ACCESS_LANE,
    CARE_LANE,
    Device,
    MemoryReplica,
    Rights,
    Transcript,
    chart_of,
    finish,
    pair,
)

from sync.digest import Place
from sync.operation import Operation
from sync.wire.message import ForkIds, Operations
from sync.wire.message_codec import decode_message

CHART = chart_of(1)
CARE = Place(CHART, CARE_LANE)
AUTHOR = Device(3)


def write_branch(start: Operation | None, length: int, name: str) -> list[Operation]:
    branch: list[Operation] = []
    last = start
    for step in range(length):
        sequence = 0 if last is None else last.prefix.sequence + 1
        last = AUTHOR.write(CARE, sequence, last.id if last else None, f"{name} {step}".encode())
        branch.append(last)
    return branch


def replicas(left: list[Operation], right: list[Operation]) -> tuple[MemoryReplica, MemoryReplica]:
    rights = Rights()
    one, two = MemoryReplica(Device(1), rights), MemoryReplica(Device(2), rights)
    rights.live[CHART] = {one.device.key, two.device.key, AUTHOR.key}
    opening = AUTHOR.write(Place(CHART, ACCESS_LANE), 0, None)
    for replica, held in ((one, left), (two, right)):
        assert all(replica.keep(operation) for operation in (opening, *held))
    return one, two


def operations_in(transcript: Transcript) -> int:
    messages = [decode_message(frame) for _, frame in transcript.frames]
    runs = [run for found in messages if isinstance(found, Operations) for run in found.runs]
    return sum(len(run.records) for run in runs)


def lists_forks(transcript: Transcript) -> bool:
    return any(isinstance(decode_message(frame), ForkIds) for _, frame in transcript.frames)


@pytest.mark.parametrize(("left", "right"), [(3, 3), (5, 2), (2, 5), (1, 4), (4, 1)])
@pytest.mark.parametrize("common", [0, 1, 10])
def test_branches_that_never_met_both_arrive_in_one_session(
    left: int, right: int, common: int
) -> None:
    trunk = write_branch(None, common, "trunk")
    stem = trunk[-1] if trunk else None
    a, b = write_branch(stem, left, "left"), write_branch(stem, right, "right")
    one, two = replicas(trunk + a, trunk + b)
    sessions = pair(one, two)
    transcript = finish(*sessions)
    assert one.held() == two.held()
    assert {operation.id for operation in trunk + a + b} <= one.held()
    assert lists_forks(transcript)
    assert sessions[0].outcome.level is True
    assert sessions[0].outcome.round_trips == sessions[1].outcome.round_trips <= 4


def test_a_known_fork_sends_only_what_is_missing() -> None:
    trunk = write_branch(None, 50, "trunk")
    a, b = write_branch(trunk[-1], 3, "left"), write_branch(trunk[20], 3, "right")
    new = write_branch(a[-1], 2, "newer")
    one, two = replicas(trunk + a + b + new, trunk + a + b)
    transcript = finish(*pair(one, two))
    assert one.held() == two.held()
    assert operations_in(transcript) == 2
    assert not lists_forks(transcript)
    back = finish(*pair(two, one, nonce=1))
    assert len(back.frames) == 2


@pytest.mark.parametrize("forked_first", [True, False])
def test_a_fork_known_to_one_side_sends_that_side_nothing_twice(forked_first: bool) -> None:
    trunk = write_branch(None, 30, "trunk")
    a, b = write_branch(trunk[-1], 3, "left"), write_branch(trunk[10], 4, "right")
    forked, linear = trunk + a + b, trunk + a
    one, two = replicas(*((forked, linear) if forked_first else (linear, forked)))
    transcript = finish(*pair(one, two))
    assert one.held() == two.held()
    assert operations_in(transcript) == len(b)


def test_a_long_forked_log_crosses_in_pieces_of_small_frames() -> None:
    trunk = write_branch(None, 600, "trunk")
    a, b = write_branch(trunk[-1], 1, "left"), write_branch(trunk[-1], 2, "right")
    one, two = replicas(trunk + a + b, trunk + a + b[:1])
    first, second = pair(one, two)
    first.frame_size_bytes = second.frame_size_bytes = 1024
    transcript = finish(first, second)
    assert one.held() == two.held()
    assert max(len(frame) for _, frame in transcript.frames) <= 1024
