"""What is kept of a fold about a device says at every time what the fold says itself."""

import random

import pytest
from histories import notice_valid
from random_histories import Scribe

from sync.access import Evidence, fold
from sync.access.entitlement import entitlement
from sync.access.fold import BREAK_GLASS_MILLISECONDS
from sync.limits import clock_doubt_milliseconds


@pytest.mark.parametrize("batch", range(4))
def test_an_entitlement_is_the_folds_answer_whatever_the_time(batch: int) -> None:
    served = 0
    for seed in range(batch * 25, (batch + 1) * 25):
        history = Scribe(seed).write(steps=30)
        chance = random.Random(seed)
        operations = list(history.operations.values())
        held = operations[: chance.randint(4, len(operations))]
        found = fold(Evidence(history.charter, held, history.deeds, notice_valid))
        stamps = [one.prefix.stamp >> 16 for one in held]
        ends = [one.until_milliseconds or 0 for one in found.grants.values()]
        turns = {0, *ends, *stamps}
        turns |= {stamp - clock_doubt_milliseconds for stamp in stamps}
        turns |= {stamp + BREAK_GLASS_MILLISECONDS for stamp in stamps}
        for device in {one.prefix.device for one in operations}:
            kept = entitlement(found, device)
            assert kept.granted == found.was_granted(device)
            for turn in turns:
                for now in (turn - 1, turn, turn + 1):
                    lanes = found.entitled_lanes(device, now)
                    assert kept.lanes(now) == lanes
                    served += bool(lanes)
    assert served > 100
