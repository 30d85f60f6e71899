"""What a trial leaves behind, and what a broken session leaves in memory."""

from clinics import ALL_LANES, Two, drive, observation, patient, synced
from malice import granted


def test_a_run_whose_predecessor_stands_elsewhere_breaks_no_other_chart(two: Two) -> None:
    """Its operation is refused; what came with it from the same peer is kept."""
    from sync.body import seal_body
    from sync.operation import sign_operation

    a, b = two
    chart = granted(a, b)
    b.add(chart, observation("good", "p1"))
    replica = b.replica(chart)
    log = replica.log(b.node.context.instance, replica.charter.lane("care"))
    other = next(
        one
        for one in replica.operations.values()
        if one.prefix.device == a.device and one.prefix.lane == replica.access_lane
    )
    prefix = log[-1].prefix._replace(previous=other.id, sequence=2)
    key = replica.keyring.key(prefix.epoch)
    assert key is not None
    bad = sign_operation(
        prefix, seal_body(b"x", key, prefix.encoded(), bytes(24)), b.node.context.identity.signer
    )
    session = a.node.session(b.device, initiator=False)
    try:
        session._replica.take(b.device, [*log, bad])
    except Exception as error:
        raise AssertionError(f"the batch was rolled back: {error!r}") from error
    assert "good" in {one["id"] for one in a.resources()}


def test_sessions_of_a_peer_at_once_lose_nothing(two: Two) -> None:
    """Two sessions bring the same new charts; frames of both take turns."""
    a, b = two
    for n in range(3):
        a.take(patient(f"p{n}"), observation(f"o{n}", f"p{n}"))
    a.node.grant("all", to="B", lanes=ALL_LANES, history=True)
    pairs = [
        (b.node.session(a.device, initiator=True), a.node.session(b.device, initiator=False))
        for _ in range(2)
    ]
    pairs.append(
        (b.node.session(a.device, initiator=False), a.node.session(b.device, initiator=True))
    )
    runs = [
        drive(one, other) if n < 2 else drive(other, one) for n, (one, other) in enumerate(pairs)
    ]
    live = list(runs)
    step = 0
    while live:
        for run in list(live):
            if next(run, "end") == "end":
                live.remove(run)
        step += 1
        if step == 5:
            a.take(patient("p9"))
            b.node.settle()
    b.node.settle()
    a.node.settle()
    for _ in range(3):
        synced(b, a)
    assert a.exported() == b.exported()
    assert a.audit_ok()
    assert b.audit_ok()
