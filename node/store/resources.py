"""Which chart a subject's resources go to, and which resources a chart holds in which version.

Import asks it: whose chart is this, and is it anything new? Names and contents are kept as hashes
under a secret of this store's own, so that the table says nothing by itself (DESIGN section 6).
"""

import hashlib
from collections.abc import Iterable
from typing import Final, NamedTuple

from node.store.charts import Charts
from node.store.database import Database
from sync.codec import encode
from sync.identifiers import ChartId, LaneId

SECRET_SIZE_BYTES: Final = 32
_HASH_SIZE_BYTES: Final = 16


class ResourceName(NamedTuple):
    """A resource by the system that named it, its FHIR type and its id there."""

    source: str
    type: str
    id: str


class Resources:
    """Subjects and resources by name. Derived: it can be made again from the operations."""

    def __init__(self, database: Database, charts: Charts, secret: bytes) -> None:
        """Work on an open store's database, with the store's own secret of 32 bytes."""
        self._database = database
        self._charts = charts
        self._secret = secret

    def set_subject(self, name: ResourceName, chart: ChartId) -> None:
        """Say that a subject's resources go to a chart."""
        self._database.write(
            "INSERT INTO subjects (subject, n) VALUES (?, ?)"
            " ON CONFLICT DO UPDATE SET n = excluded.n",
            (self._name(name), self._charts.number(chart)),
        )

    def subject_chart(self, name: ResourceName) -> ChartId | None:
        """The chart that a subject's resources go to, or None."""
        found = self._database.value(
            "SELECT chart FROM charts WHERE n = (SELECT n FROM subjects WHERE subject = ?)",
            (self._name(name),),
        )
        return None if found is None else ChartId(found)

    def note(self, chart: ChartId, versions: Iterable[tuple[LaneId, ResourceName, bytes]]) -> None:
        """Note the newest content of resources of a chart, each with the lane that it is in."""
        with self._database.transaction():
            n = self._charts.number(chart)
            lanes = {lane: place for place, lane in enumerate(self._charts.lanes(chart).values())}
            self._database.write_many(
                "INSERT INTO resources (n, resource, lane, content) VALUES (?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET lane = excluded.lane, content = excluded.content",
                [
                    (n, self._name(name), lanes[lane], self._content(content))
                    for lane, name, content in versions
                ],
            )

    def holds(self, chart: ChartId, name: ResourceName, content: bytes) -> bool:
        """Whether the newest version of a resource has exactly this content."""
        noted = self._database.value(
            "SELECT content FROM resources WHERE n = ? AND resource = ?",
            (self._charts.number(chart), self._name(name)),
        )
        return bool(noted == self._content(content))

    def lane_of(self, chart: ChartId, name: ResourceName) -> LaneId | None:
        """The lane that a resource is in, and stays in; None for one that is not noted."""
        found = self._database.value(
            "SELECT l.id FROM resources r JOIN lanes l USING (n, lane)"
            " WHERE r.n = ? AND r.resource = ?",
            (self._charts.number(chart), self._name(name)),
        )
        return None if found is None else LaneId(found)

    def forget(self, chart: ChartId) -> None:
        """Forget what is noted of a chart: before noting it anew, or when it is shredded."""
        n = self._charts.number(chart)
        with self._database.transaction():
            self._database.write("DELETE FROM resources WHERE n = ?", (n,))
            self._database.write("DELETE FROM subjects WHERE n = ?", (n,))

    def _name(self, name: ResourceName) -> bytes:
        return self._hash(b"name", encode(list(name)))

    def _content(self, content: bytes) -> bytes:
        return self._hash(b"content", content)

    def _hash(self, purpose: bytes, value: bytes) -> bytes:
        return hashlib.blake2b(
            value, digest_size=_HASH_SIZE_BYTES, key=self._secret, person=purpose
        ).digest()
