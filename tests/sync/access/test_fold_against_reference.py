"""The fold agrees with AUTHORITY.md read once more, on thousands of random charts."""

import random

import pytest
from histories import History, notice_valid, person
from random_histories import EVERYBODY, Scribe
from reference_keys import KeysReference

from sync.access import Evidence, fold, recipients, usable_epoch
from sync.acts import Rekey
from sync.operation import Operation

BATCHES = 24
HISTORIES_PER_BATCH = 50


def views(history: History, chance: random.Random) -> list[list[Operation]]:
    """All of a history, a part that keeps logs whole up to some length, and any part at all."""
    everything = list(history.operations.values())
    lengths: dict[tuple[bytes, bytes], int] = {}
    prefixes = []
    for each in everything:
        log = (each.prefix.instance, each.prefix.lane)
        if each.prefix.sequence < lengths.setdefault(log, chance.randint(0, 12)):
            prefixes.append(each)
    return [everything, prefixes, [each for each in everything if chance.random() < 0.8]]


def compare(history: History, operations: list[Operation], chance: random.Random) -> None:
    reference = KeysReference(history.charter, operations, history.deeds, notice_valid)
    found = fold(Evidence(history.charter, operations, history.deeds, notice_valid))

    assert set(found.grants) == set(reference.grants)
    assert found.counted == set(reference.counted)
    assert found.merged == reference.merged
    assert found.live == reference.live
    assert found.quarantined == reference.waiting
    for each in operations:
        if each.id in reference.waiting:
            assert found.against(each) == reference.against(each, reference.good)
    now = chance.choice([None, 500, 1_500, 2_500])
    lane = chance.choice(sorted(history.lanes))
    assert set(recipients(found, lane, now)) == reference.recipients(lane, now)
    openable = {act.epoch for _, _, act in reference.acts if isinstance(act, Rekey)}
    for name in EVERYBODY:
        device = person(name).key
        assert found.reads(device, lane, now) == reference.reads(device, lane, now)
        epoch = usable_epoch(found, device, lane, openable, now)
        expected = reference.usable(device, lane, openable, now)
        assert (None if epoch is None else epoch.epoch) == expected


@pytest.mark.parametrize("batch", range(BATCHES))
def test_fold_says_what_the_rules_say(batch: int) -> None:
    for seed in range(batch * HISTORIES_PER_BATCH, (batch + 1) * HISTORIES_PER_BATCH):
        chance = random.Random(seed)
        history = Scribe(seed).write(steps=chance.randint(6, 36))
        for operations in views(history, chance):
            compare(history, operations, chance)
