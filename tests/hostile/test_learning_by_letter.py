"""A letter can be what opens a revocation: what stops merging by it is owed a vouch too."""

from clinics import ALL_LANES, Three, observation, patient, synced
from malice import author_of, keep

from sync.access import epochs
from sync.acts import Box, Rekey, Revoke
from sync.grantee import Device, Right
from sync.identifiers import EpochKey
from sync.letter import write_letter
from sync.sealing import seal


def test_what_a_letter_unmerges_is_owed_a_vouch(three: Three) -> None:
    a, b, c = three
    a.take(patient("p1"))
    for other in (b, c):
        a.node.grant("all", to=other.name, lanes=ALL_LANES, rights="append", history=True)
        synced(other, a)
    (chart,) = a.charts()
    synced(c, a)
    synced(b, a)
    # C writes, and only B has it.
    c.add(chart, observation("c1", "p1"))
    synced(c, b)
    assert "c1" in {one["id"] for one in b.resources()}
    # A revokes C under an access epoch that was not sealed to B.
    author = author_of(a, chart)
    replica = author.replica
    lane = replica.access_lane
    key = EpochKey(bytes(range(32)))
    mine = a.node.context.identity.sealing_key
    epoch = author.hold(lane, key)
    under = author.standing(Right.ADMIN, None)
    old = epochs.newest_openable_epoch(replica.fold, lane, set(replica.keyring.of_lane(lane)))
    assert old is not None
    author._write_deed(
        [
            Rekey(
                lane, 99, epoch, (Box(mine, seal(key, mine, bytes(range(32)))),), frozenset(), None
            )
        ],
        under,
        old.epoch,
        personal=False,
    )
    author._write_deed([Revoke(Device(c.device), (), False)], under, epoch, personal=False)
    keep(a, author)
    synced(b, a, settle=False)  # B has the revocation, and cannot open it
    assert "c1" in {one["id"] for one in b.resources()}
    store = a.node.context.store
    with store.transaction():
        store.letters.add(
            write_letter(
                replica.charter,
                (*replica.keyring.of_lane(lane).values(),),
                b.node.context.identity.sealing_key,
                a.node.context.identity.signer,
                bytes([7]) * 32,
            )
        )
    a.add(chart, observation("a1", "p1"))  # which writes in the access lane: the letter crosses
    for _ in range(3):
        synced(b, a)
    assert b.replica(chart).fold.revoked
    assert "c1" in {one["id"] for one in a.resources()}
    assert a.quarantined() == {}
