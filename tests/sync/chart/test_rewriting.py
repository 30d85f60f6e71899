"""Rule 18: what is written again says the same, whoever writes it, and however often."""

import random
from collections.abc import Collection

import pytest
from ward import Clinic, Ward, content, empty, in_log_order, random_history

from sync.access.shredding import epochs_of
from sync.change import Change, ChangeKind, ChangeRef, Entry, parse_entry
from sync.chart.replica import ChartReplica
from sync.chart.rewriting import beyond_cut, write_again
from sync.charter import CONTENT_LANE_NAMES
from sync.clock import Stamp
from sync.errors import BodyError
from sync.grantee import Right
from sync.identifiers import DeviceKey, EpochId, LaneId, OperationId
from sync.limits import body_plain_size_bytes_max
from sync.merge.merged_change import MergedChange
from sync.merge.repeats import distinct
from sync.operation import read_operation

Epochs = frozenset[tuple[LaneId, EpochId]]


def said(replica: ChartReplica) -> object:
    """What a chart says, by what goes by which id; not by whom or when it was written down."""
    return {
        name: [
            (
                key,
                sorted(view.heads),
                [conflict.id for conflict in view.conflicts],
                sorted((one.ref, one.change.content) for one in view.history),
            )
            for key, view in sorted(lane.resources.items())
        ]
        for name, lane in content(replica).items()
    }


def doomed_in(ward: Ward, rng: random.Random) -> tuple[frozenset[OperationId], Epochs]:
    """Some operations of one instance that the first clinic holds, and their epochs."""
    replica = ward.clinics[0].replica
    assert replica is not None
    listed = [
        one
        for one in in_log_order(replica)
        if one.prefix.lane != replica.access_lane and replica.keyring.key(one.prefix.epoch)
    ]
    chosen = frozenset(one.id for one in rng.sample(listed, rng.randrange(1, len(listed))))
    return chosen, epochs_of(replica.fold, chosen)


def without(
    replica: ChartReplica, clinic: Clinic, bare: Collection[OperationId], retired: Epochs
) -> ChartReplica:
    """What is left in a new replica when bodies and keys are gone."""
    left = empty(replica.charter, clinic)
    left.keyring.retire(epoch for _, epoch in retired)
    for lane, key in replica.keyring.held.values():
        left.keyring.put(lane, key)
    left.add(
        read_operation(one.header, one.signature, None, verified=True) if one.id in bare else one
        for one in in_log_order(replica)
    )
    return left


def shredded(clinic: Clinic, doomed: frozenset[OperationId], epochs: Epochs) -> ChartReplica:
    """A clinic carries out rule 18 and destroys; the replica that it has then."""
    author = clinic.author()
    replica = author.replica
    lost = [
        (one, entry)
        for one in beyond_cut(replica, doomed, epochs)
        if one.id in replica.fold.merged and (entry := replica.entry(one)) is not None
    ]
    keys = dict(replica.keyring.held)
    replica.keyring.retire(epoch for _, epoch in epochs)
    _, left = write_again(author, lost)
    assert left == []
    assert {one.prefix.epoch for one in author.written}.isdisjoint(e for _, e in epochs)
    assert set(keys) - set(replica.keyring.held) <= {epoch for _, epoch in epochs}
    return without(replica, clinic, doomed, epochs)


def may_write(clinic: Clinic, lanes: set[LaneId]) -> bool:
    assert clinic.replica is not None
    fold = clinic.replica.fold
    device = clinic.signer.public
    return all(fold.standing(device, Right.APPEND, lane, clinic.now) for lane in lanes)


def test_what_is_left_says_the_same_after_a_shred_as_if_only_bodies_had_gone() -> None:
    tried = 0
    for seed in range(80):
        ward = random_history(seed)
        rng = random.Random(seed)
        first = ward.clinics[0]
        assert first.replica is not None
        if not first.replica.fold.live_grants(first.signer.public):
            continue
        doomed, epochs = doomed_in(ward, rng)
        expected = said(without(first.replica, first, doomed, frozenset()))
        assert said(shredded(first, doomed, epochs)) == expected
        tried += 1
    assert tried > 40


def test_two_who_write_the_same_again_apart_say_it_once_when_they_meet() -> None:
    tried = 0
    for seed in range(80):
        ward = random_history(seed)
        rng = random.Random(seed)
        first, second = ward.clinics[:2]
        assert first.replica is not None
        assert second.replica is not None
        first.learn_from(second)
        second.learn_from(first)
        lanes = {first.replica.charter.lane(name) for name in CONTENT_LANE_NAMES}
        writers = [one for one in (first, second) if may_write(one, lanes)]
        doomed, epochs = doomed_in(ward, rng)
        same = second.replica.keyring.held.keys() >= {epoch for _, epoch in epochs}
        if len(writers) < 2 or not same:
            continue
        expected = said(without(first.replica, first, doomed, frozenset()))
        mine, theirs = (shredded(clinic, doomed, epochs) for clinic in writers)
        for one, other in ((mine, theirs), (theirs, mine)):
            for lane, key in other.keyring.held.values():
                one.keyring.put(lane, key)
            one.add(in_log_order(other))
            assert said(one) == expected
        tried += 1
    assert tried > 15


def test_nothing_is_written_again_that_was_written_again_already() -> None:
    ward = Ward(1)
    first = ward.clinics[0]
    first.write("care", "r", "one")
    first.write("care", "r", "two")
    assert first.replica is not None
    cover = next(
        one
        for one in first.replica.operations.values()
        if one.prefix.lane == first.replica.charter.lane("care")
    )
    doomed = frozenset([cover.id])
    epochs = epochs_of(first.replica.fold, doomed)
    assert len(beyond_cut(first.replica, doomed, epochs)) == 2
    author = first.author()
    lost = [(one, entry) for one in beyond_cut(first.replica, doomed, epochs) if (entry := first.replica.entry(one))]  # fmt: skip  # noqa: E501
    first.replica.keyring.retire(epoch for _, epoch in epochs)
    assert write_again(author, lost)[0] == 2
    assert beyond_cut(first.replica, doomed, epochs) == []


def test_an_entry_that_has_grown_over_the_limit_is_written_again_in_pieces() -> None:
    ward = Ward(2)
    first = ward.clinics[0]
    author = first.author()
    lane = author.replica.charter.lane("care")
    author.write(lane, bytes(16), [[]])  # brings the certificate
    size = (body_plain_size_bytes_max - 132) // 2
    changes = [
        Change(ChangeKind.PUT, "ward", "Basic", f"r{place}", b"x" * size, ("note",), ())
        for place in range(2)
    ]
    (whole,) = author.write(lane, bytes(16), [changes])
    entry = author.replica.entry(whole)
    assert entry is not None
    assert 0 <= body_plain_size_bytes_max - len(entry.encoded()) < 40  # less than a place takes
    count, left = write_again(author, [(whole, entry)])
    assert (count, left) == (2, [])
    written = [author.replica.entry(one) for one in author.written[-2:]]
    refs = [one.refs(author.written[0].id) for one in written if one]
    assert refs == [(ChangeRef(whole.id, 0),), (ChangeRef(whole.id, 1),)]


def test_a_change_without_room_to_say_whose_place_it_takes_is_left() -> None:
    first = Ward(3).clinics[0]
    author = first.author()
    lane = author.replica.charter.lane("care")
    author.write(lane, bytes(16), [[]])  # brings the certificate
    room = body_plain_size_bytes_max - 110
    change = Change(ChangeKind.PUT, "ward", "Basic", "r", b"x" * room, ("note",), ())
    (whole,) = author.write(lane, bytes(16), [[change]])
    entry = author.replica.entry(whole)
    assert entry is not None
    assert write_again(author, [(whole, entry)]) == (0, [whole])


def merged(operation: OperationId, text: bytes, carrier: bytes | None = None) -> MergedChange:
    change = Change(ChangeKind.PUT, "s", "Basic", "r", text, ("note",), ())
    return MergedChange(
        ChangeRef(operation, 0),
        LaneId(bytes(8)),
        change,
        Stamp(1),
        DeviceKey(bytes(32)),
        carrier=None if carrier is None else ChangeRef(OperationId(carrier * 36), 0),
    )


def test_a_carrier_that_says_otherwise_is_a_change_of_its_own_and_hides_nothing() -> None:
    place = OperationId(b"p" * 36)
    original = merged(place, b"true")
    copy, forged = merged(place, b"true", b"b"), merged(place, b"forged", b"a")
    for order in ([original, copy, forged], [forged, copy, original]):
        found = {one.ref: one for one in distinct(order)}
        assert found[ChangeRef(place, 0)] == original
        assert found[ChangeRef(OperationId(b"a" * 36), 0)].change.content == b"forged"
        assert len(found) == 2
    contents = {one.change.content for one in distinct([copy, forged])}
    assert contents == {b"true", b"forged"}  # neither can be told from the other


def test_an_entry_says_whose_place_it_takes() -> None:
    change = Change(ChangeKind.PUT, "s", "Basic", "r", b"{}", ("note",), ())
    place = OperationId(b"\x01\x71\x12\x20" + bytes(32))
    entry = Entry(bytes(16), None, None, None, (change, change), ChangeRef(place, 3))
    assert parse_entry(entry.encoded()) == entry
    assert entry.refs(place) == (ChangeRef(place, 3), ChangeRef(place, 4))
    with pytest.raises(BodyError):
        parse_entry(entry.encoded()[:-1] + b"\xff")
