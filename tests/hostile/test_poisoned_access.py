"""Access operations that are well signed and senseless must not stop a node."""

from clinics import Two, observation, synced
from malice import granted, write_acts

from sync.acts import Box, Rekey
from sync.identifiers import EpochId, EpochKey, LaneId, epoch_id
from sync.sealing import seal


def test_boxes_that_do_not_open_stop_no_node_from_opening(two: Two) -> None:
    a, b = two
    chart = granted(a, b, rights="relay")
    lane = a.charter(chart).lane("summary")
    to = a.node.context.identity.sealing_key
    for round in range(10):
        acts = [
            Rekey(
                lane, 9, EpochId(bytes([round, n]) * 16), (Box(to, bytes(80)),), frozenset(), None
            )
            for n in range(200)
        ]
        write_acts(b, chart, acts)
    synced(b, a, settle=False)
    a.restart()
    a.node.settle()
    a.add(chart, observation("after", "p1"))


def test_a_key_for_a_lane_of_no_charter_blocks_no_session(two: Two) -> None:
    a, b = two
    chart = granted(a, b)
    found = a._charts.find(chart)
    to = a.node.context.identity.sealing_key
    lane = LaneId(b"nowhere!")
    key = EpochKey(bytes(32))
    box = Box(to, seal(key, to, bytes(range(32))))
    write_acts(b, chart, [Rekey(lane, 1, epoch_id(found, lane, key), (box,), frozenset(), None)])
    b.add(chart, observation("o1", "p1"))
    synced(b, a)
    assert len(a.resources()) == 2
