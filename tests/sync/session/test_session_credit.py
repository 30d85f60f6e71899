"""Flow control: never more in flight than the credit, and what is acknowledged is stored."""

import pytest
from replica_in_memory import (
    ACCESS_LANE,
    CARE_LANE,
    Device,
    MemoryReplica,
    Rights,
    chart_of,
    finish,
    pair,
)

from sync.digest import Place
from sync.errors import SessionError
from sync.limits import (
    credit_bytes_max,
    frame_size_bytes_max,
    frame_size_bytes_target,
    session_frames_max,
)
from sync.session import Session
from sync.wire.message import Ack, Operations
from sync.wire.message_codec import decode_message


def clinics(operations: int, body_bytes: int) -> tuple[MemoryReplica, MemoryReplica]:
    rights = Rights()
    one, two = MemoryReplica(Device(1), rights), MemoryReplica(Device(2), rights)
    rights.live[chart_of(1)] = {one.device.key, two.device.key}
    for replica in (one, two):
        replica.keep(one.device.write(Place(chart_of(1), ACCESS_LANE), 0, None))
    for number in range(operations):
        one.append(Place(chart_of(1), CARE_LANE), number.to_bytes(4, "big") * (body_bytes // 4))
    return one, two


def test_bulk_goes_in_frames_of_the_target_size_within_the_credit() -> None:
    one, two = clinics(1500, 2000)
    first, second = pair(one, two)
    in_flight = largest = 0
    flights: list[int] = []
    for _ in range(200):
        sent = []
        while (frame := first.next_frame()) is not None:
            sent.append(frame)
            if isinstance(decode_message(frame), Operations):
                in_flight += len(frame)
                flights.append(len(frame))
        largest = max(largest, in_flight)
        for frame in sent:
            second.receive(frame)
        while (frame := second.next_frame()) is not None:
            message = decode_message(frame)
            if isinstance(message, Ack):
                in_flight = sum(flights) - message.total_bytes
            first.receive(frame)
        if first.finished and second.finished:
            break
    assert one.held() == two.held()
    assert credit_bytes_max // 2 < largest <= credit_bytes_max
    assert max(flights) <= frame_size_bytes_max
    assert sum(size > frame_size_bytes_target * 0.9 for size in flights) >= len(flights) - 2
    assert max(len(take) for take in two.takes) > 200, "stored in batches"


def test_what_was_acknowledged_is_stored_when_the_link_is_cut() -> None:
    one, two = clinics(1500, 2000)
    first, second = pair(one, two)
    acked = 0
    sent: list[tuple[int, int]] = []
    for _ in range(6):
        while (frame := first.next_frame()) is not None:
            message = decode_message(frame)
            if isinstance(message, Operations):
                records = sum(len(run.records) for run in message.runs)
                total = sent[-1][0] + len(frame) if sent else len(frame)
                sent.append((total, (sent[-1][1] if sent else 0) + records))
            second.receive(frame)
        while (frame := second.next_frame()) is not None:
            message = decode_message(frame)
            if isinstance(message, Ack):
                acked = message.total_bytes
                durable = max(count for total, count in sent if total <= acked)
                assert second.outcome.ops_received >= durable
            first.receive(frame)
    assert acked > 0
    assert second.outcome.ops_received > 0


def test_a_peer_that_sends_beyond_its_credit_is_cut_off() -> None:
    one, two = clinics(2500, 2000)
    first, second = pair(one, two)
    bulk: list[bytes] = []
    for _ in range(3):
        while (frame := first.next_frame()) is not None:
            if bulk or isinstance(decode_message(frame), Operations):
                bulk.append(frame)
                first._outbox.credit_bytes = 1 << 40  # as a hostile sender would
            else:
                second.receive(frame)
        while not bulk and (answer := second.next_frame()) is not None:
            first.receive(answer)
    within = credit_bytes_max // frame_size_bytes_target
    for frame in bulk[:within]:
        second.receive(frame)
    with pytest.raises(SessionError, match="beyond its credit"):
        deliver(second, bulk[within:])
    assert second.outcome.ops_received > 0, "what came within the credit is stored"


def deliver(session: Session, frames: list[bytes]) -> None:
    """Give a session frames, and never let it answer."""
    for frame in frames:
        session.receive(frame)


def test_a_slow_link_gets_small_frames() -> None:
    one, two = clinics(30, 300)
    first, second = pair(one, two)
    first.frame_size_bytes = second.frame_size_bytes = 1
    transcript = finish(first, second)
    assert one.held() == two.held()
    assert max(len(frame) for _, frame in transcript.frames) <= 1024 + 300


def test_a_session_reads_a_bounded_number_of_frames() -> None:
    one, two = clinics(1, 4)
    _, second = pair(one, two)
    second._frames_in = session_frames_max
    with pytest.raises(SessionError, match="over its limit"):
        second.receive(b"")


def test_a_link_cut_before_the_end_leaves_the_session_unfinished_and_silent() -> None:
    one, two = clinics(3, 300)
    sessions: list[Session] = list(pair(one, two))
    hello = sessions[0].next_frame()
    assert hello is not None
    sessions[1].receive(hello)
    for session in sessions:
        session.receive_end()
        assert session.next_frame() is None
        assert not session.finished
