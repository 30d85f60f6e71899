"""The helper process: it answers as this process would, and whatever becomes of it, so do we."""

import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.limits import helper_batch_signatures_min, helper_failures_max
from node.replicator import helped_checker
from node.replicator.helped_checker import HelpedChecker
from sync.clock import Stamp
from sync.identifiers import ActId, ChartId, EpochId, InstanceId, LaneId
from sync.operation import HeaderPrefix, Operation, sign_operation
from sync.session.checking import Checked, InlineChecker
from sync.signing import Signer

SIGNERS = [Signer(bytes([number]) * 32) for number in range(3)]


def written(number: int) -> Operation:
    signer = SIGNERS[number % len(SIGNERS)]
    prefix = HeaderPrefix(
        ChartId(b"c" * 32),
        LaneId(b"l" * 8),
        signer.public,
        InstanceId(b"i" * 16),
        0,
        None,
        Stamp(number),
        EpochId(b"e" * 32),
        ActId(b"u" * 16),
    )
    return sign_operation(prefix, b"sealed", signer)


BATCH = [written(number) for number in range(helper_batch_signatures_min)]


def forged(operation: Operation, flip: int = 1) -> Operation:
    signature = bytes([operation.signature[0] ^ flip, *operation.signature[1:]])
    return Operation(
        operation.prefix, operation.header, signature, operation.body_hash, 6, operation.body
    )


@pytest.fixture(scope="module")
def checker() -> Iterator[HelpedChecker]:
    made = HelpedChecker(processors=2)
    yield made
    made.close()


def pid_of(checker: HelpedChecker) -> int:
    assert checker._helper is not None
    return checker._helper.pid


@given(
    bad=st.sets(st.integers(0, len(BATCH) - 1), max_size=3),
    flip=st.integers(1, 255),
    more=st.integers(0, 40),
)
def test_the_helper_answers_as_this_process_does(
    checker: HelpedChecker, bad: set[int], flip: int, more: int
) -> None:
    batch = [forged(one, flip) if at in bad else one for at, one in enumerate(BATCH)]
    batch += BATCH[:more]
    asked = checker.begin(batch)
    assert not isinstance(asked, Checked)
    assert asked.first_bad() == InlineChecker().begin(batch).first_bad() == min(bad, default=None)


def test_answers_go_to_those_who_asked_whoever_asks_first(checker: HelpedChecker) -> None:
    first = checker.begin([forged(BATCH[0]), *BATCH])
    second = checker.begin([*BATCH, forged(BATCH[0])])
    assert second.first_bad() == len(BATCH)
    assert first.first_bad() == 0
    assert first.first_bad() == 0


def test_a_small_batch_and_a_single_processor_need_no_helper() -> None:
    for checker, batch in (
        (HelpedChecker(processors=2), BATCH[:-1]),
        (HelpedChecker(processors=1), BATCH),
    ):
        assert checker.begin([*batch[:3], forged(batch[3]), *batch[4:]]).first_bad() == 3
        assert checker._helper is None


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
@pytest.mark.parametrize("when", ["before", "between"])
def test_a_helper_that_dies_or_hangs_changes_no_answer(
    number: signal.Signals, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(helped_checker, "helper_answer_seconds_max", 0.2)
    checker = HelpedChecker(processors=2)
    assert checker.begin(BATCH).first_bad() is None
    pid = pid_of(checker)
    batch = [*BATCH, forged(BATCH[0]), *BATCH]
    if when == "before":
        os.kill(pid, number)
        asked = checker.begin(batch)
    else:
        os.kill(pid, signal.SIGSTOP)  # so that it cannot have answered already
        asked = checker.begin(BATCH)
        os.kill(pid, number)
        batch = BATCH
    assert asked.first_bad() == InlineChecker().begin(batch).first_bad()
    monkeypatch.setattr(helped_checker, "helper_answer_seconds_max", 30.0)
    assert checker.begin(batch).first_bad() == InlineChecker().begin(batch).first_bad()
    assert pid_of(checker) != pid, "another one was started"
    checker.close()


def test_a_helper_that_answers_nonsense_is_believed_no_longer() -> None:
    checker = HelpedChecker(processors=2)
    asked = checker.begin(BATCH)
    answer = len(BATCH).to_bytes(4, "big")
    checker._helper.stdout.close()  # type: ignore[union-attr]  # it runs
    reading, writing = os.pipe()
    os.write(writing, answer)
    checker._helper.stdout = os.fdopen(reading, "rb", buffering=0)  # type: ignore[union-attr]
    assert asked.first_bad() is None
    assert checker._helper is None
    os.close(writing)


def test_after_a_few_failures_none_is_started_any_more() -> None:
    checker = HelpedChecker(processors=2)
    for _ in range(helper_failures_max + 1):
        asked = checker.begin(BATCH)
        os.kill(pid_of(checker), signal.SIGKILL)
        checker._helper.wait()  # type: ignore[union-attr]  # it ran
        assert asked.first_bad() is None
    assert isinstance(checker.begin(BATCH), Checked)
    assert checker._helper is None


def test_the_helper_is_told_nothing_and_ends_with_its_owner() -> None:
    checker = HelpedChecker(processors=2)
    checker.begin(BATCH).first_bad()
    helper = checker._helper
    assert helper is not None
    checker.close()
    assert helper.poll() is not None
    assert checker._helper is None
