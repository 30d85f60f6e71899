"""A replica seen through a liar's eyes: what is held, and beside it, instead of it or less of it.

Every hostile kind that speaks the protocol well gives its session one of these instead of its real
node's replica, and overrides what it lies about.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from sync.digest import LogSummary, Place, PlaceDigest
from sync.identifiers import ChartId, DeviceKey, InstanceId, LaneId, OperationId
from sync.note import Note
from sync.operation import Operation
from sync.session.registry_shelf import RegistryShelf
from sync.session.replica import Replica, Stage, Taken
from sync.session.shelf import Shelf


class View:
    """The real replica of one session; as it stands it lies about nothing."""

    def __init__(self, real: Replica) -> None:
        """Look at what a node shares with one peer."""
        self._real = real

    # -- what kinds override

    def added(self, place: Place) -> Sequence[Operation]:
        """Operations that are shown of a place beside those that are held."""
        return ()

    def shows(self, place: Place, operation: Operation) -> bool:
        """Whether an operation that is held is shown."""
        return True

    def shows_log(self, place: Place, instance: InstanceId) -> bool:
        """Whether anything of a log is shown."""
        return True

    def served(self, operation: Operation) -> Operation:
        """What is sent for an operation."""
        return operation

    # -- what a session asks

    def places(self, peer: DeviceKey, stage: Stage) -> Iterable[PlaceDigest]:
        """The shared lanes; the digest of one that is lied about is like no other."""
        found = []
        for one in self._real.places(peer, stage):
            lies = b"".join(each.id for each in self.added(one.place))
            digest = hashlib.sha256(one.digest + lies).digest() if lies else one.digest
            found.append(PlaceDigest(one.chart, one.lane, digest))
        return found

    def vector(self, peer: DeviceKey, chart: ChartId, lane: LaneId) -> Sequence[LogSummary]:
        """The logs that are shown, with what is added to them."""
        place = Place(chart, lane)
        logs = {
            log.instance: log
            for log in self._real.vector(peer, chart, lane)
            if self.shows_log(place, log.instance)
        }
        for operation in self.added(place):
            logs[operation.prefix.instance] = _with(logs, operation)
        return list(logs.values())

    def shelf(self, peer: DeviceKey) -> Shelf:
        """The attachments."""
        return self._real.shelf(peer)

    def registry(self, peer: DeviceKey) -> RegistryShelf:
        """The facts."""
        return self._real.registry(peer)

    def letters(self, peer: DeviceKey, chart: ChartId, *, begins: bool = False) -> Sequence[bytes]:
        """The letters."""
        return self._real.letters(peer, chart, begins=begins)

    def read(
        self, peer: DeviceKey, chart: ChartId, lane: LaneId, instance: InstanceId, start: int
    ) -> Iterator[Operation]:
        """A log from a sequence on, ascending."""
        place = Place(chart, lane)
        held = [
            operation
            for operation in self._real.read(peer, chart, lane, instance, start)
            if self.shows(place, operation)
        ]
        held += [
            operation
            for operation in self.added(place)
            if operation.prefix.instance == instance and operation.prefix.sequence >= start
        ]
        for operation in sorted(held, key=lambda one: (one.prefix.sequence, one.id)):
            yield self.served(operation)

    def ids(
        self, peer: DeviceKey, chart: ChartId, lane: LaneId, instance: InstanceId
    ) -> Iterable[OperationId]:
        """The ids of what `read` gives."""
        return [one.id for one in self.read(peer, chart, lane, instance, 0)]

    def read_selected(
        self,
        peer: DeviceKey,
        chart: ChartId,
        lane: LaneId,
        instance: InstanceId,
        chosen: Collection[OperationId],
    ) -> Iterator[Operation]:
        """Some of what `read` gives."""
        wanted = set(chosen)
        for operation in self.read(peer, chart, lane, instance, 0):
            if operation.id in wanted:
                yield operation

    def resources(self, operations: Sequence[Operation]) -> int:
        """How many resources are in what is sent."""
        return self._real.resources(operations)

    def take_letters(self, peer: DeviceKey, chart: ChartId, letters: Sequence[bytes]) -> int:
        """Take letters as the node does."""
        return self._real.take_letters(peer, chart, letters)

    def take(self, peer: DeviceKey, operations: Sequence[Operation]) -> Taken:
        """Take operations as the node does."""
        return self._real.take(peer, operations)

    def level(self, peer: DeviceKey, stage: Stage) -> None:
        """A stage is over."""
        self._real.level(peer, stage)

    def deposits(self, peer: DeviceKey) -> Iterable[Operation]:
        """What was written in charts where the node is live no longer."""
        return self._real.deposits(peer)

    def take_deposits(self, peer: DeviceKey, operations: Sequence[Operation]) -> None:
        """Take deposits as the node does."""
        self._real.take_deposits(peer, operations)

    def deposited(self, peer: DeviceKey) -> None:
        """The peer has them."""
        self._real.deposited(peer)

    def notes(self, peer: DeviceKey) -> Sequence[bytes]:
        """Notes for the peer."""
        return self._real.notes(peer)

    def take_notes(self, peer: DeviceKey, notes: Sequence[Note]) -> None:
        """Take notes as the node does."""
        self._real.take_notes(peer, notes)

    def noted(self, peer: DeviceKey, notes: Sequence[bytes]) -> None:
        """The peer has them."""
        self._real.noted(peer, notes)

    def receipt(self, peer: DeviceKey, signed: bytes) -> None:
        """Keep a receipt."""
        self._real.receipt(peer, signed)


def _with(logs: Mapping[InstanceId, LogSummary], operation: Operation) -> LogSummary:
    """A log's summary with one more operation, which may go on from its head or fork it."""
    prefix = operation.prefix
    log = logs.get(prefix.instance)
    if log is None:
        return LogSummary(prefix.instance, prefix.sequence + 1, (operation.id,))
    heads = {head for head in log.heads if head != prefix.previous} | {operation.id}
    return LogSummary(prefix.instance, max(log.length, prefix.sequence + 1), tuple(sorted(heads)))
