"""Who gets what: nothing beyond what the replica gives for that peer, and no trace of the rest."""

from hypothesis import given
from hypothesis import strategies as st
from replica_in_memory import (
    ACCESS_LANE,
    CARE_LANE,
    CONTENT_LANES,
    Device,
    MemoryReplica,
    Rights,
    chart_of,
    finish,
    pair,
)
from session_worlds import CHARTS, DEVICES, Step, steps, worlds, write_world

from sync.digest import Place
from sync.operation import Operation


def stranger_traffic(charts: int) -> list[tuple[bool, bytes]]:
    rights = Rights()
    one, stranger = MemoryReplica(Device(1), rights), MemoryReplica(Device(2), rights)
    for number in range(charts):
        rights.live[chart_of(number)] = {one.device.key}
        for lane in (ACCESS_LANE, *CONTENT_LANES):
            one.append(Place(chart_of(number), lane))
    traffic = finish(*pair(one, stranger)).frames + finish(*pair(stranger, one)).frames
    assert stranger.held() == set()
    return traffic


def test_a_stranger_sees_the_same_bytes_whether_we_hold_nothing_or_a_hundred_charts() -> None:
    assert stranger_traffic(100) == stranger_traffic(0)


def partner_traffic(others: int) -> list[tuple[bool, bytes]]:
    """One shared chart, and others that the peer has no part in."""
    rights = Rights()
    one, partner = MemoryReplica(Device(1), rights), MemoryReplica(Device(2), rights)
    rights.live[chart_of(500)] = {one.device.key, partner.device.key}
    one.append(Place(chart_of(500), ACCESS_LANE))
    one.append(Place(chart_of(500), CARE_LANE))
    for number in range(others):
        rights.live[chart_of(number)] = {one.device.key}
        one.append(Place(chart_of(number), ACCESS_LANE))
    return finish(*pair(one, partner)).frames


def test_a_partner_sees_the_same_bytes_whatever_other_charts_we_hold() -> None:
    assert partner_traffic(100) == partner_traffic(0)


@given(st.lists(steps, max_size=25), st.lists(st.sets(st.integers(0, 2)), min_size=3, max_size=3))
def test_nobody_receives_anything_of_a_chart_that_both_are_not_live_in(
    script: list[Step], live: list[set[int]]
) -> None:
    world = write_world(script)
    rights = Rights()
    for chart, members in zip(CHARTS, live, strict=True):
        rights.live[chart] = {DEVICES[0].key} | {DEVICES[number].key for number in members}
    holder, peer = MemoryReplica(DEVICES[0], rights), MemoryReplica(DEVICES[1], rights)
    for operation in world:
        assert holder.keep(operation)
    finish(*pair(holder, peer))
    taken = {operation for take in peer.takes for operation in take}
    expected = {found for found in world if DEVICES[1].key in rights.live[found.prefix.chart]}
    assert taken == expected


@given(worlds(2), st.integers(0, 8))
def test_a_revoked_peer_is_served_its_restricted_view_and_nothing_else(
    world: tuple[list[Operation], list[MemoryReplica]], served: int
) -> None:
    operations, (one, two) = world
    chart = CHARTS[0]
    one.rights.live[chart].discard(two.device.key)
    limits = {device.instance(): served for device in DEVICES}
    one.rights.revoked[chart, two.device.key] = limits
    before = two.held()
    finish(*pair(one, two))
    for operation in operations:
        prefix = operation.prefix
        if operation.id in two.held() - before and prefix.chart == chart:
            assert prefix.lane == ACCESS_LANE
            assert prefix.sequence < served
    again = finish(*pair(two, one, nonce=1))
    assert len(again.frames) == 2, "the restricted views are level, so the session ends at once"


def test_a_lane_that_only_one_side_shares_is_not_sent() -> None:
    rights, narrow = Rights(), Rights()
    one, two = MemoryReplica(Device(1), rights), MemoryReplica(Device(2), narrow)
    chart = chart_of(1)
    rights.live[chart] = {one.device.key, two.device.key}
    opening = one.append(Place(chart, ACCESS_LANE))
    one.append(Place(chart, CARE_LANE))
    narrow.revoked[chart, two.device.key] = {opening.prefix.instance: 1}
    narrow.live[chart] = {one.device.key}
    first, second = pair(one, two)
    finish(first, second)
    assert two.held() == {opening.id}
    assert first.outcome.level is second.outcome.level is False
