"""More content is folded in quickly, and as if everything were folded anew."""

import random
import time

import pytest
from histories import clinic, notice_valid
from random_histories import Scribe

from sync.access import Evidence, extended, fold, recipients
from sync.cut import Run

ENTRIES = 5_000


@pytest.mark.parametrize("batch", range(8))
def test_to_extend_is_to_fold_anew(batch: int) -> None:
    for seed in range(batch * 25, (batch + 1) * 25):
        chance = random.Random(seed)
        history = Scribe(seed).write(steps=30)
        operations = list(history.operations.values())
        found = fold(Evidence(history.charter, operations[:6], history.deeds, notice_valid))
        place = 6
        while place < len(operations):
            count = chance.randint(1, 4)
            found = extended(found, operations[place - 1 : place + count])
            place += count
            held = operations[:place]
            anew = fold(Evidence(history.charter, held, history.deeds, notice_valid))

            assert found.merged == anew.merged
            assert found.quarantined == anew.quarantined
            assert (found.live, found.counted) == (anew.live, anew.counted)
            assert recipients(found, history.care, 1_500) == recipients(anew, history.care, 1_500)
            assert found.evidence.operations.keys() == anew.evidence.operations.keys()


def test_five_thousand_entries_and_a_revocation_fold_well_under_a_second() -> None:
    history = clinic()
    own = history.give("nurse", history.all, "visitor")
    for _ in range(ENTRIES // 2):
        history.data("visitor", own)
        history.data("nurse", history.all)
    history.revoke("nurse", history.all, "visitor")
    evidence = history.evidence()
    start = time.perf_counter()

    found = fold(evidence)

    assert time.perf_counter() - start < 0.5
    assert len(found.merged) == ENTRIES + 3


def test_a_hundred_revocations_each_vouched_against_fold_in_time() -> None:
    history = clinic()
    for place in range(100):
        guest = f"guest {place}"
        own = history.give("nurse", history.all, guest)
        entries = [history.data(guest, own) for _ in range(20)]
        revoke = history.revoke("nurse", history.all, guest, ())
        head = entries[-1].prefix
        run = Run(head.instance, head.lane, 0, head.sequence, entries[-1].id)
        history.vouch("doctor", history.all, (run,), {revoke})
    evidence = history.evidence()
    start = time.perf_counter()

    found = fold(evidence)

    assert time.perf_counter() - start < 1
    assert len(found.counted) == 100
    assert found.quarantined == frozenset()


def test_one_more_entry_does_not_look_at_the_others() -> None:
    history = clinic()
    for _ in range(ENTRIES):
        history.data("nurse", history.all)
    found = history.fold()
    entry = history.data("nurse", history.all)
    start = time.perf_counter()

    after = extended(found, [entry])

    assert time.perf_counter() - start < 0.05
    assert after.merged == found.merged | {entry.id}
    assert after.live is found.live
