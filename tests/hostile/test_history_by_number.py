"""A grant without history must not be turned into one by what the grantee itself writes."""

from clinics import ALL_LANES, Clinic, Two, observation, patient, synced
from malice import write_acts

from sync.acts import Box, Rekey, Want
from sync.identifiers import EpochKey, epoch_id
from sync.sealing import seal


def started(a: Clinic, b: Clinic) -> str:
    a.take(patient("p1"), observation("before", "p1"))
    (chart,) = a.charts()
    a.node.grant(chart, to="B", lanes=ALL_LANES, rights="append", history=False)
    synced(b, a)
    a.add(chart, observation("after", "p1"))
    synced(b, a)
    assert {one["id"] for one in b.resources()} == {"p1", "after"}
    return chart


def test_an_epoch_numbered_nought_brings_its_author_no_history(two: Two) -> None:
    a, b = two
    chart = started(a, b)
    lane = a.charter(chart).lane("care")
    to = b.node.context.identity.sealing_key
    key = EpochKey(bytes(32))
    epoch = epoch_id(b._charts.find(chart), lane, key)
    write_acts(
        b,
        chart,
        [Rekey(lane, 0, epoch, (Box(to, seal(key, to, bytes(range(32)))),), frozenset(), None)],
    )
    synced(b, a)
    synced(b, a)
    assert {one["id"] for one in b.resources()} == {"p1", "after"}


def test_claiming_an_older_epoch_and_wanting_it_brings_no_history(two: Two) -> None:
    a, b = two
    chart = started(a, b)
    replica = b.replica(chart)
    lane = replica.charter.lane("care")
    to = b.node.context.identity.sealing_key
    old = {
        one.prefix.epoch
        for one in replica.operations.values()
        if one.prefix.lane == lane and one.prefix.epoch not in replica.keyring
    }
    assert old
    acts = [Rekey(lane, 1, epoch, (Box(to, bytes(80)),), frozenset(), None) for epoch in old]
    write_acts(b, chart, [*acts, *(Want(lane, epoch) for epoch in old)])
    synced(b, a)
    synced(b, a)
    assert {one["id"] for one in b.resources()} == {"p1", "after"}
