"""A session that began before a revocation gives nothing that was brought after it."""

from clinics import ALL_LANES, Three, observation, patient, synced


def test_what_comes_after_a_revocation_leaves_by_no_session_that_began_before(three: Three) -> None:
    a, b, c = three
    a.take(patient("p1"), observation("o1", "p1"))
    for other in (b, c):
        a.node.grant("all", to=other.name, lanes=ALL_LANES, rights="append", history=True)
        synced(other, a)
    (chart,) = a.charts()
    synced(c, a)
    synced(b, a)
    b.add(chart, observation("b1", "p1"))
    mine = b.node.session(a.device, initiator=True)
    theirs = a.node.session(b.device, initiator=False)
    theirs.receive(mine.next_frame() or b"")  # hello
    mine.receive(theirs.next_frame() or b"")
    mine.receive(theirs.next_frame() or b"")  # the list of content places
    frames = []
    while (frame := mine.next_frame()) is not None:
        frames.append(frame)  # held back until the revocation
    a.node.revoke("all", from_="B")
    c.add(chart, observation("secret", "p1"))  # C has not heard: readable with B's keys
    synced(c, a)
    for frame in frames:
        theirs.receive(frame)
    while True:
        moved = False
        for s, r in ((theirs, mine), (mine, theirs)):
            f = s.next_frame()
            if f is not None:
                moved = True
                r.receive(f)
        if not moved:
            break
    b.node.settle()
    assert "secret" not in {one["id"] for one in b.resources()}
