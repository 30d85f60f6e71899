"""Revocations that count for ever are named in every new epoch: one grantee can flood them."""

from clinics import Two, observation, patient, synced
from malice import write_acts

from sync.acts import Revoke
from sync.grantee import Device


def test_a_grantee_that_revokes_itself_often_leaves_the_chart_writable(two: Two) -> None:
    a, b = two
    a.take(patient("p1"))
    a.node.grant("all", to="B", lanes=("summary",), rights="read")
    synced(b, a)
    (chart,) = a.charts()
    for _ in range(4):
        write_acts(b, chart, [Revoke(Device(b.device), (), False)] * 1000)
    synced(b, a)
    a.add(chart, observation("after", "p1"))
    assert len(a.resources()) == 2
