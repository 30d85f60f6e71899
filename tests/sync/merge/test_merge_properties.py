"""Thousands of histories of every policy: order, repeats, gaps and hostile content change nothing.

Each history is random: any change may be written upon any earlier ones, may lie about what it
touches, may be unreadable, stamped at any time, absent for a while or in quarantine for good.
"""

import json
import random
from collections.abc import Sequence
from typing import Any

from chart_story import CHART, LANE, SOURCE, ref_of
from hypothesis import given, settings
from hypothesis import strategies as st
from rules_reference import ELEMENTS, GROUPS, Rules

from sync.change import Change, ChangeKind, ChangeRef
from sync.clock import Stamp
from sync.identifiers import DeviceKey
from sync.merge.account import Standing, account, unaccounted
from sync.merge.banner import banner
from sync.merge.lane_view import LaneView, merge_lane
from sync.merge.merged_change import MergedChange, ResourceKey
from sync.merge.resource_view import ResourceView

CODES = ["active", "stopped", "inactive", "entered-in-error", "refuted", "confirmed", "x"]
TELECOMS: list[list[str]] = [["1"], ["2"], ["1", "2"], ["2", "3"], []]


@st.composite
def contents(draw: st.DrawFn, resource_type: str, resource_id: str) -> bytes:
    """A version's bytes, now and then unreadable."""
    if draw(st.integers(0, 11)) == 0:
        return draw(st.sampled_from([b"", b"{", b"[]", b'{"id":1}', b"\xff", b"null"]))
    document: dict[str, Any] = {"resourceType": resource_type, "id": resource_id}
    for element in draw(st.sets(st.sampled_from(ELEMENTS))):
        values = TELECOMS if element == "telecom" else CODES
        document[element] = draw(st.sampled_from(values))
    return json.dumps(document).encode()


@st.composite
def histories(draw: st.DrawFn) -> list[MergedChange]:
    """Up to twelve changes of two resources of one type."""
    resource_type = draw(st.sampled_from(sorted(GROUPS)))
    written: list[MergedChange] = []
    for number in range(draw(st.integers(1, 12))):
        resource_id = draw(st.sampled_from(["r1", "r1", "r1", "r2"]))
        key = ResourceKey(LANE, SOURCE, resource_type, resource_id)
        earlier = st.sampled_from(written) if written else st.nothing()
        seen = draw(st.lists(earlier, max_size=3)) if written else []
        change = Change(
            draw(st.sampled_from(ChangeKind)),
            *key[1:],
            draw(contents(resource_type, resource_id)),
            tuple(draw(st.sets(st.sampled_from(ELEMENTS)))),
            tuple(sorted({merged.ref for merged in seen})),
        )
        written.append(
            MergedChange(
                ref_of(number, key),
                LANE,
                change,
                Stamp(draw(st.integers(0, 4)) << 16),
                DeviceKey(bytes(32)),
                doubtful=draw(st.booleans()),
            )
        )
    return written


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


@settings(max_examples=600)
@given(histories(), st.randoms(use_true_random=False), st.data())
def test_order_repeats_and_late_arrivals_change_nothing(
    history: list[MergedChange], shuffle: random.Random, data: st.DataObject
) -> None:
    first = [each for each in history if data.draw(st.booleans())]
    late = [each for each in history if each not in first]
    shuffle.shuffle(first)
    shuffle.shuffle(late)

    gappy = merged(first)
    everything(gappy)
    arrived = merged([*first, *late, *first])

    assert everything(arrived) == everything(merged(history))
    assert unaccounted(gappy, [], [m.ref for m in first]) == ()


@settings(max_examples=1200)
@given(histories())
def test_heads_and_conflicts_are_those_of_the_rules(history: list[MergedChange]) -> None:
    view = merged(history)

    for key, resource in view.resources.items():
        expected = Rules(CHART, [m for m in history if m.key == key]).expected()

        assert set(resource.heads) == expected.heads
        heads = {name: set(element.heads) for name, element in resource.elements.items()}
        assert {name: refs for name, refs in heads.items() if refs} == expected.elements
        found = {c.id: (frozenset(c.heads), frozenset(c.elements)) for c in resource.conflicts}
        assert found == expected.conflicts


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
        content = json.loads(change.change.content)
        touches = set(change.change.touched)
        if not change.change.supersedes:
            touches |= content.keys() - {"resourceType"}
        for name in touches:
            check_one_element(resource, change, name, content.get(name))


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


@settings(max_examples=600)
@given(histories(), st.data())
def test_nothing_that_anyone_wrote_is_ever_lost(
    history: list[MergedChange], data: st.DataObject
) -> None:
    quarantined = [each for each in history if data.draw(st.integers(0, 4)) == 0]
    view = merged([each for each in history if each not in quarantined])

    check_that_nothing_is_lost(view, history, quarantined)
    standing = account(view, quarantined)
    assert standing.keys() == {each.ref for each in history}
    for each in quarantined:
        assert standing[each.ref].standing == (("", Standing.QUARANTINED),)
    assert len(banner(quarantined)) <= len(quarantined)


@settings(max_examples=300)
@given(histories())
def test_an_open_conflict_closes_by_one_resolve_of_it_and_no_other_does(
    history: list[MergedChange],
) -> None:
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
        resolve = MergedChange(
            ref_of(99, conflict.key), LANE, change, Stamp(9 << 16), DeviceKey(bytes(32))
        )

        after = merged([*history, resolve])

        before = {c.id for c in view.conflicts}
        assert set(conflict.heads) <= set(change.supersedes)
        assert {c.id for c in after.conflicts} == before - {conflict.id}


@settings(max_examples=200)
@given(histories())
def test_history_is_in_causal_order_whatever_the_clocks_say(history: list[MergedChange]) -> None:
    for resource in merged(history).resources.values():
        place = {each.ref: number for number, each in enumerate(resource.history)}
        for each in resource.history:
            assert all(place.get(ref, -1) < place[each.ref] for ref in each.change.supersedes)
