"""Shreds as the fold reads them: who may, what is covered, what cancels; each fails when off."""

import random

import pytest
from ablation import Rule, always, check
from histories import History, clinic

from sync.access import fold, runs_of
from sync.access.evidence import Evidence
from sync.access.shredding import (
    Shredding,
    condemned,
    epochs_of,
    is_bare_by_shred,
    shreddings,
)
from sync.acts import CancelShred, Shred
from sync.clock import stamp_of
from sync.cut import Cut
from sync.identifiers import ActId, LaneId
from sync.limits import shred_hold_milliseconds_min
from sync.operation import Operation

HOLD = shred_hold_milliseconds_min + 1_000_000


def cut_of(history: History, *operations: Operation) -> Cut:
    return runs_of(history.fold().logs, [one.id for one in operations])


def shred(
    history: History,
    cut: Cut,
    *lanes: LaneId,
    by: str = "root",
    under: ActId | None = None,
    hold: int = HOLD,
) -> ActId:
    """Ordered by the root, unless somebody else is named."""
    act = Shred(frozenset(lanes), cut, history.now + hold)
    return history.did(by, history.root if under is None else under, act)


def ids(found: tuple[Shredding, ...]) -> set[ActId]:
    return {one.id for one in found}


def test_a_shred_covers_what_lies_in_its_cut_and_in_its_lanes() -> None:
    history = clinic()
    first, second, third = (history.data("nurse", history.all) for _ in range(3))
    summary = history.data("nurse", history.all, history.summary)
    ordered = shred(history, cut_of(history, first, second, summary), history.care)
    after = history.data("doctor", history.all)

    found = history.fold()
    (one,) = shreddings(found)
    assert one.id == ordered
    assert condemned(found, [one]) == {first.id, second.id}
    assert epochs_of(found, [first.id]) == {(history.care, first.prefix.epoch)}
    assert is_bare_by_shred(found, first)
    assert not is_bare_by_shred(found, third)
    assert not is_bare_by_shred(found, summary)
    assert not is_bare_by_shred(found, after)


def test_no_lanes_are_all_content_lanes_and_never_the_access_lane() -> None:
    history = clinic()
    care = history.data("nurse", history.all)
    access = next(one for one in history.operations.values() if one.prefix.lane == history.access)
    shred(history, cut_of(history, care, access))
    shred(history, cut_of(history, access), history.access)
    (one,) = shreddings(history.fold())
    assert one.lanes == history.lanes - {history.access}
    assert condemned(history.fold(), [one]) == {care.id}


def test_nothing_is_covered_while_a_runs_head_is_not_held() -> None:
    history = clinic()
    first, second = (history.data("nurse", history.all) for _ in range(2))
    shred(history, cut_of(history, first, second))
    behind = history.fold(without=[second])
    assert condemned(behind, shreddings(behind)) == frozenset()
    assert is_bare_by_shred(behind, first)


def test_of_a_forked_log_only_the_branch_that_was_meant_is_covered() -> None:
    history = clinic()
    trunk, meant = (history.data("nurse", history.all) for _ in range(2))
    ordered = cut_of(history, trunk, meant)
    other = history.data("nurse", history.all, after=trunk)
    shred(history, ordered)
    found = history.fold()
    assert condemned(found, shreddings(found)) == {trunk.id, meant.id}
    assert other.id in found.merged


def only_a_root_shreds() -> None:
    history = clinic()
    entry = history.data("nurse", history.all)
    cut = cut_of(history, entry)
    shred(history, cut, by="nurse", under=history.admin)
    shred(history, cut, by="nurse")
    assert shreddings(history.fold()) == ()
    shred(history, cut)
    assert len(shreddings(history.fold())) == 1


def only_a_root_cancels() -> None:
    history = clinic()
    entry = history.data("nurse", history.all)
    ordered = shred(history, cut_of(history, entry))
    history.act("nurse", history.admin, CancelShred(ordered))
    history.act("nurse", history.root, CancelShred(ordered))
    assert [one.cancelled for one in shreddings(history.fold())] == [False]
    history.act("root", history.root, CancelShred(ordered))
    assert [one.cancelled for one in shreddings(history.fold())] == [True]


def a_hold_is_thirty_days_at_least() -> None:
    history = clinic()
    cut = cut_of(history, history.data("nurse", history.all))
    shred(history, cut, hold=shred_hold_milliseconds_min - 1)
    assert shreddings(history.fold()) == ()


RULES = [
    Rule(only_a_root_shreds, "shredding.is_by_root", always(True)),
    Rule(only_a_root_cancels, "shredding.is_by_root", always(True)),
    Rule(a_hold_is_thirty_days_at_least, "shredding.is_held_long_enough", always(True)),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_rules_hold_and_are_missed(rule: Rule, monkeypatch: pytest.MonkeyPatch) -> None:
    check(rule, monkeypatch)


def test_a_root_by_handover_shreds_until_it_is_revoked() -> None:
    history = clinic()
    entry = history.data("nurse", history.all)
    cut = cut_of(history, entry)
    history.hand_over("root", "heir")
    before = shred(history, cut, by="heir")
    assert ids(shreddings(history.fold())) == {before}
    history.revoke("root", history.root, "heir")
    after = shred(history, cut, by="heir")
    found = shreddings(history.fold())
    assert before in ids(found)  # it lies in the revoke's own cut
    assert after not in ids(found)


def test_cancelling_wins_though_the_shred_comes_later() -> None:
    history = clinic()
    entry = history.data("nurse", history.all)
    ordered = shred(history, cut_of(history, entry))
    cancel = history.act("root", history.root, CancelShred(ordered))
    listed = [*history.operations.values()]
    for seed in range(20):
        random.Random(seed).shuffle(listed)
        evidence = Evidence(history.charter, listed, history.deeds, lambda _network, _act: True)
        (one,) = shreddings(fold(evidence))
        assert one.cancelled
    (one,) = shreddings(history.fold(without=[cancel]))
    assert not one.cancelled


def test_shreds_change_nothing_else_that_the_fold_says() -> None:
    for seed in range(60):
        rng = random.Random(seed)
        history = clinic("nurse", "doctor")
        entries = [
            history.data(rng.choice(["nurse", "doctor"]), history.all, rng.choice(lanes))
            for lanes in [sorted(history.lanes - {history.access})] * 8
        ]
        if rng.random() < 0.5:
            history.revoke("root", history.root, "doctor")
        plain = history.fold()
        chosen = rng.sample(entries, 4)
        extra = []
        for _ in range(rng.randrange(1, 4)):
            before = set(history.operations)
            ordered = shred(history, cut_of(history, *chosen))
            if rng.random() < 0.4:
                history.act("root", history.root, CancelShred(ordered))
            extra += [one for id_, one in history.operations.items() if id_ not in before]
        found = history.fold()
        assert found.merged == plain.merged | {one.id for one in extra}
        assert found.live == plain.live
        assert found.counted == plain.counted
        assert found.quarantined == plain.quarantined
        assert found.void == plain.void
        assert set(found.grants) == set(plain.grants)


def test_any_order_of_arrival_gives_the_same_shreds_and_the_same_cover() -> None:
    for seed in range(60):
        rng = random.Random(seed)
        history = clinic("nurse", "doctor")
        entries = [history.data(rng.choice(["nurse", "doctor"]), history.all) for _ in range(8)]
        orders = [
            shred(history, cut_of(history, *rng.sample(entries, rng.randrange(1, 6))))
            for _ in range(3)
        ]
        history.act("root", history.root, CancelShred(rng.choice(orders)))
        whole = history.fold()
        expected = shreddings(whole)
        standing = [one for one in expected if not one.cancelled]
        assert len(standing) == 2
        for _ in range(5):
            listed = [*history.operations.values(), *rng.sample(entries, 3)]
            rng.shuffle(listed)
            evidence = Evidence(history.charter, listed, history.deeds, lambda _network, _act: True)
            found = fold(evidence)
            assert shreddings(found) == expected
            assert condemned(found, standing) == condemned(whole, standing)


def test_the_stamp_of_the_order_counts_and_not_what_the_clock_says_elsewhere() -> None:
    history = clinic()
    cut = cut_of(history, history.data("nurse", history.all))
    ordered = shred(history, cut)
    (one,) = shreddings(history.fold())
    assert one.id == ordered
    assert one.hold_milliseconds >= shred_hold_milliseconds_min
    assert stamp_of(one.asked_at_milliseconds) <= one.operation.prefix.stamp
