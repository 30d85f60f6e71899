"""Deposits: a device hands over what it wrote where it is live no longer, and learns nothing."""

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

CLINIC, REVOKED = Device(1), Device(2)
CHART = chart_of(1)


class KeepsNothing(MemoryReplica):
    """Refuses every deposit."""

    def take_deposits(self, peer: object, operations: object) -> None:
        return


def replicas(clinic: type[MemoryReplica] = MemoryReplica) -> tuple[MemoryReplica, MemoryReplica]:
    rights = Rights()
    one, two = clinic(CLINIC, rights), MemoryReplica(REVOKED, rights)
    for lane in (CARE_LANE, ACCESS_LANE):
        two.to_deposit.append(two.append(Place(CHART, lane)))
        two.to_deposit.append(two.append(Place(CHART, lane)))
    return one, two


@pytest.mark.parametrize("revoked_calls", [True, False])
def test_deposits_arrive_though_nothing_is_shared(revoked_calls: bool) -> None:
    one, two = replicas()
    sessions = pair(two, one) if revoked_calls else pair(one, two)
    finish(*sessions)
    assert one.deposits_taken == two.to_deposit
    assert one.takes == []
    assert two.deposited_with == [CLINIC.key]
    depositor = sessions[0] if revoked_calls else sessions[1]
    assert depositor.outcome.deposits_sent == 4
    again = pair(two, one, nonce=1)
    assert len(finish(*again).frames) == 2, "what was deposited is not offered again"


def test_deposits_ride_behind_what_is_shared() -> None:
    one, two = replicas()
    shared = chart_of(2)
    one.rights.live[shared] = {CLINIC.key, REVOKED.key}
    one.append(Place(shared, ACCESS_LANE))
    finish(*pair(one, two))
    assert one.deposits_taken == two.to_deposit
    assert len(two.takes) == 1


def test_the_answer_is_the_same_whether_deposits_were_kept_or_not() -> None:
    kept = finish(*pair(*replicas()))
    refused = finish(*pair(*replicas(KeepsNothing)))
    assert kept.frames == refused.frames


def test_nobody_deposits_what_another_wrote() -> None:
    one, two = replicas()
    two.to_deposit = [Device(7).write(Place(CHART, CARE_LANE), 0, None)]
    with pytest.raises(SessionError, match="did not write"):
        finish(*pair(two, one))
    assert one.deposits_taken == []


def test_a_cut_before_the_acknowledgement_offers_the_deposits_again() -> None:
    one, two = replicas()
    first, second = pair(two, one)
    hello = first.next_frame()
    assert hello is not None
    second.receive(hello)
    first.receive_end()
    assert not first.finished
    assert two.deposited_with == []
    finish(*pair(two, one, nonce=1))
    assert one.deposits_taken == two.to_deposit
