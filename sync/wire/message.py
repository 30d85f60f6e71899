"""The messages of a sync session, one to a frame (DESIGN section 7, docs/PROTOCOL.md).

The session builds and reads these; `message_codec` gives them their bytes.
"""

from dataclasses import dataclass
from typing import NamedTuple

from sync.identifiers import InstanceId, SealingKey
from sync.operation import Anchor
from sync.wire.attachment_message import AttachmentMessage
from sync.wire.registry_message import RegistryMessage
from sync.wire.run import Run

SHORT_SIZE_BYTES = 8
"""A keyed hash: a place, or the short name of an operation or a letter, of one session."""
NONCE_SIZE_BYTES = 16


@dataclass(frozen=True, slots=True)
class Hello:
    """The first message of each side: who it is to the other, and what both may share."""

    versions: tuple[int, ...]
    frame_size_bytes: int
    credit_bytes: int
    nonce: bytes
    sealing: SealingKey
    registry: Anchor | None
    access_root: bytes
    content_root: bytes
    deposits: bool
    facts: bytes = b""
    """Which registry's facts are held, 8 bytes, and their digest, 16; empty without a registry."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What the lister says of its places, by the method in use (the sorted list: elements)."""

    payload: bytes
    last: bool


class LogVector(NamedTuple):
    """What a side holds of one log: its length and the short name of its head.

    A forked log has no head here but all its operations' short names in `ids`.
    """

    instance: InstanceId
    length: int
    head: bytes
    ids: bytes | None = None


class PlaceVector(NamedTuple):
    """What a side holds, or asks for, of one place; `letters` are short names, joined.

    `attachments` is the short form of those that are held, told by the comparer; empty for none.
    """

    place: bytes
    logs: tuple[LogVector, ...]
    letters: bytes
    attachments: bytes = b""


@dataclass(frozen=True, slots=True)
class Compare:
    """The comparer's findings: its vectors of what differs, and places that it lacks.

    `level`, with the last: nothing will be exchanged, and the stage is over.
    """

    vectors: tuple[PlaceVector, ...]
    wants: bytes
    last: bool
    level: bool


@dataclass(frozen=True, slots=True)
class Reply:
    """The lister's requests: for each place, the logs that it has shorter, and from where.

    `attachments`, with the last: those of the compared places differ, and a stage of them follows.
    """

    vectors: tuple[PlaceVector, ...]
    last: bool
    attachments: bool = False


@dataclass(frozen=True, slots=True)
class ForkIds:
    """Operations that the comparer holds of a log that turned out to be forked (all, in pieces)."""

    place: bytes
    instance: InstanceId
    ids: bytes


@dataclass(frozen=True, slots=True)
class Letters:
    """Letters, each chart's under its access lane's place."""

    bundles: tuple[tuple[bytes, tuple[bytes, ...]], ...]


@dataclass(frozen=True, slots=True)
class Operations:
    """Runs of operations that the receiver lacks."""

    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Deposit:
    """Runs of the sender's own operations in charts where it is live no longer."""

    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Notes:
    """Notes for the peer (sync/note.py), as they are stored."""

    notes: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Ack:
    """Everything up to this many bytes of data frames is durable."""

    total_bytes: int


@dataclass(frozen=True, slots=True)
class End:
    """The sender has sent what it has for this stage; `forks`: it sent ForkIds and waits."""

    forks: bool


@dataclass(frozen=True, slots=True)
class Close:
    """The sender's last message, with its signed receipt and its count of turns."""

    receipt: bytes
    turn: int


Message = (
    Hello
    | Difference
    | Compare
    | Reply
    | ForkIds
    | Letters
    | Operations
    | Deposit
    | Notes
    | Ack
    | End
    | Close
    | AttachmentMessage
    | RegistryMessage
)
