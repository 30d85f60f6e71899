"""Which chart a named resource belongs to, and which operations hold versions of a resource.

Import asks the first: whose chart is this? Writing and lists ask the second, so that neither has to
open a whole chart. Names and contents are kept as hashes under a secret of this store's own, so
that the tables say nothing by themselves (DESIGN section 6). All of it is derived.
"""

import functools
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from node.store.charts import Charts
from node.store.columns import marks, portions
from node.store.database import Database
from sync.identifiers import ChartId

SECRET_SIZE_BYTES: Final = 32
_HASH_SIZE_BYTES: Final = 8
"""A column's integer. Two of a million names meet once in thirty million stores."""

_HASHES_REMEMBERED_MAX: Final = 8192

_NOBODY: Final = 0
"""In place of a chart's number: a name that several charts claim, and that tells nothing now."""


class ResourceName(NamedTuple):
    """A resource by the system that named it, its FHIR type and its id there."""

    source: str
    type: str
    id: str

    def __repr__(self) -> str:
        """Show the type only: an id may be a patient's number."""
        return f"ResourceName({self.type})"


class Version(NamedTuple):
    """Where one version of a resource is: the operation's row, its place there, its content."""

    row: int
    place: int
    content: int
    """A hash under the store's secret."""


class Resources:
    """Homes and versions of resources by name."""

    def __init__(self, database: Database, charts: Charts, secret: bytes) -> None:
        """Work on an open store's database, with the store's own secret of 32 bytes."""
        self._database = database
        self._charts = charts
        self._secret = secret
        self.name_hash = functools.lru_cache(_HASHES_REMEMBERED_MAX)(self._name_hash)
        """A name as its column holds it; one import asks for each several times."""

    # -- where what is imported goes

    def set_homes(self, chart: ChartId, names: Iterable[ResourceName]) -> None:
        """Say that what goes by these names is in a chart, whatever was said before."""
        n = self._charts.number(chart)
        self._database.write_many(
            "INSERT INTO homes (name, n) VALUES (?, ?) ON CONFLICT DO UPDATE SET n = excluded.n",
            sorted((self.name_hash(name), n) for name in names),
        )

    def recall_homes(self, chart: ChartId, names: Iterable[ResourceName]) -> None:
        """Say the same where nothing is said yet: when homes are made anew from operations."""
        n = self._charts.number(chart)
        self._database.write_many(
            "INSERT INTO homes (name, n) VALUES (?, ?) ON CONFLICT DO NOTHING",
            sorted((self.name_hash(name), n) for name in names),
        )

    def claim(self, chart: ChartId, names: Iterable[ResourceName]) -> None:
        """Say the same of names that are not unique; one that is another's is nobody's then."""
        n = self._charts.number(chart)
        self._database.write_many(
            "INSERT INTO homes (name, n) VALUES (?, ?)"
            " ON CONFLICT DO UPDATE SET n = iif(n = excluded.n, n, 0)",  # 0: _NOBODY
            sorted((self.name_hash(name), n) for name in names),
        )

    def forget_homes(self, names: Iterable[ResourceName]) -> None:
        """Say nothing of these names any more."""
        self._database.write_many(
            "DELETE FROM homes WHERE name = ?", sorted((self.name_hash(name),) for name in names)
        )

    def home(self, name: ResourceName) -> ChartId | None:
        """The chart of a name, or None, also where several claim it."""
        return self.homes([name]).get(name)

    def homes(self, names: Sequence[ResourceName]) -> dict[ResourceName, ChartId]:
        """The charts of names; those that are not known, or are claimed by several, are left out.

        Asked in the order of the hashes, so that what is near on the disk is read together.
        """
        hashes = {self.name_hash(name): name for name in names}
        found: dict[ResourceName, ChartId] = {}
        for few in portions(sorted(hashes)):
            for held, chart in self._database.rows(
                "SELECT h.name, c.chart FROM homes h JOIN charts c USING (n)"  # noqa: S608 (question marks)
                f" WHERE h.name IN ({marks(few)})",
                few,
            ):
                found[hashes[held]] = ChartId(chart)
        return found

    def is_ambiguous(self, name: ResourceName) -> bool:
        """Whether several charts claim a name."""
        return bool(
            self._database.value(
                f"SELECT n = {_NOBODY} FROM homes WHERE name = ?",  # noqa: S608 (a number of ours)
                (self.name_hash(name),),
            )
        )

    # -- the versions in a chart

    def note(self, versions: Iterable[tuple[ChartId, ResourceName, Version]]) -> None:
        """Note where versions of resources are, of one chart or many."""
        number = self._charts.number
        numbered = [(number(chart), name, version) for chart, name, version in versions]
        self._database.write_many(
            "INSERT INTO sources (n, source) VALUES (?, ?) ON CONFLICT DO NOTHING",
            sorted({(n, name.source) for n, name, _ in numbered}),
        )
        self._database.write_many(
            "INSERT INTO versions (n, resource, row, place, content, patient)"
            " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            sorted(
                (n, self.name_hash(name), *version, name.type == "Patient")
                for n, name, version in numbered
            ),
        )

    def versions(
        self, chart: ChartId, names: Sequence[ResourceName]
    ) -> dict[ResourceName, list[Version]]:
        """The versions of resources of a chart, in the order they came; none for what is new."""
        n = self._charts.number(chart)
        hashes = {self.name_hash(name): name for name in names}
        found: dict[ResourceName, list[Version]] = {}
        for few in portions(sorted(hashes)):
            for resource, *version in self._database.rows(
                "SELECT resource, row, place, content FROM versions"  # noqa: S608 (question marks)
                f" WHERE n = ? AND resource IN ({marks(few)}) ORDER BY resource, row, place",
                (n, *few),
            ):
                found.setdefault(hashes[resource], []).append(Version(*version))
        return found

    def counts_by_row(self, chart: ChartId, first: int = 0) -> dict[int, int]:
        """How many versions each operation of a chart holds, from a row on; none without any."""
        found = self._database.rows(
            "SELECT row, count(*) FROM versions WHERE n = ? AND row >= ? GROUP BY row",
            (self._charts.number(chart), first),
        )
        return dict(found)

    def sources(self, chart: ChartId) -> list[str]:
        """The systems that named resources of a chart."""
        rows = self._database.rows(
            "SELECT source FROM sources WHERE n = ? ORDER BY source", (self._charts.number(chart),)
        )
        return [source for (source,) in rows]

    def patients(self, chart: ChartId) -> list[int]:
        """The rows of operations that hold a version of a Patient of a chart, in their order."""
        rows = self._database.rows(
            "SELECT DISTINCT row FROM versions WHERE n = ? AND patient = 1 ORDER BY row",
            (self._charts.number(chart),),
        )
        return [row for (row,) in rows]

    def count(self, chart: ChartId) -> int:
        """How many resources of a chart have a version."""
        return int(
            self._database.value(
                "SELECT count(DISTINCT resource) FROM versions WHERE n = ?",
                (self._charts.number(chart),),
            )
        )

    def noted_to(self, chart: ChartId) -> int:
        """The last row of operations of a chart whose versions are noted; 0 for none."""
        found = self._database.value(
            "SELECT row FROM noted WHERE n = ?", (self._charts.number(chart),)
        )
        return found or 0

    def set_noted_to(self, rows: Mapping[ChartId, int]) -> None:
        """Say of charts that all versions up to a row are noted."""
        self._database.write_many(
            "INSERT INTO noted (n, row) VALUES (?, ?) ON CONFLICT DO UPDATE SET row = excluded.row",
            sorted((self._charts.number(chart), row) for chart, row in rows.items()),
        )

    def forget_versions(self, chart: ChartId) -> None:
        """Forget which versions a chart holds: before noting them anew."""
        n = self._charts.number(chart)
        with self._database.transaction():
            self._database.write("DELETE FROM versions WHERE n = ?", (n,))
            self._database.write("DELETE FROM noted WHERE n = ?", (n,))
            self._database.write("DELETE FROM sources WHERE n = ?", (n,))

    def forget(self, chart: ChartId) -> None:
        """Forget all that is noted of a chart: when it is shredded."""
        with self._database.transaction():
            self.forget_versions(chart)
            self._database.write("DELETE FROM homes WHERE n = ?", (self._charts.number(chart),))

    # -- hashes

    def _name_hash(self, name: ResourceName) -> int:
        parts = [part.encode() for part in name]
        sizes = ",".join(str(len(part)) for part in parts)
        return self._hash(b"name", b"\0".join((sizes.encode(), *parts)))

    def content_hash(self, content: bytes) -> int:
        """A content as its column holds it."""
        return self._hash(b"content", content)

    def _hash(self, purpose: bytes, value: bytes) -> int:
        digest = hashlib.blake2b(
            value, digest_size=_HASH_SIZE_BYTES, key=self._secret, person=purpose
        ).digest()
        return int.from_bytes(digest, "big", signed=True)
