"""Attachments: what is sealed opens, in its place only; skeletons agree; lists are signed."""

import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.attachment import (
    Attachment,
    LeftOut,
    LeftOutMember,
    Piece,
    parse_attachment,
    parse_pieces,
    pieces_bytes,
)
from sync.attachment_assembly import assemble, sealing_of
from sync.attachment_manifest import parse_manifest, sign_manifest
from sync.attachment_piece import Sealing, named, open_piece, piece_count, seal_piece
from sync.attachment_skeleton import agrees, left_out_value, make_skeleton, original_digest
from sync.change import Change, ChangeKind, Entry, parse_entry
from sync.clock import Stamp
from sync.codec import decode, encode
from sync.errors import BodyError, CodecError, LimitError, ManifestError
from sync.identifiers import ActId, ChartId, EpochId, EpochKey, InstanceId, LaneId
from sync.limits import (
    attachment_manifest_size_bytes_max,
    attachment_piece_plain_bytes,
    attachment_piece_sealed_bytes_max,
    attachment_pieces_max,
    attachment_size_bytes_max,
    attachment_skeleton_size_bytes_max,
    body_plain_size_bytes_max,
)
from sync.merge.document import canonical, parse_document
from sync.operation import HeaderPrefix, Operation, sign_operation
from sync.signing import Signer

CHART, LANE = ChartId(b"c" * 32), LaneId(b"lane-id8")
KEY = EpochKey(b"k" * 32)
SIGNER = Signer(b"s" * 32)


def sealing(original: bytes, key: EpochKey = KEY) -> Sealing:
    return Sealing(CHART, LANE, key, original_digest(original), len(original))


def parts(original: bytes) -> list[memoryview]:
    view = memoryview(original)
    step = attachment_piece_plain_bytes
    return [view[at : at + step] for at in range(0, len(view), step)]


def sealed(original: bytes) -> list[bytes]:
    found = sealing(original)
    return [
        seal_piece(found, number, part, bytes([number]) * 24)
        for number, part in enumerate(parts(original))
    ]


@given(st.integers(1, 3 * attachment_piece_plain_bytes), st.booleans())
def test_what_was_sealed_in_pieces_comes_out_again(size: int, dull: bool) -> None:
    original = bytes(size) if dull else bytes(range(1, 252)) * (size // 251 + 1)
    original = original[:size]
    pieces = sealed(original)
    assert len(pieces) == piece_count(size)
    assert all(len(piece) <= attachment_piece_sealed_bytes_max for piece in pieces)
    found = sealing(original)
    opened = [open_piece(found, number, piece) for number, piece in enumerate(pieces)]
    assert b"".join(opened) == original


def test_sizes_of_pieces_are_padded_so_that_near_ones_look_alike() -> None:
    sizes = {len(sealed(b"\x00" * count)[0]) for count in range(1, 10_000, 500)}
    assert len(sizes) == 1
    varied = {len(sealed(bytes(range(256)) * 8 + b"x" * count)[0]) for count in range(60)}
    assert len(varied) <= 2


def test_a_piece_opens_in_its_own_place_only() -> None:
    original = bytes(range(256)) * 2048
    first, second = sealed(original)
    good = sealing(original)
    assert open_piece(good, 0, first) + open_piece(good, 1, second) == original
    elsewhere = [
        (good, 1, first),
        (Sealing(ChartId(b"d" * 32), LANE, KEY, good.digest, good.size_bytes), 0, first),
        (Sealing(CHART, LaneId(b"other-id"), KEY, good.digest, good.size_bytes), 0, first),
        (Sealing(CHART, LANE, EpochKey(b"j" * 32), good.digest, good.size_bytes), 0, first),
        (Sealing(CHART, LANE, KEY, b"x" * 32, good.size_bytes), 0, first),
        (Sealing(CHART, LANE, KEY, good.digest, good.size_bytes + 1), 0, first),
        (good, 0, first[:-1] + bytes([first[-1] ^ 1])),
        (good, 0, b""),
    ]
    for where, number, piece in elsewhere:
        with pytest.raises(BodyError):
            open_piece(where, number, piece)


@given(st.binary(max_size=400))
def test_no_bytes_open_that_were_not_sealed(data: bytes) -> None:
    with pytest.raises(BodyError):
        open_piece(sealing(b"original"), 0, data)


# -- skeletons

names = st.text(string.ascii_letters, min_size=1, max_size=12)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30) | st.text(min_size=200),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=8,
)


@given(st.dictionaries(names, values, max_size=8), st.integers(0, 3))
def test_a_skeleton_agrees_with_its_original_and_with_no_other(
    rest: dict[str, object], big: int
) -> None:
    document = {"resourceType": "Basic", "id": "b1", "status": "final", **rest}
    for number in range(big):
        document[f"big{number}"] = [{"data": "x" * (4000 * (number + 1))}]
    original = json.dumps(document).encode()
    try:
        skeleton, left_out = make_skeleton(original, "Basic")
    except LimitError:
        assert document["resourceType"] != "Basic"
        return
    assert len(skeleton) <= attachment_skeleton_size_bytes_max
    assert agrees(original, "Basic", skeleton, left_out)
    for name in document:
        other = {**document, name: "otherwise"}
        if name != "resourceType" and other != document:
            assert not agrees(json.dumps(other).encode(), "Basic", skeleton, left_out)
    fewer = {key: value for key, value in document.items() if key != "status"}
    if "status" in document:
        assert not agrees(json.dumps(fewer).encode(), "Basic", skeleton, left_out)


@given(values)
def test_a_left_out_value_compares_with_the_same_value_inline(value: object) -> None:
    text = json.dumps(value)
    document = parse_document(f'{{"resourceType":"Basic","x":{text}}}'.encode(), "Basic")
    assert document is not None
    stands = left_out_value("x", document.members["x"])
    inline = document.value("x")
    if stands is None:
        assert len(canonical(document.members["x"].value)) < 1000
        return
    lacking = parse_document(b'{"resourceType":"Basic"}', "Basic", [LeftOutMember("x", stands)])
    assert lacking is not None
    assert lacking.value("x").canonical == inline.canonical
    assert lacking.value("x").same_as(inline)
    assert inline.same_as(lacking.value("x"))
    other = parse_document(b'{"resourceType":"Basic","x":"otherwise"}', "Basic")
    assert other is not None
    assert not lacking.value("x").same_as(other.value("x"))


def test_what_merging_reads_is_never_left_out() -> None:
    order = {
        "resourceType": "MedicationRequest",
        "id": "m1",
        "status": "active",
        "note": [{"text": "x" * 50_000}],
        "dosageInstruction": [{"text": "y" * 3000}],
        "contained": [{"resourceType": "Binary", "data": "z" * 9000}],
    }
    skeleton, left_out = make_skeleton(json.dumps(order).encode(), "MedicationRequest")
    assert sorted(name for name, _ in left_out) == ["contained", "note"]
    assert json.loads(skeleton)["dosageInstruction"] == order["dosageInstruction"]
    many = {
        "resourceType": "Patient",
        "id": "p1",
        "identifier": [{"system": "urn:s", "value": str(n)} for n in range(2000)],
    }
    with pytest.raises(LimitError):
        make_skeleton(json.dumps(many).encode(), "Patient")


@pytest.mark.parametrize("content", [b"", b"no JSON", b"[]", b'{"resourceType":"Patient"}'])
def test_no_skeleton_is_made_of_what_cannot_be_read(content: bytes) -> None:
    with pytest.raises(LimitError):
        make_skeleton(content, "Basic")


def attached(original: bytes, kind: str = "Basic") -> tuple[Change, dict[bytes, bytes]]:
    skeleton, left_out = make_skeleton(original, kind)
    pieces = sealed(original)
    attachment = Attachment(
        len(original), original_digest(original), left_out, tuple(map(named, pieces))
    )
    change = Change(ChangeKind.PUT, "here", kind, "b1", skeleton, ("x",), (), attachment)
    return change, {named(piece).name: piece for piece in pieces}


BASIC = json.dumps({"resourceType": "Basic", "id": "b1", "x": "y" * 600_000}).encode()


def test_an_original_is_put_together_when_all_pieces_are_here() -> None:
    change, store = attached(BASIC)
    assert change.attachment is not None
    where = sealing_of(CHART, LANE, KEY, change.attachment)
    assert assemble(change, where, store.get) == BASIC
    for name in list(store):
        kept = {other: piece for other, piece in store.items() if other != name}
        assert assemble(change, where, kept.get) is None


def test_an_original_that_says_otherwise_than_its_skeleton_is_refused() -> None:
    change, store = attached(BASIC)
    assert change.attachment is not None
    where = sealing_of(CHART, LANE, KEY, change.attachment)
    lies = Change(
        change.kind,
        change.source,
        change.type,
        change.id,
        b'{"resourceType":"Basic","id":"b1","status":"entered-in-error"}',
        change.touched,
        change.supersedes,
        change.attachment,
    )
    with pytest.raises(BodyError):
        assemble(lies, where, store.get)


# -- codec


def test_the_largest_attachment_fits_an_entry_and_its_manifest_its_limit() -> None:
    assert attachment_pieces_max * attachment_piece_plain_bytes == attachment_size_bytes_max
    pieces = tuple(
        Piece(number.to_bytes(32, "big"), attachment_piece_sealed_bytes_max)
        for number in range(attachment_pieces_max)
    )
    left_out = tuple(LeftOutMember(f"element{n}", LeftOut(bytes(32))) for n in range(12))
    attachment = Attachment(attachment_size_bytes_max, bytes(32), left_out, pieces)
    skeleton = b"x" * attachment_skeleton_size_bytes_max
    change = Change(
        ChangeKind.PUT,
        "s" * 40,
        "DocumentReference",
        "d" * 64,
        skeleton,
        ("content",),
        (),
        attachment,
    )
    entry = Entry(bytes(16), None, SIGNER.public, bytes(200), (change,))
    assert len(entry.encoded()) <= body_plain_size_bytes_max
    assert parse_entry(entry.encoded()) == entry
    manifest = sign_manifest(operation(), pieces, SIGNER)
    assert len(manifest.encoded) <= attachment_manifest_size_bytes_max


piece_lists = st.lists(
    st.builds(Piece, st.binary(min_size=32, max_size=32), st.integers(1, 270_000)),
    min_size=1,
    max_size=8,
    unique_by=lambda piece: piece.name,
).map(tuple)


@given(
    st.builds(
        Attachment,
        st.integers(0, attachment_size_bytes_max),
        st.binary(min_size=32, max_size=32),
        st.lists(
            st.builds(
                LeftOutMember,
                names,
                st.builds(LeftOut, st.binary(min_size=32, max_size=32), st.booleans()),
            ),
            max_size=4,
        ).map(tuple),
        piece_lists,
    )
)
def test_attachments_are_read_as_they_were_written(attachment: Attachment) -> None:
    assert parse_attachment(decode(encode(attachment.value()))) == attachment


@given(st.binary(max_size=200))
def test_a_list_of_pieces_is_whole_and_names_none_twice_or_it_is_refused(data: bytes) -> None:
    try:
        found = parse_pieces(data)
    except CodecError:
        return
    assert pieces_bytes(found) == data
    with pytest.raises(CodecError):
        parse_pieces(data + data)


def operation(signer: Signer = SIGNER) -> Operation:
    prefix = HeaderPrefix(
        CHART,
        LANE,
        signer.public,
        InstanceId(bytes(16)),
        0,
        None,
        Stamp(1 << 16),
        EpochId(bytes(32)),
        ActId(bytes(16)),
    )
    return sign_operation(prefix, b"sealed", signer)


@given(piece_lists)
def test_a_manifest_is_its_operations_own_devices_word(pieces: tuple[Piece, ...]) -> None:
    own = operation()
    manifest = sign_manifest(own, pieces, SIGNER)
    read = parse_manifest(manifest.encoded)
    assert read == manifest
    assert read.is_of(own)
    stranger = Signer(b"t" * 32)
    assert not parse_manifest(sign_manifest(own, pieces, stranger).encoded).is_of(own)
    assert not read.is_of(operation(stranger))


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_manifest_with_one_byte_changed_is_refused(place: int, flip: int) -> None:
    pieces = (Piece(b"p" * 32, 300),)
    data = bytearray(sign_manifest(operation(), pieces, SIGNER).encoded)
    data[place % len(data)] ^= flip
    with pytest.raises(ManifestError):
        parse_manifest(bytes(data))


def test_nothing_of_an_attachment_shows_in_its_repr() -> None:
    change, _ = attached(BASIC)
    assert change.attachment is not None
    assert "y" * 10 not in repr((change, change.attachment, change.attachment.left_out))
    assert repr(sealing(BASIC)) == "Sealing()"
