"""Reads FHIR input as it comes: fed with bytes, it gives resources. The importer calls it.

Taken are a Bundle of any type, a single resource, lines of either (NDJSON), and any of them
compressed by gzip. A Bundle is read entry by entry, lines one by one; what is held at once is one
entry or line and what the limits allow to be remembered, whatever the file's size. Nothing in the
content makes it raise.
"""

from typing import Final

from node.fhir.document import Document
from node.fhir.found import Item
from node.fhir.gunzip import GZIP_MAGIC, Damaged, Gunzip
from node.fhir.judge import Judge
from node.fhir.limits import read_slice_size_bytes
from node.fhir.lines import Lines
from node.fhir.references import ReferenceIndex

_LINES_ENDINGS: Final = (".ndjson", ".jsonl")


class Reader:
    """One file. Feed it piece by piece, then finish it; each call gives what became whole.

    `label` names the file in rejections, and by its ending says whether it is lines; without such
    an ending, lines are known by a second one. `checked=False` leaves the official schema out.
    An absent id is made up from the entry's `urn:` name or address or, without one, from the
    content, so that reading the same again gives the same id. One id twice is taken once where
    both are the same bytes, and the later is rejected where they differ.
    """

    def __init__(self, label: str, *, checked: bool = True) -> None:
        """Begin before the first byte."""
        self._judge = Judge(label, checked=checked)
        is_lines = label.lower().removesuffix(".gz").endswith(_LINES_ENDINGS)
        self._content = Lines(self._judge) if is_lines else Document(self._judge)
        self._gunzip: Gunzip | None = None
        self._head: bytes | None = b""
        self._is_broken = False

    @property
    def references(self) -> ReferenceIndex:
        """What the resources so far are called, so that references between them can be followed."""
        return self._judge.references

    @property
    def form(self) -> str | None:
        """`resource`, `bundle` or `lines`, as soon as it is known."""
        return self._content.form

    @property
    def bundle_type(self) -> str | None:
        """The type of the Bundle, or of the last line's; it may stand behind the entries."""
        return self._judge.bundle_type

    @property
    def is_transaction(self) -> bool:
        """Whether a Bundle so far was a transaction: all or nothing."""
        return self._judge.is_transaction

    @property
    def backlog(self) -> bool:
        """Whether compressed bytes wait: feed `b""` first, so that memory stays bounded."""
        return self._gunzip is not None and self._gunzip.waiting

    def feed(self, piece: bytes) -> list[Item]:
        """Take the next bytes; gives what is whole now."""
        if self._head is not None:
            self._head += piece
            if len(self._head) >= len(GZIP_MAGIC):
                self._open()
        else:
            self._take(piece)
        return self._given()

    def finish(self) -> list[Item]:
        """Nothing more comes; gives the rest."""
        self._open()
        while self.backlog:
            self._take(b"")
        if self._gunzip is not None:
            try:
                self._gunzip.finish()
            except Damaged as error:
                self._break(error.reason)
        if not self._is_broken:
            self._content.end()
        return self._given()

    def _open(self) -> None:
        """Look at the first bytes, once."""
        if self._head is not None:
            head, self._head = self._head, None
            if head.startswith(GZIP_MAGIC):
                self._gunzip = Gunzip()
            self._take(head)

    def _take(self, piece: bytes) -> None:
        if self._gunzip is not None:
            try:
                piece = self._gunzip.feed(piece)
            except Damaged as error:
                self._break(error.reason)
        for at in range(0, len(piece), read_slice_size_bytes):
            if not self._is_broken:
                self._content.feed(piece[at : at + read_slice_size_bytes])

    def _break(self, reason: str) -> None:
        """What is unpacked is not all, or endless: the rest is not read."""
        if not self._is_broken:
            self._content.flush()
        self._judge.reject("", reason)
        self._gunzip = None
        self._is_broken = True

    def _given(self) -> list[Item]:
        given, self._judge.items = self._judge.items, []
        return given
