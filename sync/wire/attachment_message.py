"""The messages of a session's attachment stage, and their bytes; `message_codec` hands over here.

Their numbers go on from those of the other messages (docs/PROTOCOL.md).
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

from sync.codec import fields, items, natural, octets
from sync.errors import CodecError
from sync.limits import (
    attachment_manifest_size_bytes_max,
    attachment_piece_sealed_bytes_max,
    attachment_pieces_max,
    frame_size_bytes_max,
)

SHORT_SIZE_BYTES = 8
COUNT_MAX = frame_size_bytes_max // SHORT_SIZE_BYTES
BITS_SIZE_BYTES_MAX = attachment_pieces_max // 8


class Marked(NamedTuple):
    """Pieces of one manifest, by their places in it: bit i of byte i // 8 is the piece i."""

    manifest: bytes
    """Its short name."""
    bits: bytes


class PlaceMarks(NamedTuple):
    """Marks of the manifests of one place, ascending."""

    place: bytes
    marks: tuple[Marked, ...]


@dataclass(frozen=True, slots=True)
class Holdings:
    """The manifests that the sender has, each with the pieces that it lacks (no bits: none)."""

    places: tuple[PlaceMarks, ...]
    last: bool


@dataclass(frozen=True, slots=True)
class Manifests:
    """Manifests that the receiver lacks, under their places."""

    bundles: tuple[tuple[bytes, tuple[bytes, ...]], ...]


@dataclass(frozen=True, slots=True)
class Wants:
    """The pieces that the sender asks for."""

    places: tuple[PlaceMarks, ...]
    last: bool


class Fragment(NamedTuple):
    """A part of a sealed piece: its place, name, whole size, and where this part begins."""

    place: bytes
    name: bytes
    size_bytes: int
    offset: int
    content: bytes


@dataclass(frozen=True, slots=True)
class Pieces:
    """Parts of pieces, each piece's one after the other."""

    fragments: tuple[Fragment, ...]


AttachmentMessage = Holdings | Manifests | Wants | Pieces


def attachment_value(message: AttachmentMessage) -> list[object]:
    """What is encoded, after the message's number."""
    match message:
        case Holdings(places, last) | Wants(places, last):
            return [[[where, [list(m) for m in marks]] for where, marks in places], last]
        case Manifests(bundles):
            return [[[where, list(encoded)] for where, encoded in bundles]]
        case Pieces(fragments):
            return [[list(fragment) for fragment in fragments]]


def parse_holdings(parts: list[Any]) -> Holdings:
    """Read Holdings, or raise CodecError."""
    return Holdings(_places(parts[0]), _flag(parts[1]))


def parse_wants(parts: list[Any]) -> Wants:
    """Read Wants, or raise CodecError."""
    return Wants(_places(parts[0]), _flag(parts[1]))


def parse_manifests(parts: list[Any]) -> Manifests:
    """Read Manifests, or raise CodecError."""
    found = []
    for bundle in items(parts[0], "manifests", COUNT_MAX):
        where, listed = fields(bundle, 2, "manifests")
        encoded = tuple(
            octets(one, None, "manifest") for one in items(listed, "manifests", COUNT_MAX)
        )
        if any(len(one) > attachment_manifest_size_bytes_max for one in encoded):
            raise CodecError("manifest is over the limit")
        found.append((octets(where, SHORT_SIZE_BYTES, "place"), encoded))
    return Manifests(tuple(found))


def parse_pieces_message(parts: list[Any]) -> Pieces:
    """Read Pieces, or raise CodecError."""
    found = []
    for value in items(parts[0], "fragments", COUNT_MAX):
        place, name, size, offset, content = fields(value, 5, "fragment")
        found.append(
            Fragment(
                octets(place, SHORT_SIZE_BYTES, "place"),
                octets(name, 32, "piece"),
                natural(size, "size", attachment_piece_sealed_bytes_max),
                natural(offset, "offset", attachment_piece_sealed_bytes_max),
                octets(content, None, "fragment"),
            )
        )
    return Pieces(tuple(found))


def _places(value: object) -> tuple[PlaceMarks, ...]:
    return tuple(_place(place) for place in items(value, "places", COUNT_MAX))


def _place(value: object) -> PlaceMarks:
    where, marks = fields(value, 2, "place")
    return PlaceMarks(
        octets(where, SHORT_SIZE_BYTES, "place"),
        tuple(_mark(mark) for mark in items(marks, "manifests", COUNT_MAX)),
    )


def _mark(value: object) -> Marked:
    manifest, bits = fields(value, 2, "manifest")
    if len(octets(bits, None, "bits")) > BITS_SIZE_BYTES_MAX:
        raise CodecError("bits are over the limit")
    return Marked(octets(manifest, SHORT_SIZE_BYTES, "manifest"), bits)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise CodecError("flag is not true or false")
    return value
