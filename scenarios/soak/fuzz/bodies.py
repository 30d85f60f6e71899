"""Targets: operations, and what is in them: headers, bodies, entries, deeds, attachments, runs."""

import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress

import cbor2
import zstandard
from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_encrypt

from scenarios.soak.fuzz.people import (
    ANCHOR,
    DEVICE,
    INSTANCE,
    LANE,
    OPENER,
    PERSON,
    ROOT,
    certificate,
    charter,
    operation,
    roster,
)
from scenarios.soak.fuzz.statements import loaded
from scenarios.soak.fuzz.target import Form, Target, says_why, under
from sync.act_codec import encode_deed, parse_deed
from sync.acts import (
    Accept,
    Act,
    Box,
    BreakGlass,
    CancelShred,
    Deed,
    Grant,
    Handover,
    Keys,
    Notice,
    Rekey,
    Revoke,
    RosterAct,
    Shred,
    UnknownAct,
    Vouch,
    Want,
)
from sync.attachment import Attachment, LeftOut, LeftOutMember, Piece, parse_attachment
from sync.attachment_assembly import assemble, sealing_of
from sync.attachment_piece import named, open_piece, seal_piece
from sync.attachment_skeleton import make_skeleton
from sync.body import open_body, seal_body
from sync.change import Change, ChangeKind, ChangeRef, Entry, Part, parse_any_entry, parse_entry
from sync.codec import decode, encode
from sync.compression import compress, decompress
from sync.cut import Run
from sync.errors import (
    BodyError,
    CodecError,
    HeaderError,
    IdentifierError,
    LimitError,
    OperationError,
    SessionError,
)
from sync.grantee import Device, Group, Right
from sync.header import body_part, parse_header, read_own_header
from sync.identifiers import ActId, EpochId, EpochKey
from sync.limits import body_plain_size_bytes_max
from sync.operation import read_operation, sign_operation
from sync.padding import pad, unpad
from sync.wire.run import begin_run, parse_anchor, parse_run, rebuild, record_of

KEY = EpochKey(b"k" * 32)
PREFIX = b"prefix"
RESOURCE = b'{"resourceType":"Basic","id":"b","note":[{"text":"' + b"a note " * 2000 + b'"}]}'


def _codec(data: bytes) -> None:
    try:
        value = decode(data)
    except CodecError:
        return
    assert encode(value) == data, "a value has two spellings"


def _header(data: bytes) -> None:
    """The general codec, the reader by hand and the writer by hand must be of one mind."""
    try:
        read = parse_header(data)
    except HeaderError:
        with suppress(HeaderError):
            read_own_header(data)  # it is for checked headers only: of others it may say anything
        return
    assert read_own_header(data) == read, "the reader by hand reads another header"
    prefix, body_hash, size = read
    assert prefix.encoded() + body_part(body_hash, size) == data, "it is written otherwise"


def _header_seeds() -> Sequence[bytes]:
    first = operation()
    later = operation(b"x" * 70_000, after=first)
    bare = sign_operation(later.prefix._replace(registry=None), b"x" * 300, DEVICE)
    return [first.header, later.header, bare.header, operation(b"", after=later).header]


def _operation(data: bytes) -> None:
    """A header whose signature and body fit it, or do not."""
    value = loaded(data)
    match value:
        case [bytes(header), bytes(body)]:
            pass
        case _:
            header, body = data, b""
    choice = hashlib.sha256(data).digest()[0] % 3
    if choice:
        header = header[: -34 - _size_bytes(header)] + body_part(
            hashlib.sha256(body).digest(), len(body)
        )
    signature = DEVICE.sign("operation", b"\x01\x71\x12\x20" + hashlib.sha256(header).digest())
    try:
        read = read_operation(header, signature, body if choice < 2 else None)
    except OperationError:
        return
    assert read.header == header
    assert read_operation(header, signature, read.body, verified=True) == read


def _size_bytes(header: bytes) -> int:
    return 1 if len(header) < 2 or header[-2] != 0x18 else 2


def _body(data: bytes) -> None:
    """Hostile content, sealed with the right key: what an insider can do."""
    choice, data = under(data, 4)
    packed = (data, compress(data[:body_plain_size_bytes_max]), bytes((1,)) + data, data)[choice]
    padded = data if choice == 3 else pad(packed)
    sealed = seal_body(b"", KEY, PREFIX, b"n" * 24) if not data else _sealed(padded)
    try:
        plain = open_body(sealed, KEY, PREFIX)
    except BodyError:
        return
    assert len(plain) <= body_plain_size_bytes_max, "it opened to more than the limit"
    assert choice != 1 or plain == data[:body_plain_size_bytes_max] or not data


def _sealed(padded: bytes) -> bytes:
    nonce = b"n" * 24
    return nonce + crypto_aead_xchacha20poly1305_ietf_encrypt(padded, PREFIX, nonce, KEY)


def _frames() -> Sequence[bytes]:
    """Zstd frames: honest, of unknown size, with lies about their size, and of huge windows."""
    plain = b'{"resourceType":"Patient"}' * 50
    honest = zstandard.ZstdCompressor().compress(plain)
    unsized = zstandard.ZstdCompressor(write_content_size=False).compress(plain)
    wide = zstandard.ZstdCompressor(
        compression_params=zstandard.ZstdCompressionParameters(window_log=27)
    ).compress(bytes(300_000))
    lies = [b"\x28\xb5\x2f\xfd\xe0" + size.to_bytes(8, "little") + honest[6:]
            for size in (0, 49_152, 49_153, 1 << 31, (1 << 63) - 1, (1 << 64) - 1)]  # fmt: skip
    return [
        compress(plain),
        compress(b""),
        *(b"\x00" + one for one in (honest, unsized, wide, *lies)),
    ]


def _body_seeds() -> Sequence[bytes]:
    return [
        *(b"\x00" + frame for frame in _frames()),
        b"\x01some content",
        b"\x02" + _frames()[0],
        b"\x03" + pad(_frames()[0]),
        b"\x03" + pad(b""),
    ]


def _decompress(data: bytes) -> None:
    try:
        plain = decompress(data)
    except BodyError:
        return
    assert len(plain) <= body_plain_size_bytes_max, "it unpacked to more than the limit"


def _padding(data: bytes) -> None:
    try:
        content = unpad(data)
    except BodyError:
        return
    assert pad(content) == data, "a padded content has two spellings"


def _entry(data: bytes) -> None:
    """The reader by place and the general codec must be of one mind."""
    found = _entry_by(parse_entry, data)
    assert found == _entry_by(parse_any_entry, data), "two readers of an entry disagree"
    if found is not None:
        assert found.encoded() == data, "an entry is written otherwise"
        assert "note" not in repr(found), "an entry shows its content"
        found.refs(operation().id)


def _entry_by(parse: Callable[[bytes], Entry], data: bytes) -> Entry | None:
    try:
        return parse(data)
    except BodyError as error:
        says_why(error)
        return None


def _attachment(original: bytes, kind: str) -> tuple[Change, dict[bytes, bytes]]:
    skeleton, left_out = make_skeleton(original, kind)
    digest = hashlib.sha256(original).digest()
    bare = Attachment(len(original), digest, left_out, ())
    sealing = sealing_of(charter().chart, LANE, KEY, bare)
    sealed = seal_piece(sealing, 0, memoryview(original), b"n" * 24)
    attachment = Attachment(len(original), digest, left_out, (named(sealed),))
    change = Change(ChangeKind.PUT, "s", kind, "b", skeleton, ("note",), (), attachment)
    return change, {named(sealed).name: sealed}


def _entry_seeds() -> Sequence[bytes]:
    ref = ChangeRef(operation().id, 0)
    change = Change(ChangeKind.PUT, "clinic", "Patient", "p", b'{"a":1}', ("name", "id"), (ref,))
    resolve = Change(ChangeKind.RESOLVE, "clinic", "Patient", "p", b"{}", (), (ref, ref))
    attached, _ = _attachment(RESOURCE, "Basic")
    worn = certificate().encoded()
    usual = Change(ChangeKind.PUT, "clinic", "Patient", "p", b"x" * 300, ("name", "id"), ())
    return [
        Entry(b"t" * 16, None, None, None, ()).encoded(),
        Entry(b"t" * 16, None, PERSON.public, worn, (usual,)).encoded(),
        Entry(b"t" * 16, None, None, None, (usual,)).encoded(),
        Entry(b"t" * 16, Part(0, 2), PERSON.public, worn, (change, resolve)).encoded(),
        Entry(b"t" * 16, None, PERSON.public, None, (attached,), ref).encoded(),
    ]


def _deed(data: bytes) -> None:
    try:
        deed = parse_deed(data)
    except BodyError:
        return
    if any(isinstance(act, UnknownAct) for act in deed.acts):
        return
    again = parse_deed(encode_deed(deed))  # sets come in any order, and are written sorted
    assert again == deed, "a deed is written as another"


def _deed_seeds() -> Sequence[bytes]:
    act = ActId(b"a" * 16)
    run = Run(INSTANCE, LANE, 0, 5, operation().id)
    device = Device(DEVICE.public)
    group = Group(roster().organisation, "all")
    box = Box(OPENER.public, b"s" * 80)
    epoch = EpochId(b"e" * 32)
    lanes = frozenset({LANE})
    acts: list[Act] = [
        RosterAct(roster().encoded()),
        Grant(group, lanes, Right(15), despite=frozenset({act}), despite_here=frozenset({1})),
        Grant(device, lanes, Right(3), until_milliseconds=5, sealing=OPENER.public,
              sealing_signature=b"s" * 64, policy=b"p" * 16),
        Revoke(device, (run,), True),
        Notice(DEVICE.public, b"proof", (run,)),
        Vouch((run, run), frozenset({act}), frozenset({act})),
        Accept(frozenset({operation().id})),
        Rekey(LANE, 2, epoch, (box, box), frozenset({act}), act),
        Keys(LANE, epoch, box),
        Want(LANE, epoch),
        Handover(ROOT),
        BreakGlass(OPENER.public, b"s" * 64),
        Shred(lanes, (run,), 1 << 42),
        CancelShred(act),
    ]  # fmt: skip
    each = [encode_deed(Deed((one,), PERSON.public, certificate().encoded())) for one in acts]
    return [*each, encode_deed(Deed(tuple(acts)))]


def _attachments(data: bytes) -> None:
    """The reference in an entry, and pieces that an insider sealed around anything."""
    value = loaded(data)
    try:
        found = parse_attachment(value)
    except CodecError:
        found = None
    if found is not None:
        assert cbor2.dumps(found.value(), canonical=True) == cbor2.dumps(value, canonical=True)
    size = len(data) % 70_000
    bare = Attachment(size, hashlib.sha256(data).digest(), (), ())
    sealing = sealing_of(charter().chart, LANE, KEY, bare)
    sealed = seal_piece(sealing, 0, memoryview(data), b"n" * 24)
    whole = Attachment(size, bare.digest, (), (named(sealed),))
    change = Change(ChangeKind.PUT, "s", "Basic", "b", b"{}", (), (), whole)
    for piece in (sealed, data):
        with suppress(BodyError):
            open_piece(sealing, 0, piece)
        with suppress(BodyError):
            assert assemble(change, sealing, {whole.pieces[0].name: piece}.get) is not None


def _attachment_seeds() -> Sequence[bytes]:
    change, pieces = _attachment(RESOURCE, "Basic")
    assert change.attachment is not None
    left_out = (LeftOutMember("note", LeftOut(b"d" * 32, True)),)
    listed = Attachment(600_000, b"d" * 32, left_out, (Piece(b"p" * 32, 300), Piece(b"q" * 32, 9)))
    return [encode(change.attachment.value()), encode(listed.value()), *pieces.values(), RESOURCE]


def _skeleton(data: bytes) -> None:
    """Whatever a large resource says, its skeleton agrees with it, or it has none."""
    try:
        change, pieces = _attachment(data, "Basic")
    except LimitError:
        return
    assert change.attachment is not None
    sealing = sealing_of(charter().chart, LANE, KEY, change.attachment)
    assert assemble(change, sealing, pieces.get) == data, "an attachment is not put together"


def _run(data: bytes) -> None:
    value = loaded(data)
    with suppress(CodecError):
        parse_anchor(value)
    try:
        run = parse_run(value)
    except (CodecError, IdentifierError):
        return
    try:
        rebuilt = rebuild(run, charter().chart, LANE)
    except SessionError:
        return
    for one in rebuilt:
        assert read_own_header(one.header) == parse_header(one.header), "not what was written"


def _run_seeds() -> Sequence[bytes]:
    first = operation()
    second = operation(b"two", after=first)
    gone = second.without_body()
    whole = begin_run(b"w" * 8, first).with_records([record_of(first), record_of(second)])
    later = begin_run(b"w" * 8, second).with_records([record_of(gone)])
    return [encode(whole.value()), encode(later.value()), encode(list(ANCHOR))]


TARGETS = (
    Target("codec", _codec, _entry_seeds, Form.CBOR, ("sync.codec:decode",), weight=8),
    Target(
        "header",
        _header,
        _header_seeds,
        Form.CBOR,
        (
            "sync.header:parse_header",
            "sync.header:read_own_header",
            "sync.identifiers:parse_operation_id",
        ),
        weight=8,
    ),
    Target(
        "operation",
        _operation,
        lambda: [encode([one, b"sealed"]) for one in _header_seeds()],
        Form.CBOR,
        ("sync.operation:read_operation",),
    ),
    Target("body", _body, _body_seeds, Form.BYTES, ("sync.body:open_body",), weight=6, head=1),
    Target("zstd", _decompress, _frames, Form.BYTES, ("sync.compression:decompress",), weight=6),
    Target("padding", _padding, lambda: [pad(b"x"), pad(b"x" * 300)], Form.BYTES,
           ("sync.padding:unpad",), weight=3),
    Target("entry", _entry, _entry_seeds, Form.CBOR,
           ("sync.change:parse_entry", "sync.change:parse_any_entry",
            "sync.entry_reader:read_usual"), weight=6),
    Target("deed", _deed, _deed_seeds, Form.CBOR, ("sync.act_codec:parse_deed",), weight=6),
    Target(
        "attachment",
        _attachments,
        _attachment_seeds,
        Form.CBOR,
        (
            "sync.attachment:parse_attachment",
            "sync.attachment_piece:open_piece",
            "sync.attachment_assembly:assemble",
        ),
        weight=2,
    ),
    Target("skeleton", _skeleton, lambda: [RESOURCE], Form.JSON,
           ("sync.attachment_assembly:assemble", "sync.merge.document:parse_document"), weight=1),
    Target(
        "run",
        _run,
        _run_seeds,
        Form.CBOR,
        ("sync.wire.run:parse_run", "sync.wire.run:rebuild", "sync.wire.run:parse_anchor"),
        weight=6,
    ),
)  # fmt: skip
