"""Whoever begins very many logs can still be revoked, and what they wrote still vouched for."""

import pytest
from clinics import Clinic, Three, Two, synced
from malice import author_of, granted, keep

from sync.identifiers import draw_instance


def flooded(clinic: Clinic, chart: str, count: int) -> None:
    """A cover each, in as many instances."""
    import random

    draw = random.Random(1).randbytes
    replica = clinic.replica(chart)
    for _ in range(count):
        author = author_of(clinic, chart, instance=draw_instance(clinic.device, draw(8)))
        author.cover(replica.charter.lane("care"))
        keep(clinic, author)


@pytest.mark.parametrize("lost", [False, True])
def test_a_grantee_of_many_instances_can_be_revoked(two: Two, lost: bool) -> None:
    a, b = two
    chart = granted(a, b)
    flooded(b, chart, 1500)
    synced(b, a)
    a.node.revoke("all", from_="B", lost=lost)
    fold = a.replica(chart).fold
    assert fold.live_grants(b.device) == ()
    assert not fold.quarantined


def test_a_debt_of_many_runs_keeps_no_node_from_opening(three: Three) -> None:
    a, b, c = three
    chart = granted(a, b, c)
    flooded(b, chart, 1500)
    synced(b, c)
    a.node.revoke("all", from_="B")
    synced(c, a, settle=False)
    c.restart()
    c.node.settle()
    synced(c, a)
    replica = a.replica(chart)
    assert not [one for one in replica.fold.quarantined]
