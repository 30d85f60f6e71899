"""Attachments: sealed pieces, the signed lists that name them, and which are still wanted.

Everything lies in the encrypted database, a row a piece; nothing is in files of its own. What may
be taken in is decided before: pieces only when a stored manifest names them, manifests only for
operations that are stored (`node.application.syncing.shelf`).
"""

import contextlib
import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import Final, NamedTuple

from node.errors import StorageFailed
from node.store.charts import Charts
from node.store.columns import marks, portions
from node.store.database import Database
from sync.attachment import Piece
from sync.attachment_manifest import Manifest, parse_manifest
from sync.attachment_piece import named
from sync.digest import Place
from sync.identifiers import ChartId, LaneId, OperationId, domain_bytes


class StoredManifest(NamedTuple):
    """A list of pieces that is stored, and how many of them are here."""

    name: bytes
    operation: OperationId
    pieces: tuple[Piece, ...]
    held: frozenset[bytes]

    @property
    def missing(self) -> tuple[Piece, ...]:
        """The pieces that are still wanted, in order."""
        return tuple(piece for piece in self.pieces if piece.name not in self.held)


class Totals(NamedTuple):
    """Pieces of a store, or of a part of it."""

    pieces: int
    missing: int
    incomplete: int
    """Lists of which a piece is missing."""


class Attachments:
    """The attachments of all lanes."""

    def __init__(self, database: Database, charts: Charts) -> None:
        """Work on an open store's database."""
        self._database = database
        self._charts = charts

    # -- what is kept

    def put(self, chart: ChartId, lane: LaneId, sealed: bytes) -> Piece:
        """Keep a piece that was sealed here; its manifest follows in the same transaction."""
        piece = named(sealed)
        place = self._place(chart, lane)
        with self._database.transaction():
            self._want(place, [piece])
            self._fill(place, piece.name, sealed)
        return piece

    def take(self, chart: ChartId, lane: LaneId, sealed: bytes) -> bool:
        """Keep a piece that came: only one that a stored manifest names and that is not here."""
        place = self._place(chart, lane)
        with self._database.transaction():
            return self._fill(place, named(sealed).name, sealed)

    def add(self, manifest: Manifest) -> bool:
        """Keep a verified manifest, and want its pieces. False when it was kept already."""
        place = self._place(manifest.chart, manifest.lane)
        with self._database.transaction():
            new = self._database.write(
                "INSERT INTO attachment_manifests (n, lane, name, operation, encoded)"
                " VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (*place, manifest.name, manifest.operation, manifest.encoded),
            )
            if new:
                self._want(place, manifest.pieces)
                self._touch(place)
        return bool(new)

    def _want(self, place: tuple[int, int], pieces: Iterable[Piece]) -> None:
        self._database.write_many(
            "INSERT INTO attachment_pieces (n, lane, name, size, held) VALUES (?, ?, ?, ?, 0)"
            " ON CONFLICT DO NOTHING",
            [(*place, piece.name, piece.size_bytes) for piece in pieces],
        )

    def _fill(self, place: tuple[int, int], name: bytes, sealed: bytes) -> bool:
        row = self._database.value(
            "SELECT id FROM attachment_pieces WHERE n = ? AND lane = ? AND name = ? AND held = 0",
            (*place, name),
        )
        if row is None:
            return False
        self._database.write(
            "INSERT INTO attachment_contents (id, content) VALUES (?, ?)", (row, sealed)
        )
        self._database.write("UPDATE attachment_pieces SET held = 1 WHERE id = ?", (row,))
        self._touch(place)
        return True

    def _touch(self, place: tuple[int, int]) -> None:
        self._database.changed.note(place[:1])
        self._database.write(
            "INSERT INTO attachment_lanes (n, lane, digest) VALUES (?, ?, x'')"
            " ON CONFLICT DO UPDATE SET digest = x''",
            place,
        )

    # -- what there is

    def piece(self, chart: ChartId, lane: LaneId, name: bytes) -> bytes | None:
        """A sealed piece, or None while it is not here."""
        found = self._database.value(
            "SELECT c.content FROM attachment_pieces p JOIN attachment_contents c USING (id)"
            " WHERE p.n = ? AND p.lane = ? AND p.name = ?",
            (*self._place(chart, lane), name),
        )
        return None if found is None else bytes(found)

    def held(self, chart: ChartId, lane: LaneId, names: Collection[bytes]) -> frozenset[bytes]:
        """Which of these pieces are here."""
        place = self._place(chart, lane)
        found: set[bytes] = set()
        for few in portions(list(names)):
            rows = self._database.rows(
                f"SELECT name FROM attachment_pieces WHERE n = ? AND lane = ? AND name IN ({marks(few)}) AND held = 1",  # noqa: S608, E501 (question marks)
                (*place, *few),
            )
            found |= {bytes(name) for (name,) in rows}
        return frozenset(found)

    def manifests(self, chart: ChartId, lane: LaneId) -> Iterator[StoredManifest]:
        """The manifests of a lane in the order of their names."""
        rows = self._database.rows(
            "SELECT name, operation, encoded FROM attachment_manifests"
            " WHERE n = ? AND lane = ? ORDER BY name",
            self._place(chart, lane),
        )
        for name, operation, encoded in rows:
            pieces = _pieces(encoded)
            held = self.held(chart, lane, [piece.name for piece in pieces])
            yield StoredManifest(name, OperationId(operation), pieces, held)

    def manifest(self, chart: ChartId, lane: LaneId, name: bytes) -> bytes | None:
        """An encoded manifest by its name."""
        found = self._database.value(
            "SELECT encoded FROM attachment_manifests WHERE n = ? AND lane = ? AND name = ?",
            (*self._place(chart, lane), name),
        )
        return None if found is None else bytes(found)

    def encoded(self, chart: ChartId) -> list[bytes]:
        """All manifests of a chart as they are stored."""
        rows = self._database.rows(
            "SELECT encoded FROM attachment_manifests WHERE n = ? ORDER BY id",
            (self._charts.number(chart),),
        )
        return [bytes(encoded) for (encoded,) in rows]

    def manifests_of(self, chart: ChartId, operation: OperationId) -> int:
        """How many manifests are kept of an operation."""
        return int(
            self._database.value(
                "SELECT count(*) FROM attachment_manifests WHERE n = ? AND operation = ?",
                (self._charts.number(chart), operation),
            )
        )

    def places(self) -> set[Place]:
        """The lanes that have attachments: mostly few."""
        return {
            Place(ChartId(chart), LaneId(lane))
            for chart, lane in self._database.rows(
                "SELECT c.chart, l.id FROM attachment_lanes a JOIN charts c ON c.n = a.n"
                " JOIN lanes l ON l.n = a.n AND l.lane = a.lane"
            )
        }

    def digest(self, chart: ChartId, lane: LaneId) -> bytes | None:
        """The digest of a lane's manifests and of the pieces that are here; None without any.

        Remembered until something comes.
        """
        place = self._place(chart, lane)
        kept = self._database.value(
            "SELECT digest FROM attachment_lanes WHERE n = ? AND lane = ?", place
        )
        if kept is None or kept:
            return None if kept is None else bytes(kept)
        digest = hashlib.sha256(domain_bytes("attachments"))
        for statement in (
            "SELECT name FROM attachment_manifests WHERE n = ? AND lane = ? ORDER BY name",
            "SELECT name FROM attachment_pieces WHERE n = ? AND lane = ? AND held = 1"
            " ORDER BY name",
        ):
            names = [name for (name,) in self._database.rows(statement, place)]
            digest.update(len(names).to_bytes(8, "big") + b"".join(names))
        with contextlib.suppress(StorageFailed):  # a full disk serves what it holds all the same
            self._database.write(
                "UPDATE attachment_lanes SET digest = ? WHERE n = ? AND lane = ?",
                (digest.digest(), *place),
            )
        return digest.digest()

    def totals(self) -> Totals:
        """How many pieces there are, how many are missing, and of how many attachments."""
        pieces, missing = self._database.rows(
            "SELECT count(*), coalesce(sum(held = 0), 0) FROM attachment_pieces"
        )[0]
        if not missing:
            return Totals(pieces, 0, 0)
        incomplete = sum(
            bool(stored.missing) for place in self.places() for stored in self.manifests(*place)
        )
        return Totals(pieces, missing, incomplete)

    def broken(self, chart: ChartId) -> Iterator[bytes]:
        """The names of a chart's pieces whose bytes are not what they were named by."""
        rows = self._database.rows(
            "SELECT id, name FROM attachment_pieces WHERE n = ? AND held = 1",
            (self._charts.number(chart),),
        )
        for row, name in rows:
            content = self._database.value(
                "SELECT content FROM attachment_contents WHERE id = ?", (row,)
            )
            if content is None or named(content).name != name:
                yield bytes(name)

    def want_again(self, chart: ChartId, names: Iterable[bytes]) -> None:
        """Let go of pieces that are not what they were named by, and want them from peers again."""
        n = self._charts.number(chart)
        with self._database.transaction():
            for name in names:
                for row, lane in self._database.rows(
                    "SELECT id, lane FROM attachment_pieces WHERE n = ? AND name = ?", (n, name)
                ):
                    self._database.write("DELETE FROM attachment_contents WHERE id = ?", (row,))
                    self._database.write(
                        "UPDATE attachment_pieces SET held = 0 WHERE id = ?", (row,)
                    )
                    self._touch((n, lane))

    # -- what is destroyed

    def destroy(self, chart: ChartId, lane: LaneId | None = None) -> None:
        """Destroy all attachments of a chart, or of one lane of it.

        The bytes leave the files at the next `Store.checkpoint`. They come back only for
        operations that are stored with their bodies.
        """
        if lane is None:
            lanes = [
                number
                for (number,) in self._database.rows(
                    "SELECT lane FROM attachment_lanes WHERE n = ?", (self._charts.number(chart),)
                )
            ]
        else:
            lanes = [self._charts.lane_number(chart, lane)]
        n = self._charts.number(chart)
        with self._database.transaction():
            self._database.changed.note([n])
            for number in lanes:
                for statement in _DESTROY:
                    self._database.write(statement, (n, number))

    def destroy_of(self, chart: ChartId, operations: Collection[OperationId]) -> None:
        """Destroy the attachments of certain operations, but pieces that others name as well."""
        n = self._charts.number(chart)
        wanted = [(n, operation) for operation in operations]
        lost: dict[int, set[bytes]] = defaultdict(set)
        with self._database.transaction():
            for place in wanted:
                for lane, encoded in self._database.rows(
                    "SELECT lane, encoded FROM attachment_manifests WHERE n = ? AND operation = ?",
                    place,
                ):
                    lost[lane] |= {piece.name for piece in _pieces(encoded)}
            self._database.write_many(
                "DELETE FROM attachment_manifests WHERE n = ? AND operation = ?", wanted
            )
            for lane, names in lost.items():
                self._drop((n, lane), names)

    def _drop(self, place: tuple[int, int], names: set[bytes]) -> None:
        """Let go of pieces that a manifest named which is no more, and that no other one names."""
        left = self._database.rows(
            "SELECT encoded FROM attachment_manifests WHERE n = ? AND lane = ?", place
        )
        kept = {piece.name for (encoded,) in left for piece in _pieces(encoded)}
        gone = [(*place, name) for name in sorted(names - kept)]
        self._database.write_many(
            "DELETE FROM attachment_contents WHERE id ="
            " (SELECT id FROM attachment_pieces WHERE n = ? AND lane = ? AND name = ?)",
            gone,
        )
        self._database.write_many(
            "DELETE FROM attachment_pieces WHERE n = ? AND lane = ? AND name = ?", gone
        )
        if left:
            self._touch(place)
        else:
            self._database.changed.note(place[:1])
            self._database.write("DELETE FROM attachment_lanes WHERE n = ? AND lane = ?", place)

    def _place(self, chart: ChartId, lane: LaneId) -> tuple[int, int]:
        return self._charts.number(chart), self._charts.lane_number(chart, lane)


_DESTROY: Final = (
    "DELETE FROM attachment_contents WHERE id IN"
    " (SELECT id FROM attachment_pieces WHERE n = ? AND lane = ?)",
    "DELETE FROM attachment_pieces WHERE n = ? AND lane = ?",
    "DELETE FROM attachment_manifests WHERE n = ? AND lane = ?",
    "DELETE FROM attachment_lanes WHERE n = ? AND lane = ?",
)


def _pieces(encoded: bytes) -> tuple[Piece, ...]:
    return parse_manifest(encoded, verified=True).pieces
