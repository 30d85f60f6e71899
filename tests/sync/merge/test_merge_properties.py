"""Thousands of histories of every policy: order, repeats, gaps and hostile content change nothing.

Each history is random: any change may be written upon any earlier ones, may lie about what it
touches, may be unreadable, stamped at any time, absent for a while or in quarantine for good.
"""

import json
import random
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import pytest
from chart_story import CHART, LANE, SOURCE, ref_of
from hypothesis import given, settings
from hypothesis import strategies as st
from rules_reference import ELEMENTS, GROUPS, Rules

from sync.change import Change, ChangeKind, ChangeRef
from sync.clock import Stamp
from sync.identifiers import DeviceKey
from sync.merge.account import Standing, account, unaccounted
from sync.merge.lane_view import LaneView, merge_lane
from sync.merge.merged_change import MergedChange, ResourceKey
from sync.merge.resource_view import ResourceView

CODES = ["active", "stopped", "inactive", "entered-in-error", "refuted", "confirmed", "x"]
EXAMPLES = 120
"""Histories that hypothesis makes a property, and shrinks when one fails."""
SEEDED = 2_000
"""Histories that a seed makes: cheap, so many."""
TELECOMS: list[list[str]] = [["1"], ["2"], ["1", "2"], ["2", "3"], []]


UNREADABLE = [b"", b"{", b"[]", b'{"id":1}', b"\xff", b"null"]


class Dice(Protocol):
    """What decides a history: hypothesis, or a seed."""

    def below(self, end: int) -> int: ...


class Seeded:
    """Dice of a seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def below(self, end: int) -> int:
        return self._random.randrange(end)


class Drawn:
    """Dice that hypothesis throws."""

    def __init__(self, draw: Callable[[st.SearchStrategy[int]], int]) -> None:
        self._draw = draw

    def below(self, end: int) -> int:
        return self._draw(st.integers(0, end - 1))


def some(dice: Dice, of: Sequence[str]) -> list[str]:
    """A subset."""
    bits = dice.below(1 << len(of))
    return [each for place, each in enumerate(of) if bits >> place & 1]


def content(dice: Dice, key: ResourceKey) -> bytes:
    """A version's bytes, now and then unreadable."""
    if dice.below(12) == 11:
        return UNREADABLE[dice.below(len(UNREADABLE))]
    document: dict[str, Any] = {"resourceType": key.type, "id": key.id}
    for element in some(dice, ELEMENTS):
        values: Sequence[object] = TELECOMS if element == "telecom" else CODES
        document[element] = values[dice.below(len(values))]
    return json.dumps(document).encode()


def make_history(dice: Dice) -> list[MergedChange]:
    """Up to twelve changes of two resources of one type."""
    resource_type = sorted(GROUPS)[dice.below(len(GROUPS))]
    written: list[MergedChange] = []
    for number in range(1 + dice.below(12)):
        key = ResourceKey(LANE, SOURCE, resource_type, "r2" if dice.below(4) == 3 else "r1")
        seen = {written[dice.below(len(written))].ref for _ in range(dice.below(4)) if written}
        change = Change(
            ChangeKind(dice.below(2)),
            *key[1:],
            content(dice, key),
            tuple(some(dice, ELEMENTS)),
            tuple(sorted(seen)),
        )
        stamp = Stamp(dice.below(5) << 16)
        ref = ref_of(number, key)
        doubtful = bool(dice.below(2))
        device = DeviceKey(bytes(32))
        written.append(MergedChange(ref, LANE, change, stamp, device, doubtful=doubtful))
    return written


@st.composite
def histories(draw: st.DrawFn) -> list[MergedChange]:
    """Histories that shrink."""
    return make_history(Drawn(draw))


def everything(view: LaneView) -> object:
    """All that a view says, in a form that compares."""
    return view.conflicts, {
        key: (
            resource.shown,
            resource.heads,
            resource.history,
            resource.conflicts,
            dict(resource.elements),
            resource.labels,
            resource.unmerged,
            resource.supersedes_for(ELEMENTS),
        )
        for key, resource in view.resources.items()
    }


def merged(changes: Sequence[MergedChange]) -> LaneView:
    return merge_lane(CHART, LANE, changes)


def check_order(history: list[MergedChange], dice: Dice) -> None:
    """Some first, the others late, all twice and shuffled: as if written down in one go."""
    shuffled = sorted(history, key=lambda _: dice.below(1000))
    first = [each for each in shuffled if dice.below(2)]
    gappy = merged(first)
    everything(gappy)

    assert everything(merged([*shuffled, *first])) == everything(merged(history))
    assert unaccounted(gappy, [], [m.ref for m in first]) == ()


def check_rules(history: list[MergedChange]) -> None:
    """Heads and conflicts are those of the reference."""
    for key, resource in merged(history).resources.items():
        expected = Rules(CHART, [m for m in history if m.key == key]).expected()

        assert set(resource.heads) == expected.heads
        heads = {name: set(element.heads) for name, element in resource.elements.items()}
        assert {name: refs for name, refs in heads.items() if refs} == expected.elements
        found = {c.id: (frozenset(c.heads), frozenset(c.elements)) for c in resource.conflicts}
        assert found == expected.conflicts


def check_account(history: list[MergedChange], dice: Dice) -> None:
    """State, conflicts and quarantine together hold all that was written."""
    quarantined = [each for each in history if dice.below(5) == 4]
    view = merged([each for each in history if each not in quarantined])

    check_that_nothing_is_lost(view, history, quarantined)
    standing = account(view, quarantined)
    assert standing.keys() == {each.ref for each in history}
    for each in quarantined:
        assert standing[each.ref].standing == (("", Standing.QUARANTINED),)


def check_causal(history: list[MergedChange]) -> None:
    """No version stands before one that it lists."""
    for resource in merged(history).resources.values():
        place = {each.ref: number for number, each in enumerate(resource.history)}
        for each in resource.history:
            assert all(place.get(ref, -1) < place[each.ref] for ref in each.change.supersedes)


def check_resolves(history: list[MergedChange]) -> None:
    """A resolve closes the conflict that it names, and none that has no head in common with it."""
    view = merged(history)
    for conflict in view.conflicts:
        resource = view.resources[conflict.key]
        assert resource.shown is not None
        change = Change(
            ChangeKind.RESOLVE,
            *conflict.key[1:],
            resource.shown,
            conflict.elements,
            resource.supersedes_for(conflict.elements),
        )
        ref = ref_of(99, conflict.key)
        resolve = MergedChange(ref, LANE, change, Stamp(9 << 16), DeviceKey(bytes(32)))

        assert set(conflict.heads) <= set(change.supersedes)
        after = {c.id for c in merged([*history, resolve]).conflicts}
        apart = {c.id for c in view.conflicts if not set(c.heads) & set(conflict.heads)}
        assert conflict.id not in after
        assert apart <= after
        assert len(after) < len(view.conflicts)


def check_that_nothing_is_lost(
    view: LaneView, written: Sequence[MergedChange], quarantined: Sequence[MergedChange]
) -> None:
    """Look for each change where a person could find it, by its content rather than the account."""
    waiting = {each.ref for each in quarantined}
    for change in written:
        if change.ref in waiting:
            continue
        resource = view.resources[change.key]
        assert change in resource.history
        if change.ref in resource.unreadable:
            continue
        said = json.loads(change.change.content)
        touches = set(change.change.touched)
        if not change.change.supersedes:
            touches |= said.keys() - {"resourceType"}
        for name in touches:
            check_one_element(resource, change, name, said.get(name))


def check_one_element(
    resource: ResourceView, change: MergedChange, name: str, written: object
) -> None:
    """A touched element is superseded by a later change, or its value is there to be seen."""
    element = resource.elements[name]
    if change.ref not in element.heads:
        after = reached_from(change.ref, resource.history)
        assert after.intersection(element.heads), "superseded by none that is a head"
        return
    [said] = [value.value for value in element.values if value.ref == change.ref]
    assert json.loads(said.json).get(name) == written
    assert resource.shown is not None
    in_conflict = any(change.ref in c.heads and name in c.elements for c in resource.conflicts)
    shown = json.loads(resource.shown).get(name)
    is_set = name in resource.policy.sets
    assert shown == written or in_conflict or change.ref in element.set_aside or is_set


def reached_from(ref: ChangeRef, history: Sequence[MergedChange]) -> set[ChangeRef]:
    """All later changes that list this one, or one that does."""
    reached: set[ChangeRef] = {ref}
    for later in history:
        if reached.intersection(later.change.supersedes):
            reached.add(later.ref)
    return reached - {ref}


def check_safe_side(history: list[MergedChange]) -> None:
    """While anything is disputed: in-error not used, medicine stopped, nothing refuted too soon."""
    for key, resource in merged(history).resources.items():
        if resource.shown is None:
            continue
        status = json.loads(resource.shown).get("status")
        heads = resource.elements["status"].values if "status" in resource.elements else ()
        said = [json.loads(each.value.json).get("status") for each in heads]
        if key.type == "Observation" and "entered-in-error" in said:
            assert status == "entered-in-error"
        if key.type == "MedicationRequest" and {"stopped", "entered-in-error"} & set(said):
            assert status in ("stopped", "entered-in-error")
            assert resource.is_stopped
        if key.type == "Consent" and "inactive" in said:
            assert status == "inactive"
        if key.type == "Flag" and "active" in said:
            assert status == "active"
            assert not resource.is_withdrawn


@settings(max_examples=EXAMPLES)
@given(histories(), st.data())
def test_order_repeats_and_late_arrivals_change_nothing(
    history: list[MergedChange], data: st.DataObject
) -> None:
    check_order(history, Drawn(data.draw))


@settings(max_examples=EXAMPLES)
@given(histories())
def test_heads_and_conflicts_are_those_of_the_rules(history: list[MergedChange]) -> None:
    check_rules(history)


@settings(max_examples=EXAMPLES)
@given(histories(), st.data())
def test_nothing_that_anyone_wrote_is_ever_lost(
    history: list[MergedChange], data: st.DataObject
) -> None:
    check_account(history, Drawn(data.draw))


@pytest.mark.parametrize("block", range(4))
def test_thousands_of_seeded_histories_keep_every_promise(block: int) -> None:
    conflicts = 0
    for seed in range(block * SEEDED // 4, (block + 1) * SEEDED // 4):
        history = make_history(Seeded(seed))
        check_order(history, Seeded(~seed & 0xFFFF))
        check_rules(history)
        check_account(history, Seeded(seed + 7))
        check_causal(history)
        check_resolves(history)
        check_safe_side(history)
        conflicts += len(merged(history).conflicts)
    assert conflicts > SEEDED // 8, "histories that seldom disagree prove little"
