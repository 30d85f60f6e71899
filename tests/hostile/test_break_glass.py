"""What a removed reader gets by breaking the glass."""

from clinics import ALL_LANES, Two, observation, patient, synced
from malice import write_acts

from sync.acts import BreakGlass


def test_a_removed_reader_does_not_read_on_by_breaking_the_glass(two: Two) -> None:
    a, b = two
    a.take(patient("p1"), observation("o1", "p1"))
    a.node.grant("all", to="B", lanes=ALL_LANES, rights="append", history=True)
    synced(b, a)
    (chart,) = a.charts()
    a.node.revoke("all", from_="B")
    synced(b, a)
    changed = patient("p1", "New Name")
    a.add(chart, changed)
    identity = b.node.context.identity
    write_acts(b, chart, [BreakGlass(identity.sealing_key, identity.sealing_key_signature)])
    for _ in range(3):
        synced(b, a)
    assert "New" not in str(b.resources())
