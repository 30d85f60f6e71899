"""The bytes of session messages: a canonical CBOR array that begins with the message's number."""

from collections.abc import Callable
from typing import Any

from sync.codec import decode, encode, fields, items, natural, octets
from sync.errors import CodecError, IdentifierError, SessionError
from sync.identifiers import InstanceId, SealingKey
from sync.limits import (
    frame_size_bytes_max,
    letter_size_bytes_max,
    note_size_bytes_max,
    notes_per_session_max,
)
from sync.operation import SEQUENCE_MAX
from sync.wire.attachment_message import (
    Holdings,
    Manifests,
    Pieces,
    Wants,
    attachment_value,
    parse_holdings,
    parse_manifests,
    parse_pieces_message,
    parse_wants,
)
from sync.wire.message import (
    NONCE_SIZE_BYTES,
    SHORT_SIZE_BYTES,
    Ack,
    Close,
    Compare,
    Deposit,
    Difference,
    End,
    ForkIds,
    Hello,
    Letters,
    LogVector,
    Message,
    Notes,
    Operations,
    PlaceVector,
    Reply,
)
from sync.wire.registry_message import (
    Facts,
    KnownFacts,
    Refusal,
    parse_facts,
    parse_known_facts,
    parse_refusal,
    registry_value,
)
from sync.wire.run import Run, parse_anchor, parse_run

COUNT_MAX = frame_size_bytes_max // SHORT_SIZE_BYTES
"""More items of anything than this do not fit a frame."""
VERSIONS_MAX = 8
FACTS_DIGEST_SIZE_BYTES = 24
TURNS_MAX = 64


def encode_message(message: Message) -> bytes:
    """The frame of a message."""
    return encode(_value(message))


def _value(message: Message) -> list[object]:
    match message:
        case Hello():
            return [
                0,
                list(message.versions),
                message.frame_size_bytes,
                message.credit_bytes,
                message.nonce,
                message.sealing,
                None if message.registry is None else list(message.registry),
                message.access_root,
                message.content_root,
                message.deposits,
                message.facts,
            ]
        case Difference(payload, last):
            return [1, payload, last]
        case Compare(vectors, wants, last, level):
            return [2, [_vector_value(vector) for vector in vectors], wants, last, level]
        case Reply(vectors, last, attachments):
            return [3, [_vector_value(vector) for vector in vectors], last, attachments]
        case ForkIds(place, instance, ids):
            return [4, place, instance, ids]
        case Letters(bundles):
            return [5, [[where, list(letters)] for where, letters in bundles]]
        case Operations(runs):
            return [6, [run.value() for run in runs]]
        case Deposit(runs):
            return [7, [run.value() for run in runs]]
        case Ack(total):
            return [8, total]
        case End(forks):
            return [9, forks]
        case Close(receipt, turn):
            return [10, receipt, turn]
        case Holdings():
            return [11, *attachment_value(message)]
        case Manifests():
            return [12, *attachment_value(message)]
        case Wants():
            return [13, *attachment_value(message)]
        case Pieces():
            return [14, *attachment_value(message)]
        case Notes(notes):
            return [18, list(notes)]
        case KnownFacts():
            return [15, *registry_value(message)]
        case Facts():
            return [16, *registry_value(message)]
        case Refusal():
            return [17, *registry_value(message)]


def _vector_value(vector: PlaceVector) -> list[object]:
    value: list[object] = [vector.place, [_log_value(log) for log in vector.logs], vector.letters]
    return [*value, vector.attachments] if vector.attachments else value


def _log_value(log: LogVector) -> list[object]:
    listed: list[object] = [log.instance, log.length, log.head]
    return listed if log.ids is None else [*listed, log.ids]


def decode_message(frame: bytes) -> Message:
    """Read a frame, or raise SessionError."""
    if len(frame) > frame_size_bytes_max:
        raise SessionError(f"frame of {len(frame)} bytes is over the limit")
    try:
        parts = items(decode(frame), "message", 16)
        kind = natural(parts[0] if parts else None, "message number", len(_readers) - 1)
        count, reader = _readers[kind]
        return reader(fields(parts, count, "message")[1:])
    except (CodecError, IdentifierError) as error:
        raise SessionError(f"frame is malformed: {error}") from error


def _hello(parts: list[Any]) -> Hello:
    return Hello(
        tuple(
            natural(version, "version", 255)
            for version in items(parts[0], "versions", VERSIONS_MAX)
        ),
        natural(parts[1], "frame limit"),
        natural(parts[2], "credit"),
        octets(parts[3], NONCE_SIZE_BYTES, "nonce"),
        SealingKey(octets(parts[4], 32, "sealing key")),
        parse_anchor(parts[5]),
        octets(parts[6], 32, "access root"),
        octets(parts[7], 32, "content root"),
        _flag(parts[8]),
        _facts_digest(parts[9]),
    )


def _facts_digest(value: object) -> bytes:
    digest = octets(value, None, "digest of facts")
    if len(digest) not in (0, FACTS_DIGEST_SIZE_BYTES):
        raise CodecError("digest of facts has another size")
    return digest


def _difference(parts: list[Any]) -> Difference:
    return Difference(octets(parts[0], None, "payload"), _flag(parts[1]))


def _compare(parts: list[Any]) -> Compare:
    return Compare(_vectors(parts[0]), _shorts(parts[1], "wants"), _flag(parts[2]), _flag(parts[3]))


def _reply(parts: list[Any]) -> Reply:
    return Reply(_vectors(parts[0]), _flag(parts[1]), _flag(parts[2]))


def _fork_ids(parts: list[Any]) -> ForkIds:
    return ForkIds(
        octets(parts[0], SHORT_SIZE_BYTES, "place"),
        InstanceId(octets(parts[1], 16, "instance")),
        _shorts(parts[2], "ids"),
    )


def _letters(parts: list[Any]) -> Letters:
    return Letters(tuple(_bundle(bundle) for bundle in items(parts[0], "letters", COUNT_MAX)))


def _bundle(value: object) -> tuple[bytes, tuple[bytes, ...]]:
    where, letters = fields(value, 2, "letters")
    found = tuple(octets(letter, None, "letter") for letter in items(letters, "letters", COUNT_MAX))
    if any(len(letter) > letter_size_bytes_max for letter in found):
        raise CodecError("letter is over the limit")
    return octets(where, None, "where"), found


def _notes(parts: list[Any]) -> Notes:
    found = tuple(
        octets(note, None, "note") for note in items(parts[0], "notes", notes_per_session_max)
    )
    if not found or any(len(note) > note_size_bytes_max for note in found):
        raise CodecError("frame carries no note, or one over the limit")
    return Notes(found)


def _runs(value: object) -> tuple[Run, ...]:
    return tuple(parse_run(run) for run in items(value, "runs", COUNT_MAX))


def _vectors(value: object) -> tuple[PlaceVector, ...]:
    return tuple(_vector(vector) for vector in items(value, "vectors", COUNT_MAX))


def _vector(value: object) -> PlaceVector:
    listed = items(value, "vector", 4)
    place, logs, letters = fields(listed[:3], 3, "vector")
    attachments = octets(listed[3], SHORT_SIZE_BYTES, "attachments") if listed[3:] else b""
    return PlaceVector(
        octets(place, SHORT_SIZE_BYTES, "place"),
        tuple(_log(log) for log in items(logs, "logs", COUNT_MAX)),
        _shorts(letters, "letters"),
        attachments,
    )


def _log(value: object) -> LogVector:
    parts = items(value, "log", 4)
    instance, length, head = fields(parts[:3], 3, "log")
    ids = _shorts(parts[3], "ids") if len(parts) == 4 else None
    head = octets(head, None, "head")
    if len(head) != (0 if length == 0 or ids is not None else SHORT_SIZE_BYTES):
        raise CodecError("head does not go with its log")
    return LogVector(
        InstanceId(octets(instance, 16, "instance")),
        natural(length, "length", SEQUENCE_MAX + 1),
        head,
        ids,
    )


def _shorts(value: object, what: str) -> bytes:
    joined = octets(value, None, what)
    if len(joined) % SHORT_SIZE_BYTES:
        raise CodecError(f"{what} are not whole")
    return joined


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise CodecError("flag is not true or false")
    return value


_readers: list[tuple[int, Callable[[list[Any]], Message]]] = [
    (11, _hello),
    (3, _difference),
    (5, _compare),
    (4, _reply),
    (4, _fork_ids),
    (2, _letters),
    (2, lambda parts: Operations(_runs(parts[0]))),
    (2, lambda parts: Deposit(_runs(parts[0]))),
    (2, lambda parts: Ack(natural(parts[0], "total"))),
    (2, lambda parts: End(_flag(parts[0]))),
    (
        3,
        lambda parts: Close(
            octets(parts[0], None, "receipt"), natural(parts[1], "turn", TURNS_MAX)
        ),
    ),
    (3, parse_holdings),
    (2, parse_manifests),
    (3, parse_wants),
    (2, parse_pieces_message),
    (3, parse_known_facts),
    (2, parse_facts),
    (2, parse_refusal),
    (2, _notes),
]
"""By message number: how many fields with it, and how they are read."""
