"""Work that a hostile peer makes for honest nodes: counted, as time is the machine's."""

import random
from collections.abc import Callable

import pytest
from hostile_ward import Ward

from node.limits import peers_remembered_max
from scenarios.malice.flooding import FORKS_A_SESSION
from sync.access.logs import Logs
from sync.cut import Run
from sync.identifiers import DeviceKey
from sync.operation import Operation

Make = Callable[..., Ward]


def test_strangers_without_end_leave_nothing_in_memory(ward: Make) -> None:
    here = ward()
    draws = random.Random(1)
    for _ in range(peers_remembered_max + 50):
        session = here.a.node.session(DeviceKey(draws.randbytes(32)), initiator=False)
        session.receive_pause()
    assert len(here.a.node._digests._peers) <= peers_remembered_max
    assert len(here.a.node._shared) <= 1
    here.turn("eavesdrop")
    here.assert_unharmed()


@pytest.mark.parametrize("lost", [True, False])
def test_who_forks_a_log_without_measure_can_be_revoked(
    ward: Make, lost: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = ward()
    here.turn("flood", "forks")
    for _ in range(4):
        here.meet(here.a, initiator=True)
    held = here.a.node.context.store.operations.count()
    assert held > 4 * FORKS_A_SESSION
    looked = []
    holds, before = Logs.holds, Logs.before

    def counted_holds(logs: Logs, run: Run, operation: Operation) -> bool:
        looked.append(operation)
        return holds(logs, run, operation)

    def counted_before(logs: Logs, operation: Operation) -> Operation | None:
        looked.append(operation)
        return before(logs, operation)

    monkeypatch.setattr(Logs, "holds", counted_holds)
    monkeypatch.setattr(Logs, "before", counted_before)
    here.a.node.revoke("all", from_="H", lost=lost)
    assert len(looked) < 30 * held
    assert here.a.quarantined() == {}
    here.assert_unharmed()
