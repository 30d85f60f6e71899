"""The fold agrees with the executable model on thousands of its histories."""

from typing import Any

import pytest
from histories import person
from model_histories import DEVICES, MODEL, Translation, load_model, views

from sync.access import recipients, usable_epoch

BATCHES = 20
HISTORIES_PER_BATCH = 100
STEPS = (8, 14, 22, 34)

pytestmark = pytest.mark.skipif(
    not MODEL.exists(), reason="the executable model is not beside this repository"
)


def compare(model: Any, translation: Translation, ops: list[Any]) -> None:
    view = model.View(ops, dict.fromkeys(model.FIXES, True))
    found = translation.fold(ops)
    written, acts = translation.written, translation.acts

    enrolment = {translation.enrolment.id}
    assert found.merged == {written[op].id for op in view.M} | enrolment
    assert found.live == {acts[g] for g in view.live} | set(translation.history.charter.grant_ids())
    assert found.counted == {acts[each.id] for each in view.revs}
    waiting = {written[op.id].id for op in view.ops if view.right(op) and op.id not in view.M}
    assert found.quarantined == waiting
    for name in "cs":
        lane = translation.lanes[name]
        sealed = {translation.sealing(to) for to in view.recipients(name)}
        assert set(recipients(found, lane, None)) == sealed
        for device in DEVICES:
            if not view.standing(device, "append", name):
                continue  # only who may write chooses an epoch
            openable = {
                translation.epoch(op.id)
                for op in view.ops
                if op.kind == "rekey" and op.b["lane"] == name and model.can_open(view, device, op)
            }
            expected = view.usable(device, name)
            epoch = usable_epoch(found, person(device).key, lane, openable, None)
            assert (epoch and epoch.epoch) == (expected and translation.epoch(expected.id))


@pytest.mark.parametrize("batch", range(BATCHES))
def test_fold_says_what_the_model_says(batch: int) -> None:
    model = load_model()
    for seed in range(batch * HISTORIES_PER_BATCH, (batch + 1) * HISTORIES_PER_BATCH):
        translation = Translation()
        for ops in views(model, seed, STEPS[seed % len(STEPS)]):
            compare(model, translation, ops)
