"""Resources too large for an entry: sealed in pieces when written, put together when read.

Intake and the conflict desk write with `prepared`, `attach` and `sign_manifests`, all within the
store transaction of the operation; what shows, exports and compares whole resources reads by
`Originals`. A 50 MB resource is never opened to make a line of a list.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final, NamedTuple

from node.application.charts import Charts
from node.application.content import Held
from node.application.context import Context
from node.fhir.elements import touched_elements
from sync.attachment import Attachment, LeftOut, LeftOutMember
from sync.attachment_assembly import assemble, sealing_of
from sync.attachment_manifest import sign_manifest
from sync.attachment_piece import NONCE_SIZE_BYTES, Sealing, piece_count, seal_piece
from sync.attachment_skeleton import left_out_value, make_skeleton, original_digest
from sync.change import Change, Entry
from sync.errors import BodyError
from sync.identifiers import ChartId, EpochKey, LaneId
from sync.limits import attachment_piece_plain_bytes, body_plain_size_bytes_max
from sync.merge.document import parse_document
from sync.merge.merged_change import MergedChange
from sync.merge.resource_view import ResourceView
from sync.operation import Operation

NOT_HERE: Final = "content not here yet"
"""The label of a resource of which pieces have not come, beside those of the merge."""


CHANGE_OVERHEAD_BYTES: Final = 1024
"""What a change takes in an entry beside its content, usually."""


class Arrived(NamedTuple):
    """How many of the pieces that a resource needs are here."""

    here: int
    pieces: int
    size_bytes: int
    """Of the originals."""

    @property
    def label(self) -> str:
        """What is told of a resource that shows without its large elements."""
        if self.here == self.pieces:
            return f"large content apart ({self.size_bytes} bytes)"
        return f"{NOT_HERE} ({self.here} of {self.pieces} pieces)"


# -- writing


def prepared(change: Change) -> Change:
    """A change with its skeleton in place of the original bytes, its pieces yet to be sealed.

    Raises LimitError for what cannot be attached either.
    """
    skeleton, left_out = make_skeleton(change.content, change.type)
    attachment = Attachment(
        len(change.content), original_digest(change.content), left_out, pieces=()
    )
    return replace(change, content=skeleton, attachment=attachment)


def attach(
    context: Context, chart: ChartId, lane: LaneId, key: EpochKey, change: Change, original: bytes
) -> Change:
    """Seal the original of a prepared change in pieces, and keep them; gives the change to write.

    Within the transaction that stores the operation, which must be written under the key's epoch;
    `sign_manifests` follows it there.
    """
    attachment = change.attachment
    assert attachment is not None, "the change was prepared"
    sealing = sealing_of(chart, lane, key, attachment)
    pieces = tuple(
        context.store.attachments.put(
            chart,
            lane,
            seal_piece(sealing, number, part, context.random(NONCE_SIZE_BYTES)),
        )
        for number, part in enumerate(_parts(original))
    )
    return replace(change, attachment=replace(attachment, pieces=pieces))


def _parts(original: bytes) -> Iterable[memoryview]:
    view = memoryview(original)
    for start in range(0, len(view), attachment_piece_plain_bytes):
        yield view[start : start + attachment_piece_plain_bytes]


def resealed(
    context: Context, chart: ChartId, lane: LaneId, old: EpochKey, new: EpochKey, entry: Entry
) -> Entry | None:
    """An entry whose attachments are sealed anew, for an epoch that is to be destroyed (rule 18).

    None while pieces are not here, or do not open: then the old key must stay. Within the
    transaction that writes the entry again; `sign_manifests` follows it there.
    """
    store = context.store.attachments
    changes = []
    for change in entry.changes:
        if change.attachment is not None:
            sealing = sealing_of(chart, lane, old, change.attachment)
            try:
                original = assemble(change, sealing, lambda name: store.piece(chart, lane, name))
            except BodyError:
                return None
            if original is None:
                return None
            change = attach(context, chart, lane, new, change, original)
        changes.append(change)
    return replace(entry, changes=tuple(changes))


def sign_manifests(context: Context, written: Iterable[tuple[Operation, Entry]]) -> None:
    """Sign and keep the lists of pieces of operations that were just stored, if they have any."""
    for operation, entry in written:
        pieces = tuple(
            piece
            for change in entry.changes
            if change.attachment is not None
            for piece in change.attachment.pieces
        )
        if pieces:
            manifest = sign_manifest(operation, pieces, context.identity.signer)
            context.store.attachments.add(manifest)


def is_too_large(change: Change) -> bool:
    """Whether no entry can carry a change as it is, so that it must be attached."""
    return entry_size_bytes(change) > body_plain_size_bytes_max


def entry_size_bytes(change: Change) -> int:
    """What a change takes in an entry, at most."""
    names = 4 * sum(map(len, change.touched)) + 3 * len(change.touched)  # UTF-8's most
    beyond = max(0, names + len(change.supersedes) * 42 - CHANGE_OVERHEAD_BYTES // 2)
    return CHANGE_OVERHEAD_BYTES + len(change.content) + beyond + pieces_size_bytes(change)


def pieces_size_bytes(change: Change) -> int:
    """What a change takes in an entry for its attachment, its pieces sealed or not."""
    if change.attachment is None:
        return 0
    count = piece_count(change.attachment.size_bytes)
    names = sum(len(name.encode()) + 48 for name, _ in change.attachment.left_out)
    return 64 + 36 * count + names


def touched_since(held: Held, document: dict[str, object], original: bytes) -> list[str]:
    """The elements in which a new version differs from what is held, whether that is whole or not.

    What the held skeleton lacks is compared by digest.
    """
    lacking = _lacking(held.view)
    if not lacking:
        return touched_elements(held.document, document)
    new = parse_document(original, held.view.key.type)
    if new is None:
        return touched_elements(held.document, document)
    same = {
        member.name
        for member in lacking
        if member.name in new.members
        and left_out_value(member.name, new.members[member.name]) == member.value
    }
    rest = {name: value for name, value in document.items() if name not in same}
    gone = {member.name.removeprefix("_") for member in lacking if member.name not in new.members}
    return sorted({*touched_elements(held.document, rest), *gone})


def _lacking(view: ResourceView) -> list[LeftOutMember]:
    """The members that what shows lacks, with what stands for their values."""
    if not view.attached:
        return []
    return [
        LeftOutMember(name, member.value)
        for element in view.elements.values()
        for name, member in element.shown.members
        if isinstance(member.value, LeftOut)
    ]


# -- reading


def arrived(context: Context, view: ResourceView) -> Arrived | None:
    """What is here of the pieces that a resource needs beside what is inline; None: it needs none.

    Counts rows, and opens nothing.
    """
    attachments = [merged.change.attachment for merged in view.attached]
    names = {piece.name for one in attachments if one is not None for piece in one.pieces}
    if not names:
        return None
    here = context.store.attachments.held(view.chart, view.key.lane, names)
    size_bytes = sum(one.size_bytes for one in attachments if one is not None)
    return Arrived(len(here), len(names), size_bytes)


def version_arrived(context: Context, chart: ChartId, merged: MergedChange) -> bool:
    """Whether all of a version's pieces are here, if it has any."""
    attachment = merged.change.attachment
    if attachment is None:
        return True
    names = {piece.name for piece in attachment.pieces}
    return len(context.store.attachments.held(chart, merged.lane, names)) == len(names)


class Originals:
    """Whole resources and versions. Used under the node's one lock."""

    def __init__(self, context: Context, charts: Charts) -> None:
        """Read the attachments of these charts."""
        self._context = context
        self._charts = charts

    def whole(self, view: ResourceView) -> bytes | None:
        """What is shown of a resource with nothing left out; None: unreadable, or not all here."""
        return view.whole(lambda merged: self.version(view.chart, merged))

    def version(self, chart: ChartId, merged: MergedChange) -> bytes | None:
        """One version's original bytes, or None while they are not here, or are not as named."""
        if merged.change.attachment is None:
            return merged.change.content
        sealing = self._sealing(chart, merged)
        if sealing is None:
            return None
        store = self._context.store.attachments
        try:
            return assemble(
                merged.change, sealing, lambda name: store.piece(chart, merged.lane, name)
            )
        except BodyError:
            return None

    def _sealing(self, chart: ChartId, merged: MergedChange) -> Sealing | None:
        found = self._context.store.operations.by_id(
            chart, [merged.written.operation], bodies=False
        )
        attachment = merged.change.attachment
        if not found or attachment is None:
            return None
        key = self._charts.outline(chart).keyring.key(found[0].prefix.epoch)
        return None if key is None else sealing_of(chart, merged.lane, key, attachment)
