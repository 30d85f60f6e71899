"""A chart's replica: the same operations give the same chart, whatever way they came."""

import random

import pytest
from ward import Ward, content, derived, empty, in_log_order, random_history

from sync.chart.replica import ChartReplica
from sync.identifiers import OperationId
from sync.operation import Operation


def everything(ward: Ward) -> list[Operation]:
    """All operations that anybody in the ward holds."""
    found: dict[OperationId, Operation] = {}
    for clinic in ward.clinics:
        if clinic.replica is not None:
            found |= clinic.replica.operations
    return list(found.values())


def fresh(ward: Ward) -> ChartReplica:
    """An empty replica at the first clinic, which holds every access key."""
    first = ward.clinics[0]
    assert first.replica is not None
    replica = empty(first.replica.charter, first)
    for clinic in ward.clinics:
        if clinic.replica is not None:
            for key in clinic.replica.keyring.of_lane(replica.access_lane).values():
                replica.keyring.put(replica.access_lane, key)
    return replica


@pytest.mark.parametrize("start", range(0, 200, 20))
def test_any_order_any_batches_and_duplicates_give_the_same_chart(start: int) -> None:
    for seed in range(start, start + 20):
        ward = random_history(seed)
        operations = everything(ward)
        whole = fresh(ward)
        whole.add(operations)
        expected = derived(whole)
        rng = random.Random(seed)
        for _ in range(3):
            shuffled = operations + rng.sample(operations, len(operations) // 3)
            rng.shuffle(shuffled)
            replica = fresh(ward)
            while shuffled:
                count = rng.randint(1, 9)
                batch, shuffled = shuffled[:count], shuffled[count:]
                replica.add(batch)
                if rng.random() < 0.3:
                    derived(replica)
            assert derived(replica) == expected, seed


@pytest.mark.parametrize("start", range(0, 100, 20))
def test_a_missing_subset_that_arrives_later_changes_nothing_in_the_end(start: int) -> None:
    for seed in range(start, start + 20):
        ward = random_history(seed)
        operations = everything(ward)
        whole = fresh(ward)
        whole.add(operations)
        rng = random.Random(seed)
        late = set(rng.sample(range(len(operations)), len(operations) // 2))
        replica = fresh(ward)
        replica.add(one for place, one in enumerate(operations) if place not in late)
        derived(replica)
        replica.add(one for place, one in enumerate(operations) if place in late)
        assert derived(replica) == derived(whole), seed


@pytest.mark.parametrize("start", range(0, 100, 20))
def test_what_was_taken_on_trial_and_let_go_leaves_no_trace(start: int) -> None:
    for seed in range(start, start + 20):
        ward = random_history(seed)
        operations = in_log_order(fresh_with_all(ward))
        rng = random.Random(seed)
        cut = rng.randrange(len(operations))
        kept, trial = operations[:cut], operations[cut:]
        replica = fresh(ward)
        replica.add(kept)
        before = derived(replica)
        replica.add(trial)
        derived(replica)
        replica.drop(one.id for one in trial)
        assert derived(replica)[:3] == before[:3], seed  # type: ignore[index]  # a tuple


def fresh_with_all(ward: Ward) -> ChartReplica:
    """A replica with everything."""
    replica = fresh(ward)
    replica.add(everything(ward))
    return replica


@pytest.mark.parametrize("start", range(0, 200, 20))
def test_every_change_is_in_the_merged_history_or_in_quarantine(start: int) -> None:
    for seed in range(start, start + 20):
        replica = fresh_with_all(random_history(seed))
        told = {change.ref for view in content(replica).values() for change in view.changes()}
        for operation in replica.operations.values():
            entry = (
                None if operation.prefix.lane == replica.access_lane else replica.entry(operation)
            )
            if entry is None:
                continue
            for place in range(len(entry.changes)):
                merged = (operation.id, place) in told
                waits = operation.id in replica.fold.quarantined
                assert merged != waits, seed


def test_histories_reach_every_kind_of_state() -> None:
    """The generator is worth its time only if conflicts, quarantine and revocations occur."""
    conflicts = quarantined = counted = 0
    for seed in range(60):
        replica = fresh_with_all(random_history(seed))
        conflicts += sum(len(view.conflicts) for view in content(replica).values())
        quarantined += len(replica.fold.quarantined)
        counted += len(replica.fold.counted)
    assert min(conflicts, quarantined, counted) > 10
