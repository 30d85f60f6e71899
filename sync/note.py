"""Notes: signed words about a chart that one node hands another beside the chart's operations.

For what cannot be an operation: from who is not a grantee yet, or not for the access lane, which
every grantee reads. They are stored beside the chart, in no digest, and never answered in the
session that brought them, so that an unknown chart, a forbidden one and a waiting one look alike.
"""

from dataclasses import dataclass
from enum import IntEnum

from sync.body import open_body, seal_body
from sync.codec import decode, encode, fields, is_number, items, natural, octets, text
from sync.errors import (
    BodyError,
    CodecError,
    EpochKeyError,
    IdentifierError,
    LimitError,
    NoteError,
    SignatureError,
)
from sync.identifiers import (
    ChartId,
    DeviceKey,
    EpochKey,
    OperationId,
    SealingKey,
    hashed,
    parse_operation_id,
)
from sync.limits import note_readers_max, note_size_bytes_max, note_words_length_chars_max
from sync.sealing import Opener, seal
from sync.signing import Signer, verify

DOMAIN = "note"


class NoteKind(IntEnum):
    """What a note is for."""

    GLASS = 0
    """Its author breaks the glass of a chart that it does not hold, and needs the letter."""
    ANSWER = 1
    """The letter for who asked by GLASS, as it is stored."""
    REASON = 2
    """Why a glass was broken, sealed to those who read the chart's summary."""
    REQUEST = 3
    """Its author asks for access."""


@dataclass(frozen=True, slots=True)
class Note:
    """A verified note. `payload` is read by its kind."""

    kind: NoteKind
    chart: ChartId
    author: DeviceKey
    at_milliseconds: int
    payload: bytes
    signature: bytes

    def encoded(self) -> bytes:
        """The bytes that are stored and handed over."""
        return encode([*_statement(self), self.signature])

    @property
    def id(self) -> bytes:
        """16 bytes that name it."""
        return hashed("note", self.encoded())[:16]

    def __repr__(self) -> str:
        """Show the kind and who wrote it."""
        return f"Note({self.kind.name}, {self.author[:4].hex()})"


def _statement(note: Note) -> list[object]:
    return [1, int(note.kind), note.chart, note.author, note.at_milliseconds, note.payload]


def write_note(
    kind: NoteKind, chart: ChartId, payload: bytes, author: Signer, at_milliseconds: int
) -> Note:
    """Sign a note. Raises LimitError for one that is too long."""
    unsigned = Note(kind, chart, author.public, at_milliseconds, payload, b"")
    signature = author.sign(DOMAIN, encode(_statement(unsigned)))
    note = Note(kind, chart, author.public, at_milliseconds, payload, signature)
    if len(note.encoded()) > note_size_bytes_max:
        raise LimitError("a note is over the limit")
    return note


def parse_note(data: bytes) -> Note:
    """Decode a note and check its signature, or raise NoteError."""
    if len(data) > note_size_bytes_max:
        raise NoteError("note is over the limit")
    try:
        version, kind, chart, author, at, payload, signature = fields(decode(data), 7, "note")
        if not is_number(version, 1):
            raise NoteError("note is of a newer version")
        note = Note(
            NoteKind(natural(kind, "kind", max(NoteKind))),
            ChartId(octets(chart, 32, "chart")),
            DeviceKey(octets(author, 32, "author")),
            natural(at, "time"),
            octets(payload, None, "payload"),
            octets(signature, 64, "signature"),
        )
        verify(note.author, DOMAIN, encode(_statement(note)), note.signature)
    except (CodecError, SignatureError) as error:
        raise NoteError(f"note does not verify: {error}") from error
    return note


@dataclass(frozen=True, slots=True)
class StatedKey:
    """A device's own statement of its sealing key: what a GLASS note says."""

    sealing: SealingKey
    signature: bytes

    def encoded(self) -> bytes:
        """The payload of a note."""
        return encode([self.sealing, self.signature])


def parse_stated_key(payload: bytes) -> StatedKey:
    """Read the payload of a GLASS note, or raise NoteError. The signature is not checked."""
    try:
        sealing, signature = fields(decode(payload), 2, "stated key")
        return StatedKey(
            SealingKey(octets(sealing, 32, "sealing key")), octets(signature, 64, "signature")
        )
    except CodecError as error:
        raise NoteError(f"note does not say a key: {error}") from error


@dataclass(frozen=True, slots=True)
class Request:
    """What a REQUEST note says: whose roster its author stands in, and what it asks for."""

    key: StatedKey
    roster: bytes
    lanes: tuple[str, ...]
    rights: int
    reason: str

    def encoded(self) -> bytes:
        """The payload of a note."""
        return encode(
            [
                self.key.sealing,
                self.key.signature,
                self.roster,
                list(self.lanes),
                self.rights,
                self.reason,
            ]
        )

    def __repr__(self) -> str:
        """Show the lanes."""
        return f"Request({', '.join(self.lanes)})"


def parse_request(payload: bytes) -> Request:
    """Read the payload of a REQUEST note, or raise NoteError. Nothing in it is proven."""
    try:
        sealing, signature, roster, lanes, rights, reason = fields(decode(payload), 6, "request")
        return Request(
            StatedKey(
                SealingKey(octets(sealing, 32, "sealing key")), octets(signature, 64, "signature")
            ),
            octets(roster, None, "roster"),
            tuple(text(lane, "lane", 32) for lane in items(lanes, "lanes", 16)),
            natural(rights, "rights", 15),
            text(reason, "reason", note_words_length_chars_max),
        )
    except CodecError as error:
        raise NoteError(f"note does not ask for anything: {error}") from error


def seal_words(
    words: str, about: OperationId, readers: tuple[SealingKey, ...], random: bytes
) -> bytes:
    """Seal a REASON's payload: words about an operation for whoever holds one of these keys.

    Takes 56 random bytes and 32 more for each reader. Raises LimitError.
    """
    if len(words) > note_words_length_chars_max:
        raise LimitError(f"a reason has at most {note_words_length_chars_max} characters")
    if len(readers) > note_readers_max or len(random) != 56 + 32 * len(readers):
        raise LimitError("a reason cannot be sealed to that many readers")
    key = EpochKey(random[:32])
    boxes: list[object] = [
        [to, seal(key, to, random[56 + 32 * place : 88 + 32 * place])]
        for place, to in enumerate(readers)
    ]
    body = seal_body(encode([words]), key, about, random[32:56])
    return encode([about, body, boxes])


@dataclass(frozen=True, slots=True)
class SealedWords:
    """A REASON's payload, still sealed."""

    about: OperationId
    body: bytes
    boxes: tuple[tuple[SealingKey, bytes], ...]

    def open(self, openers: tuple[Opener, ...]) -> str | None:
        """The words, where one of these keys opens them; else None."""
        by_key = {opener.public: opener for opener in openers}
        for to, box in self.boxes:
            opener = by_key.get(to)
            if opener is None:
                continue
            try:
                key = EpochKey(octets(opener.open(box), 32, "key"))
                (words,) = fields(decode(open_body(self.body, key, self.about)), 1, "words")
                return text(words, "words", note_words_length_chars_max)
            except (EpochKeyError, BodyError, CodecError):
                continue
        return None


def parse_sealed_words(payload: bytes) -> SealedWords:
    """Read the payload of a REASON note, or raise NoteError."""
    try:
        about, body, boxes = fields(decode(payload), 3, "reason")
        found = []
        for box in items(boxes, "boxes", note_readers_max):
            to, sealed = fields(box, 2, "box")
            found.append((SealingKey(octets(to, 32, "reader")), octets(sealed, None, "box")))
        return SealedWords(
            parse_operation_id(octets(about, 36, "operation")),
            octets(body, None, "body"),
            tuple(found),
        )
    except (CodecError, IdentifierError) as error:
        raise NoteError(f"note gives no reason: {error}") from error
