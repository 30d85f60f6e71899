"""An original put together from its sealed pieces, and checked against the change that names it."""

import hashlib
from collections.abc import Callable

from sync.attachment import Attachment
from sync.attachment_piece import Sealing, open_piece
from sync.attachment_skeleton import agrees
from sync.change import Change
from sync.errors import BodyError
from sync.identifiers import ChartId, EpochKey, LaneId

ReadPiece = Callable[[bytes], bytes | None]
"""Gives a sealed piece by its name, or None while it is not here."""


def sealing_of(chart: ChartId, lane: LaneId, key: EpochKey, attachment: Attachment) -> Sealing:
    """What the pieces of an attachment were sealed with."""
    return Sealing(chart, lane, key, attachment.digest, attachment.size_bytes)


def assemble(change: Change, sealing: Sealing, read: ReadPiece) -> bytes | None:
    """The original bytes of an attached change, or None while a piece is not here.

    Raises BodyError where pieces do not open, or the whole is not what the change says it is.
    """
    attachment = change.attachment
    assert attachment is not None, "only attached changes have pieces"
    if len(attachment.pieces) != sealing.count:
        raise BodyError("attachment has another number of pieces than its size asks for")
    original = bytearray()
    for number, piece in enumerate(attachment.pieces):
        sealed = read(piece.name)
        if sealed is None:
            return None
        original += open_piece(sealing, number, sealed)
    whole = bytes(original)
    del original
    if len(whole) != attachment.size_bytes or hashlib.sha256(whole).digest() != attachment.digest:
        raise BodyError("attachment is not what its entry names")
    if not agrees(whole, change.type, change.content, attachment.left_out):
        raise BodyError("attachment does not say what its entry says")
    return whole
