"""Batches whose signatures are checked while others come and go: nothing unchecked is ever kept."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from replica_in_memory import ACCESS_LANE, Device, MemoryReplica, Rights, chart_of, finish

from sync.digest import Place
from sync.errors import SessionError
from sync.operation import Operation
from sync.session import Session, SessionParameters, shared_secret_of
from sync.session.checking import Checker, InlineChecker, first_bad

VICTIM, PEER = Device(1), Device(2)
PLACE = Place(chart_of(1), ACCESS_LANE)
OPERATIONS = 24


class LateCheck:
    """Looks only when it is asked, as another process may."""

    def __init__(self, checker: "LateChecker", operations: Sequence[Operation]) -> None:
        self.checker = checker
        self.operations = operations

    def first_bad(self) -> int | None:
        found = first_bad(self.operations)
        good = self.operations if found is None else self.operations[:found]
        self.checker.passed.update(operation.id for operation in good)
        return found


class LateChecker:
    """Counts how many checks were begun and not asked about yet."""

    def __init__(self) -> None:
        self.passed: set[bytes] = set()
        self.batches = 0

    def begin(self, operations: Sequence[Operation]) -> LateCheck:
        self.batches += 1
        return LateCheck(self, operations)


class CheckedReplica(MemoryReplica):
    """Refuses to be given what no check has passed."""

    checker: LateChecker | None = None

    def keep(self, operation: Operation) -> bool:
        if self.checker is not None:
            assert operation.id in self.checker.passed
        return super().keep(operation)


def sessions(
    victim: MemoryReplica, peer: MemoryReplica, checker: Checker
) -> tuple[Session, Session]:
    made = []
    for one, other in ((victim, peer), (peer, victim)):
        parameters = SessionParameters(
            peer=other.device.key,
            initiator=one is victim,
            signer=one.device.signer,
            sealing=one.device.opener.public,
            shared_secret=shared_secret_of(one.device.opener),
            nonce=bytes([one.device.number]) * 16,
            checker=checker if one is victim else InlineChecker(),
        )
        made.append(Session(one, parameters))
    return made[0], made[1]


@given(
    forged=st.none() | st.integers(0, OPERATIONS - 1),
    late=st.booleans(),
    take=st.integers(200, 6000),
)
def test_exactly_what_comes_before_a_wrong_signature_is_kept(
    forged: int | None, late: bool, take: int
) -> None:
    rights = Rights()
    rights.live[PLACE.chart] = {VICTIM.key, PEER.key}
    victim, peer = CheckedReplica(VICTIM, rights), MemoryReplica(PEER, rights)
    log = [peer.append(PLACE, b"b" * 300) for _ in range(OPERATIONS)]
    if forged is not None:
        one = log[forged]
        peer.logs[PLACE, PEER.instance()][one.id] = Operation(
            one.prefix, one.header, bytes(64), one.body_hash, one.body_size_bytes, one.body
        )
    checker = LateChecker() if late else InlineChecker()
    if isinstance(checker, LateChecker):
        victim.checker = checker
    first, second = sessions(victim, peer, checker)
    second.frame_size_bytes = 1024
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sync.session.inbox.take_size_bytes", take)
        if forged is None:
            finish(first, second)
        else:
            with pytest.raises(SessionError, match=r"bafy.* does not verify"):
                finish(first, second)
    expected = log if forged is None else log[:forged]
    assert victim.held() == {operation.id for operation in expected}


def test_a_pause_stores_what_waits_for_a_full_batch() -> None:
    rights = Rights()
    rights.live[PLACE.chart] = {VICTIM.key, PEER.key}
    victim, peer = CheckedReplica(VICTIM, rights), MemoryReplica(PEER, rights)
    for _ in range(OPERATIONS):
        peer.append(PLACE)
    victim.checker = checker = LateChecker()
    first, second = sessions(victim, peer, checker)
    for _ in range(4):
        while (frame := first.next_frame()) is not None:
            second.receive(frame)
        while (frame := second.next_frame()) is not None and first.outcome.bytes_in < 2000:
            first.receive(frame)
        if victim.held() or checker.batches:
            break
    assert not victim.held()
    first.receive_pause()
    assert first.outcome.ops_received == len(victim.held()) > 0
