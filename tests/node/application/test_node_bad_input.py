"""Hostile peers and hostile writers: a clear outcome, and what was there stays as it was."""

import random
from collections.abc import Sequence

import pytest
from clinics import (
    ALL_LANES,
    Clinic,
    Three,
    Two,
    Wire,
    allergy,
    exported,
    level,
    observation,
    patient,
    synced,
)

from node.application.access.admission import FOREIGN_INSTANCE, NO_PREDECESSOR, NO_RIGHT
from node.application.syncing.sharing import NOT_HELD, SharedCharts
from sync.acts import Accept, Box, Grant, Rekey, Vouch, Want
from sync.body import NONCE_SIZE_BYTES, seal_body
from sync.chart.author import Author
from sync.codec import encode
from sync.errors import HeaderError, LetterError, SessionError, SignatureError
from sync.grantee import Device, Right
from sync.identifiers import ActId, ChartId, EpochId, draw_instance
from sync.letter import DOMAIN as LETTER_DOMAIN
from sync.letter import Letter, open_letter, write_letter
from sync.operation import HeaderPrefix, Operation, read_operation, sign_operation
from sync.sealing import seal
from sync.session.session import Session

State = tuple[list[bytes], list[bytes], object, list[object], set[bytes]]


def state(clinic: Clinic) -> State:
    """What must not change: exports, access as people see it, and every stored operation."""
    pages = [clinic.node.chart_show(chart)["access"] for chart in clinic.chart_ids()]
    assert clinic.audit_ok()
    return (
        exported(clinic),
        exported(clinic, history=True),
        clinic.node.charts(),
        pages,
        clinic.everything_written(),
    )


def shared(a: Clinic, *others: Clinic, rights: str = "append") -> str:
    a.take(patient("p1"), observation("o1", "p1"))
    for other in others:
        a.node.grant("all", to=other.name, lanes=ALL_LANES, rights=rights, history=True)
    level(a, *others)
    (chart,) = a.charts()
    return chart


def author_of(clinic: Clinic, chart: str) -> Author:
    return clinic._charts.author(clinic._charts.find(chart))


def offered(receiver: Clinic, sender: Clinic, operations: Sequence[Operation]) -> dict[str, int]:
    """Operations put to a node by a peer; the reasons for refusing any."""
    sharing = SharedCharts(
        receiver.node.context, receiver._charts, receiver.node._lists, sender.device
    )
    taken = sharing.take(sender.device, operations)
    receiver.node.settle()
    return dict(taken.refused)


# -- frames


def sessions(one: Clinic, other: Clinic) -> tuple[Session, Session]:
    return (
        one.node.session(other.device, initiator=True),
        other.node.session(one.device, initiator=False),
    )


def broken_off(one: Clinic, other: Clinic, spoil: dict[int, bytes] | int, seed: int = 0) -> int:
    """A session in which one frame is replaced, or (a number) has a bit flipped.

    Returns how many frames crossed. Whoever finds fault ends it.
    """
    mine, theirs = sessions(one, other)
    draw = random.Random(seed)
    count = 0
    try:
        while True:
            moved = False
            for sender, receiver in ((mine, theirs), (theirs, mine)):
                frame = sender.next_frame()
                if frame is None:
                    continue
                moved = True
                if isinstance(spoil, int):
                    if count == spoil:
                        place = draw.randrange(len(frame) * 8)
                        flipped = bytearray(frame)
                        flipped[place // 8] ^= 1 << place % 8
                        frame = bytes(flipped)
                elif count in spoil:
                    frame = spoil[count]
                count += 1
                receiver.receive(frame)
            if not moved:
                break
    except SessionError:
        pass
    for side in (mine, theirs):
        side.receive_end()
    for clinic in (one, other):
        clinic.node.settle()
    return count


def test_a_flipped_bit_anywhere_stores_nothing_that_was_not_written(two: Two) -> None:
    a, b = two
    chart = shared(a, b)
    for seed in range(60):
        a.add(chart, observation(f"n{seed}", "p1"), allergy(f"m{seed}", "p1"))
        broken_off(b, a, seed % 12, seed)
        assert b.everything_written() <= a.everything_written()
        assert {one["id"] for one in b.resources()} <= {one["id"] for one in a.resources()}
        if seed % 10 == 9:
            assert a.audit_ok()
            assert b.audit_ok()
    level(a, b)
    assert exported(a, history=True) == exported(b, history=True)


GARBAGE = [b"", b"\0", b"\xff" * 100, encode([0]), encode({}), encode([1, 2, 3]), bytes(70_000)]


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("garbage", range(len(GARBAGE)))
def test_garbage_ends_the_session_and_changes_nothing(two: Two, place: int, garbage: int) -> None:
    a, b = two
    chart = shared(a, b)
    a.add(chart, observation("new", "p1"))
    before = state(a), state(b)
    count = broken_off(b, a, {place: GARBAGE[garbage]})
    assert count == place + 1
    assert (state(a), state(b)) == before
    synced(b, a)
    assert exported(a) == exported(b)


def test_random_bytes_are_never_taken(two: Two) -> None:
    a, b = two
    shared(a, b)
    before = state(a)
    draw = random.Random(3)
    for size in range(1, 200):
        session = a.node.session(b.device, initiator=False)
        with pytest.raises(SessionError):
            session.receive(draw.randbytes(size))
        session.receive_end()
    a.node.settle()
    assert state(a) == before


def play(session: Session, frames: list[bytes]) -> None:
    for frame in frames:
        session.receive(frame)
        while session.next_frame() is not None:
            pass


def test_a_session_that_is_recorded_and_played_again_brings_nothing(two: Two) -> None:
    a, b = two
    chart = shared(a, b)
    b.add(chart, observation("recorded", "p1"))
    wire = Wire()
    synced(b, a, wire=wire)
    a.node.revoke(chart, from_="B")
    before = state(a)
    session = a.node.session(b.device, initiator=False)
    with pytest.raises(SessionError):
        play(session, [frame for first, frame in wire.frames if first])
    session.receive_end()
    a.node.settle()
    assert state(a) == before


@pytest.mark.parametrize("frames", range(1, 9))
def test_a_peer_that_stops_at_any_frame_leaves_whole_prefixes(two: Two, frames: int) -> None:
    a, b = two
    chart = shared(a, b)
    for place in range(5):
        a.add(chart, observation(f"a{place}", "p1"))
        b.add(chart, observation(f"b{place}", "p1"))
    mine, theirs = sessions(b, a)
    count = 0
    while count < frames:
        for sender, receiver in ((mine, theirs), (theirs, mine)):
            frame = sender.next_frame()
            if frame is not None and count < frames:
                receiver.receive(frame)
            count += 1
    for side in (mine, theirs):
        side.receive_end()
    for clinic in (a, b):
        clinic.node.settle()
        assert clinic.audit_ok()
    level(a, b)
    assert exported(a) == exported(b)
    assert len(exported(a)) == 12


# -- operations


def test_forged_signatures_and_odd_headers_do_not_become_operations(two: Two) -> None:
    a, b = two
    chart = shared(a, b)
    b.add(chart, observation("mine", "p1"))
    operation = next(
        one for one in b.replica(chart).operations.values() if one.prefix.device == b.device
    )
    read_operation(operation.header, operation.signature, operation.body)
    for place in (0, 31, 63):
        wrong = bytearray(operation.signature)
        wrong[place] ^= 1
        with pytest.raises(SignatureError):
            read_operation(operation.header, bytes(wrong), operation.body)
    # The same header in a longer form of CBOR: an array of 14 whose length takes a byte.
    with pytest.raises(HeaderError):
        read_operation(b"\x98\x0e" + operation.header[1:], operation.signature, operation.body)
    with pytest.raises(HeaderError):
        read_operation(operation.header + b"\0", operation.signature, operation.body)


def test_a_store_with_a_forged_operation_fails_its_verification(two: Two) -> None:
    a, b = two
    chart = shared(a, b)
    database = a.node.context.store.database
    row = database.value("SELECT max(row) FROM operations")
    signature = database.value("SELECT signature FROM operations WHERE row = ?", (row,))
    database.write(
        "UPDATE operations SET signature = ? WHERE row = ?",
        (bytes([signature[0] ^ 1]) + signature[1:], row),
    )
    found = a.node.audit_verify()
    assert found["ok"] is False
    assert len(found["findings"]) == 1  # type: ignore[arg-type]  # a list
    assert chart


def crafted(clinic: Clinic, chart: str, lane: str, under: bytes) -> Operation:
    """An operation that a device signs whether it may or not, with a body nobody opens."""
    replica = clinic.replica(chart)
    author = author_of(clinic, chart)
    tip = replica.tip(author.pen.instance, replica.charter.lane(lane))
    template = next(iter(replica.operations.values())).prefix
    prefix = HeaderPrefix(
        chart=replica.chart,
        lane=replica.charter.lane(lane),
        device=clinic.device,
        instance=author.pen.instance,
        sequence=0 if tip is None else tip.sequence + 1,
        previous=None if tip is None else tip.id,
        stamp=template.stamp,
        epoch=EpochId(bytes(32)),
        under=ActId(under),
    )
    body = seal_body(b"x", author.draw_key(), prefix.encoded(), bytes(NONCE_SIZE_BYTES))
    return sign_operation(prefix, body, clinic.node.context.identity.signer)


def test_operations_of_a_chart_that_is_not_held_are_refused(two: Two) -> None:
    a, b = two
    b.take(patient("theirs"))
    (chart,) = b.charts()
    operations = list(b.replica(chart).operations.values())
    before = state(a)
    assert offered(a, b, operations) == {NOT_HELD: len(operations)}
    assert state(a) == before
    assert a.chart_ids() == []


def test_operations_of_somebody_without_a_right_are_refused(three: Three) -> None:
    a, b, c = three
    chart = shared(a, b)
    replica = a.replica(chart)
    before = state(a)
    stranger = c.node.context.identity.signer
    template = next(iter(replica.operations.values())).prefix
    for lane in ("access", "care"):
        prefix = HeaderPrefix(
            chart=replica.chart,
            lane=replica.charter.lane(lane),
            device=c.device,
            instance=draw_instance(c.device, bytes(8)),
            sequence=0,
            previous=None,
            stamp=template.stamp,
            epoch=template.epoch,
            under=template.under,
        )
        body = seal_body(b"x", author_of(a, chart).draw_key(), prefix.encoded(), bytes(24))
        assert offered(a, b, [sign_operation(prefix, body, stranger)]) == {NO_RIGHT: 1}
    assert state(a) == before


def test_a_readers_entries_are_refused_with_all_that_follows_them(two: Two) -> None:
    a, b = two
    chart = shared(a, b, rights="read")
    before = state(a)
    own = b.replica(chart)
    grant = next(
        identity for identity, granted in own.fold.grants.items() if granted.to == Device(b.device)
    )
    first = crafted(b, chart, "care", grant)
    second = sign_operation(
        first.prefix._replace(sequence=1, previous=first.id),
        first.body or b"",
        b.node.context.identity.signer,
    )
    refused = offered(a, b, [first, second])
    assert refused == {NO_RIGHT: 1, NO_PREDECESSOR: 1}
    assert state(a) == before


def test_an_operation_without_its_predecessor_is_refused(two: Two) -> None:
    a, b = two
    chart = shared(a, b)
    for place in range(3):
        b.add(chart, observation(f"b{place}", "p1"))
    log = b.replica(chart).log(b.node.context.instance, b.charter(chart).lane("care"))
    before = state(a)
    assert offered(a, b, log[1:]) == {NO_PREDECESSOR: 2}
    assert state(a) == before
    assert offered(a, b, log) == {}
    synced(a, b)
    assert exported(a) == exported(b)


def test_the_same_operations_again_change_nothing(two: Two) -> None:
    a, b = two
    chart = shared(a, b)
    b.add(chart, observation("b1", "p1"))
    synced(a, b)
    before = state(a)
    for _ in range(2):
        assert offered(a, b, list(b.replica(chart).operations.values())) == {}
    assert state(a) == before


def test_a_body_that_nobody_can_read_is_kept_and_hides_nothing(two: Two) -> None:
    a, b = two
    chart = shared(a, b)
    grant = b.replica(chart).fold.standing(b.device, Right.APPEND)[0]
    before = exported(a)
    junk = crafted(b, chart, "care", grant)
    assert offered(a, b, [junk]) == {}
    assert exported(a) == before
    assert a.node.chart_show(chart)["unreadable"] == 1
    a.add(chart, observation("after", "p1"))
    assert a.audit_ok()
    a.restart()
    assert len(exported(a)) == len(before) + 1


# -- acts


def test_a_grant_wider_than_its_parent_is_void(three: Three) -> None:
    a, b, c = three
    a.take(patient("p1"), observation("o1", "p1"))
    (chart,) = a.charts()
    a.node.grant(chart, to="B", lanes=["care"], rights="admin", history=True)
    level(a, b)
    access = a.node.chart_show(chart)["access"]
    replica = b.replica(chart)
    identity = c.node.context.identity
    author = author_of(b, chart)
    under = author.standing(Right.ADMIN, None)
    author.act(
        [
            Grant(
                to=Device(c.device),
                lanes=replica.charter.lane_ids - {replica.access_lane},
                rights=Right.READ,
                sealing=identity.sealing_key,
                sealing_signature=identity.sealing_key_signature,
            )
        ],
        under,
    )
    assert offered(a, b, author.written) == {}
    assert a.node.chart_show(chart)["access"] == access
    assert not a.replica(chart).fold.was_granted(c.device)


@pytest.mark.parametrize("rights", ["read", "append"])
def test_acts_beyond_ones_rights_have_no_effect(three: Three, rights: str) -> None:
    a, b, c = three
    chart = shared(a, b, rights=rights)
    a.node.grant(chart, to="C", lanes=ALL_LANES, history=True)
    level(a, b, c)
    a.node.revoke(chart, from_="C")
    c.add(chart, observation("late", "p1"))
    level(a, c)
    (waiting,) = a.replica(chart).fold.quarantined & set(
        operation.id
        for operation in a.replica(chart).operations.values()
        if operation.prefix.lane == a.charter(chart).lane("care")
    )
    before = exported(a)
    author = author_of(b, chart)
    under = next(
        identity
        for identity, granted in b.replica(chart).fold.grants.items()
        if granted.to == Device(b.device)
    )
    identity = c.node.context.identity
    author.act([Accept(frozenset([waiting]))], under)
    author.act([Vouch((), frozenset(), frozenset())], under)
    author.act(
        [
            Grant(
                to=Device(c.device),
                lanes=frozenset({b.charter(chart).lane("care")}),
                rights=Right.READ,
                sealing=identity.sealing_key,
                sealing_signature=identity.sealing_key_signature,
                despite=frozenset(a.replica(chart).fold.revoked),
            )
        ],
        under,
    )
    offered(a, b, author.written)
    assert exported(a) == before
    assert "late" not in {one["id"] for one in a.resources()}
    assert not a.replica(chart).fold.entitled_lanes(c.device)
    assert a.audit_ok()


def wanted_by(clinic: Clinic, chart: str) -> list[EpochId]:
    replica = clinic.replica(chart)
    return [
        act.epoch
        for operation, deed in replica.deeds.items()
        for act in deed.acts
        if isinstance(act, Want) and replica.operations[operation].prefix.device == clinic.device
    ]


def test_a_key_that_does_not_hash_to_its_epoch_is_refused_and_asked_for_once(two: Two) -> None:
    a, b = two
    chart = shared(a, b)
    author = author_of(b, chart)
    lane = b.charter(chart).lane("care")
    key = author.draw_key()
    act = author.rekey_act(lane, key)
    other = author.draw_key()
    boxes = tuple(Box(box.to, seal(other, box.to, bytes(32))) for box in act.boxes)
    lie = Rekey(lane, act.number, act.epoch, boxes, act.knew)
    author.act([lie], author.standing(Right.APPEND, lane), personal=False)
    assert offered(a, b, author.written) == {}
    assert act.epoch not in a.replica(chart).keyring
    wants = wanted_by(a, chart)
    assert wants == [act.epoch]
    a.node.settle()
    b._charts.keep(author)
    level(a, b)
    a.add(chart, observation("after", "p1"))
    newest = a.replica(chart).tip(a.node.context.instance, lane)
    assert newest is not None
    assert a.replica(chart).operations[newest.id].prefix.epoch != act.epoch
    level(a, b)
    assert exported(a) == exported(b)
    assert wanted_by(a, chart) == wants


# -- letters


def letter_to(clinic: Clinic, author: Clinic, chart: str) -> Letter:
    replica = author.replica(chart)
    keys = tuple(replica.keyring.of_lane(replica.access_lane).values())
    identity = clinic.node.context.identity
    return write_letter(
        replica.charter, keys, identity.sealing_key, author.node.context.identity.signer, bytes(32)
    )


def test_a_letter_for_a_chart_that_was_not_granted_makes_no_chart(two: Two) -> None:
    a, b = two
    b.take(patient("theirs"))
    (chart,) = b.charts()
    replica = b.replica(chart)
    access = [o for o in replica.operations.values() if o.prefix.lane == replica.access_lane]
    before = state(a)
    sharing = SharedCharts(a.node.context, a._charts, a.node._lists, b.device)
    sharing.take_letters(b.device, replica.chart, [letter_to(a, b, chart).encoded()])
    sharing.take(b.device, access)
    a.node.settle()
    assert state(a) == before
    assert a.chart_ids() == []
    assert a.node.context.store.database.value("SELECT count(*) FROM letters") == 0


def test_a_charter_that_does_not_hash_to_its_chart_is_no_letter(two: Two) -> None:
    a, b = two
    b.take(patient("theirs"))
    (chart,) = b.charts()
    good = letter_to(a, b, chart)
    wrong_chart = ChartId(bytes(32))
    unsigned = Letter(wrong_chart, good.to, good.author, good.box, b"")
    signer = b.node.context.identity.signer
    statement = encode([1, unsigned.chart, unsigned.to, unsigned.author, unsigned.box])
    bad = Letter(wrong_chart, good.to, good.author, good.box, signer.sign(LETTER_DOMAIN, statement))
    with pytest.raises(LetterError):
        open_letter(bad, a.node.context.identity.opener)
    sharing = SharedCharts(a.node.context, a._charts, a.node._lists, b.device)
    assert sharing.take_letters(b.device, wrong_chart, [bad.encoded()]) == 0
    assert a.chart_ids() == []


def test_a_strangers_letters_for_a_chart_that_is_held_are_not_kept(three: Three) -> None:
    a, b, c = three
    chart = shared(a, b)
    kept = a.node.context.store.database.value("SELECT count(*) FROM letters")
    replica = a.replica(chart)
    sharing = SharedCharts(a.node.context, a._charts, a.node._lists, c.device)
    for place in range(5):
        keys = (author_of(a, chart).draw_key(),)
        identity = (a, b, c)[place % 3].node.context.identity
        spam = write_letter(
            replica.charter,
            keys,
            identity.sealing_key,
            c.node.context.identity.signer,
            bytes([place]) * 32,
        )
        assert sharing.take_letters(c.device, replica.chart, [spam.encoded()]) == 0
    assert a.node.context.store.database.value("SELECT count(*) FROM letters") == kept


def test_an_operation_in_another_devices_instance_is_refused(two: Two) -> None:
    a, b = two
    chart = shared(a, b)
    before = state(a)
    replica = b.replica(chart)
    care = replica.charter.lane("care")
    theirs = next(one for one in replica.operations.values() if one.prefix.lane == care)
    under = replica.fold.standing(b.device, Right.APPEND, care)[0]
    prefix = HeaderPrefix(
        chart=replica.chart,
        lane=care,
        device=b.device,
        instance=theirs.prefix.instance,
        sequence=0,
        previous=None,
        stamp=theirs.prefix.stamp,
        epoch=theirs.prefix.epoch,
        under=under,
    )
    key = replica.keyring.key(theirs.prefix.epoch)
    assert key is not None
    body = seal_body(b"x", key, prefix.encoded(), bytes(NONCE_SIZE_BYTES))
    forked = sign_operation(prefix, body, b.node.context.identity.signer)
    assert offered(a, b, [forked]) == {FOREIGN_INSTANCE: 1}
    assert state(a) == before
