"""What a sync session asks of the replica it works for; `sync.chart` over a store implements it.

All rights are decided here, behind this interface: a session serves what it is given, and what it
is not given influences no byte. All calls are synchronous and may be slow.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from sync.digest import LogSummary, PlaceDigest
from sync.identifiers import ChartId, DeviceKey, InstanceId, LaneId, OperationId
from sync.note import Note
from sync.operation import Operation
from sync.session.registry_shelf import RegistryShelf
from sync.session.shelf import Shelf


class Stage(Enum):
    """What a session brings level: first who may do what, then the records."""

    ACCESS = "access"
    CONTENT = "content"


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of operations that a peer sent.

    `stored` counts those that are new and durable, `resources` the resources in them that can
    be read here, as far as that is known at once, `refused` the others by reason (duplicates
    are not refused).
    """

    stored: int
    resources: int
    refused: Mapping[str, int] = field(default_factory=dict)


class Replica(Protocol):
    """One side of a session. Restricted views (a revoked peer's) are the replica's affair."""

    def places(self, peer: DeviceKey, stage: Stage) -> Iterable[PlaceDigest]:
        """The lanes shared with `peer`, in the order in which they are to be sent.

        ACCESS: the access lanes of charts for which both ends are live in our own fold; of
        charts that the peer was granted once, restricted to what it is served; of charts where
        we are live no longer ourselves, as we hold them. Only those of which anything is held.
        CONTENT: the content lanes for which both ends are live, also those of which nothing is
        held yet (their digest is that of no logs). The digest is that of `vector`, and alike at
        both ends once they are level. Charts that are not given influence no byte.
        """

    def vector(self, peer: DeviceKey, chart: ChartId, lane: LaneId) -> Sequence[LogSummary]:
        """The logs of a lane as far as the peer is served, in the order they are to be sent."""

    def shelf(self, peer: DeviceKey) -> Shelf:
        """The attachments of the lanes that are shared with the peer."""

    def registry(self, peer: DeviceKey) -> RegistryShelf:
        """The facts of the registry about whom the shared access lanes name."""

    def letters(self, peer: DeviceKey, chart: ChartId, *, begins: bool = False) -> Sequence[bytes]:
        """The encoded letters of a chart to hand over: the peer's, and others' for it to carry.

        `begins`: the peer holds nothing of the chart. Without one to itself it cannot begin.
        """

    def read(
        self, peer: DeviceKey, chart: ChartId, lane: LaneId, instance: InstanceId, start: int
    ) -> Iterator[Operation]:
        """A log's operations from sequence `start` on, ascending; all branches of a fork."""

    def ids(
        self, peer: DeviceKey, chart: ChartId, lane: LaneId, instance: InstanceId
    ) -> Iterable[OperationId]:
        """The ids of a log's operations in the order of `read`; asked of forked logs only."""

    def read_selected(
        self,
        peer: DeviceKey,
        chart: ChartId,
        lane: LaneId,
        instance: InstanceId,
        chosen: Collection[OperationId],
    ) -> Iterator[Operation]:
        """A forked log's chosen operations, in the order of `read`."""

    def resources(self, operations: Sequence[Operation]) -> int:
        """How many resources that can be read here are in operations of ours that were sent."""

    def take_letters(self, peer: DeviceKey, chart: ChartId, letters: Sequence[bytes]) -> int:
        """Keep letters, each verified and of this chart; say how many are new. Durable after."""

    def take(self, peer: DeviceKey, operations: Sequence[Operation]) -> Taken:
        """Keep verified operations, ascending inside each log; durable when it returns.

        Prefixes and quotas are the replica's affair: what cannot be kept is counted as refused,
        and what follows it in its log is refused too.
        """

    def level(self, peer: DeviceKey, stage: Stage) -> None:
        """A stage's transfer is complete: folds and places are to be computed anew."""

    def deposits(self, peer: DeviceKey) -> Iterable[Operation]:
        """Our own operations in charts where we are live no longer, for the peer to have."""

    def take_deposits(self, peer: DeviceKey, operations: Sequence[Operation]) -> None:
        """Keep what the peer wrote itself, where it had the right; the peer learns nothing."""

    def deposited(self, peer: DeviceKey) -> None:
        """The peer has received all of `deposits`; they need not be offered to it again."""

    def notes(self, peer: DeviceKey) -> Sequence[bytes]:
        """Encoded notes for the peer (sync/note.py), at most `notes_per_session_max`."""

    def take_notes(self, peer: DeviceKey, notes: Sequence[Note]) -> None:
        """Keep or act on verified notes; durable after. The peer learns nothing."""

    def noted(self, peer: DeviceKey, notes: Sequence[bytes]) -> None:
        """The peer has these; they need not be offered to it again."""

    def receipt(self, peer: DeviceKey, signed: bytes) -> None:
        """Keep a peer's verified receipt, outside logs and digests."""
