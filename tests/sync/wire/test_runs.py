"""Runs: what is not sent is rebuilt, and the signature proves it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.clock import Stamp
from sync.codec import decode
from sync.errors import SessionError
from sync.identifiers import (
    ActId,
    CertificateId,
    ChartId,
    EpochId,
    InstanceId,
    LaneId,
)
from sync.operation import (
    SEQUENCE_MAX,
    Anchor,
    HeaderPrefix,
    Operation,
    read_operation,
    sign_operation,
)
from sync.session.checking import first_bad
from sync.signing import Signer
from sync.wire.message import Operations
from sync.wire.message_codec import decode_message, encode_message
from sync.wire.run import BodyGone, Record, Run, begin_run, continues, rebuild, record_of

SIGNER = Signer(b"s" * 32)
CHART = ChartId(b"c" * 32)
LANE = LaneId(b"l" * 8)


def write_log(
    bodies: list[bytes],
    *,
    registry: Anchor | None = None,
    certificate: CertificateId | None = None,
) -> list[Operation]:
    log: list[Operation] = []
    for sequence, body in enumerate(bodies):
        prefix = HeaderPrefix(
            CHART,
            LANE,
            SIGNER.public,
            InstanceId(b"i" * 16),
            sequence,
            log[-1].id if log else None,
            Stamp((1 << 56) + sequence),
            EpochId(b"e" * 32),
            ActId(b"u" * 16),
            registry,
            certificate,
        )
        log.append(sign_operation(prefix, body, SIGNER))
    return log


def run_of(log: list[Operation]) -> Run:
    return begin_run(b"w" * 8, log[0]).with_records([record_of(operation) for operation in log])


def crossed(run: Run) -> Run:
    message = decode_message(encode_message(Operations((run,))))
    assert isinstance(message, Operations)
    return message.runs[0]


@given(
    st.lists(st.binary(max_size=300), min_size=1, max_size=6),
    st.none()
    | st.builds(Anchor, st.integers(0, 1 << 60), st.integers(0, 1 << 60), st.just(b"h" * 32)),
    st.none() | st.just(CertificateId(b"k" * 32)),
    st.integers(0, 5),
    st.sets(st.integers(0, 5)),
)
def test_a_run_gives_the_same_operations_back(
    bodies: list[bytes],
    registry: Anchor | None,
    certificate: CertificateId | None,
    start: int,
    destroyed: set[int],
) -> None:
    log = write_log(bodies, registry=registry, certificate=certificate)
    log = [
        operation.without_body() if place in destroyed else operation
        for place, operation in enumerate(log)
    ][min(start, len(log) - 1) :]
    rebuilt = rebuild(crossed(run_of(log)), CHART, LANE)
    assert first_bad(rebuilt) is None
    assert [(o.header, o.signature, o.body) for o in rebuilt] == [
        (o.header, o.signature, o.body) for o in log
    ]
    # What is built by hand is what a stranger's header would have to be.
    for built, read in zip(rebuilt, log, strict=True):
        strict = read_operation(built.header, built.signature, built.body)
        assert (built.prefix, built.id, built.body_hash, built.body_size_bytes) == (
            strict.prefix,
            strict.id,
            strict.body_hash,
            strict.body_size_bytes,
        )
        assert built.id == read.id


def test_a_record_costs_at_most_84_bytes_over_its_body() -> None:
    one, many = write_log([b"b" * 700]), write_log([b"b" * 700] * 101)
    size = {len(log): len(encode_message(Operations((run_of(log),)))) for log in (one, many)}
    assert (size[101] - size[1]) / 100 <= 700 + 84


def test_an_operation_begins_a_new_run_when_what_is_shared_changes() -> None:
    first, second, third = write_log([b"1", b"2", b"3"])
    assert continues(first, second)
    assert not continues(first, third)
    other = write_log([b"1", b"2"], certificate=CertificateId(b"k" * 32))
    assert not continues(first, other[1])


def tampered(log: list[Operation], place: int, record: Record) -> Run:
    run = run_of(log)
    return run.with_records([*run.records[:place], record, *run.records[place + 1 :]])


@pytest.mark.parametrize("part", ["stamp", "signature", "body", "hash", "size"])
def test_a_changed_record_is_where_the_check_ends(part: str) -> None:
    log = write_log([b"one", b"two", b"three"])
    good = record_of(log[1])
    changed = {
        "stamp": good._replace(stamp=good.stamp + 1),
        "signature": good._replace(signature=bytes(64)),
        "body": good._replace(body=b"twO"),
        "hash": good._replace(body=BodyGone(bytes(32), 3)),
        "size": good._replace(body=BodyGone(log[1].body_hash, 4)),
    }[part]
    rebuilt = rebuild(tampered(log, 1, changed), CHART, LANE)
    assert rebuilt[0] == log[0]
    assert first_bad(rebuilt) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"first_sequence": 1},
        {"previous": None, "first_sequence": 1},
        {"first_sequence": SEQUENCE_MAX},
        {"epoch": EpochId(b"x" * 32)},
        {"under": ActId(b"x" * 16)},
        {"instance": InstanceId(b"x" * 16)},
        {"registry": Anchor(1, 2, b"h" * 32)},
        {"certificate": CertificateId(b"x" * 32)},
    ],
)
def test_a_changed_shared_part_verifies_nowhere(changes: dict[str, object]) -> None:
    run = replace(run_of(write_log([b"one", b"two"])), **changes)  # type: ignore[arg-type] # by name
    try:
        rebuilt = rebuild(run, CHART, LANE)
    except SessionError:
        return
    assert [first_bad([operation]) for operation in rebuilt] == [0, 0]


def test_another_chart_or_lane_does_not_verify() -> None:
    run = run_of(write_log([b"one"]))
    assert first_bad(rebuild(run, ChartId(bytes(32)), LANE)) == 0
    assert first_bad(rebuild(run, CHART, LaneId(bytes(8)))) == 0


@pytest.mark.parametrize(
    "changes",
    [{"first_sequence": 1}, {"previous": None, "first_sequence": 1}, {"first_sequence": 1 << 48}],
)
def test_a_place_that_no_operation_can_have_is_refused(changes: dict[str, object]) -> None:
    run = replace(run_of(write_log([b"one", b"two"])), **changes)  # type: ignore[arg-type] # by name
    with pytest.raises(SessionError):
        rebuild(run, CHART, LANE)


def test_no_derivable_part_is_on_the_wire() -> None:
    log = write_log([b"a body that is long enough", b"and another one"])
    frame = encode_message(Operations((run_of(log),)))
    assert log[0].body_hash not in frame
    assert log[0].id[-32:] not in frame
    assert frame.count(SIGNER.public) == 1
    assert isinstance(decode(frame), list)
