"""Who was removed opens nothing that was written by an author who held the revocation.

Brute force over real ciphertexts: every key that a node ever came by, concurrent re-keys, keys
given by nodes that had not heard, and its own tricks included.
"""

import pytest
from ablation import always
from sealing_nodes import Ward, Written

from sync.operation import Operation

BATCHES = 10
HISTORIES_PER_BATCH = 12
STEPS = 45


def leaks(ward: Ward) -> list[tuple[str, Operation]]:
    """Entries that a node opens although their author held the revocation that removed it."""
    return [
        (name, written.operation)
        for written in ward.written
        for name in written.excluded
        if ward.nodes[name].opens(written.operation) and not was_given_again(ward, name, written)
    ]


def was_given_again(ward: Ward, name: str, written: Written) -> bool:
    """Whether an honest node that knew as much as the author let that key go to it later."""
    keys = {opener.public for opener in ward.nodes[name].openers()}
    return any(
        release.epoch == written.operation.prefix.epoch
        and release.to in keys
        and release.by not in ward.removed
        and name in release.readers
        and release.counted >= written.counted
        for node in ward.nodes.values()
        for release in node.releases
    )


def run(seed: int) -> Ward:
    ward = Ward(seed)
    for _ in range(STEPS):
        ward.step()
    ward.heal()
    return ward


@pytest.mark.parametrize("batch", range(BATCHES))
def test_the_removed_open_nothing_of_those_who_knew(batch: int) -> None:
    for seed in range(batch * HISTORIES_PER_BATCH, (batch + 1) * HISTORIES_PER_BATCH):
        ward = run(seed)

        assert leaks(ward) == [], seed
        for written in ward.written:
            assert ward.nodes["root"].opens(written.operation), (seed, written)


@pytest.mark.parametrize(
    "rule",
    ["epochs.authors_may_read", "epochs.knew_what_counts", "readers.all_members_read"],
)
def test_without_a_rule_some_history_leaks(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"sync.access.{rule}", always(True))

    assert any(leaks(run(seed)) for seed in range(170, 200))
