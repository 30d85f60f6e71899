"""A chart's replica in memory: what is held of it, and what follows from that.

Everything derived is a function of the operations and keys held, never of their order. An
*outline* is a replica that holds the access lane, and of content only where each log ends: enough
to say who may do what and to write, at a cost that does not grow with what the chart holds.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import NamedTuple

from sync.access.evidence import Evidence
from sync.access.fold import Fold, extended, fold
from sync.act_codec import parse_deed
from sync.acts import Deed, Notice
from sync.body import open_body
from sync.change import Entry, parse_entry
from sync.chart.keyring import Keyring
from sync.charter import ACCESS, Charter
from sync.clock import Stamp, witness
from sync.errors import BodyError
from sync.identifiers import CertificateId, InstanceId, LaneId, OperationId
from sync.operation import Operation

NoticeCheck = Callable[[bytes | None, Notice], bool]


class LogEnd(NamedTuple):
    """The last operation of a log, which the next one links to."""

    sequence: int
    id: OperationId
    certificate: CertificateId | None

    @classmethod
    def of(cls, operation: Operation) -> "LogEnd":
        """Where a log ends that ends with this operation."""
        prefix = operation.prefix
        return cls(prefix.sequence, operation.id, prefix.certificate)


class ChartReplica:
    """The operations held of one chart, opened as far as the keys go, and its fold."""

    def __init__(
        self,
        charter: Charter,
        keyring: Keyring,
        notice_valid: NoticeCheck,
        *,
        outline: bool = False,
        latest: Stamp | None = None,
    ) -> None:
        """Begin empty. `notice_valid` judges a registry proof by the network it names.

        An `outline` begins with the latest believable stamp of what it does not hold.
        """
        self.outline = outline
        self.latest = latest or Stamp(0)
        """A stamp that what is written here must be later than, beside those that are held."""
        self.charter = charter
        self.chart = charter.chart
        self.keyring = keyring
        self.access_lane = charter.lane(ACCESS)
        self._notice_valid = notice_valid
        self.operations: dict[OperationId, Operation] = {}
        self.deeds: dict[OperationId, Deed] = {}
        self._unopened: dict[OperationId, Operation] = {}
        self._entries: dict[OperationId, Entry | None] = {}
        self._logs: dict[tuple[InstanceId, LaneId], list[Operation]] = defaultdict(list)
        self._tips: dict[tuple[InstanceId, LaneId], LogEnd] = {}
        """Where logs end, once asked about: writing asks at every operation."""
        self._fold: Fold | None = None
        self._unfolded: list[Operation] = []
        """Content operations that came after the fold was computed."""
        self.version = 0
        """Counts what was added or opened: what derives from the replica is as new as this."""

    def add(self, operations: Iterable[Operation]) -> list[Operation]:
        """Hold operations of this chart; those already held are passed over. Returns the new."""
        new: list[Operation] = []
        for operation in operations:
            if operation.id in self.operations:
                continue
            log = (operation.prefix.instance, operation.prefix.lane)
            if self.outline and operation.prefix.lane != self.access_lane:
                self._note_end(log, operation)
                new.append(operation)
                continue
            self.operations[operation.id] = operation
            self._logs[log].append(operation)
            tip = self._tips.get(log)
            if tip is not None and tip.sequence < operation.prefix.sequence:
                self._tips[log] = LogEnd.of(operation)
            if operation.prefix.lane == self.access_lane:
                self._unopened[operation.id] = operation
                self._changed()
            elif self._fold is not None:
                self._unfolded.append(operation)
            new.append(operation)
        if new:
            self.version += 1
            self.open_access()
        return new

    def forget_content(self) -> None:
        """Become an outline: keep of content only where each log ends."""
        content = [one for one in self.operations.values() if one.prefix.lane != self.access_lane]
        for operation in content:
            log = (operation.prefix.instance, operation.prefix.lane)
            self._note_end(log, operation)
            self._logs.pop(log, None)
            self._entries.pop(operation.id, None)
            del self.operations[operation.id]
        self._unfolded.clear()
        self.outline = True

    def end_at(self, instance: InstanceId, lane: LaneId, end: LogEnd) -> None:
        """Say where a log ends whose operations this outline does not hold."""
        self._tips[instance, lane] = end

    def _note_end(self, log: tuple[InstanceId, LaneId], operation: Operation) -> None:
        tip = self._tips.get(log)
        if tip is None or tip.sequence < operation.prefix.sequence:
            self._tips[log] = LogEnd.of(operation)

    def drop(self, operations: Iterable[OperationId]) -> None:
        """Let go of operations that were taken on trial and not stored."""
        for operation_id in operations:
            operation = self.operations.pop(operation_id, None)
            if operation is None:
                continue
            self._logs[operation.prefix.instance, operation.prefix.lane].remove(operation)
            self._tips.pop((operation.prefix.instance, operation.prefix.lane), None)
            self.deeds.pop(operation_id, None)
            self._unopened.pop(operation_id, None)
            self._entries.pop(operation_id, None)
            self._changed()

    def open_access(self) -> None:
        """Open access operations until no key that they hand over opens another."""
        progress = True
        while progress and self._unopened:
            progress = False
            for operation in list(self._unopened.values()):
                key = self.keyring.key(operation.prefix.epoch)
                if key is None or operation.body is None:
                    continue
                del self._unopened[operation.id]
                try:
                    plain = open_body(operation.body, key, operation.associated)
                    deed = parse_deed(plain)
                except BodyError:
                    continue
                self.deeds[operation.id] = deed
                progress = True
                self.keyring.learn(deed)
                self._changed()

    def _changed(self) -> None:
        self._fold = None
        self._unfolded.clear()
        self.version += 1

    @property
    def fold(self) -> Fold:
        """Who may do what, and what merges: computed anew only when something was added."""
        if self._fold is None:
            self._fold = fold(
                Evidence(
                    charter=self.charter,
                    operations=tuple(self.operations.values()),
                    deeds=self.deeds,
                    notice_valid=self._notice_valid,
                )
            )
        elif self._unfolded:
            self._fold = extended(self._fold, self._unfolded)
            self._unfolded.clear()
        return self._fold

    def entry(self, operation: Operation) -> Entry | None:
        """The body of a content operation, or None while it cannot be read here."""
        if operation.id in self._entries:
            return self._entries[operation.id]
        key = self.keyring.key(operation.prefix.epoch)
        if key is None or operation.body is None:
            return None
        try:
            plain = open_body(operation.body, key, operation.associated)
            entry: Entry | None = parse_entry(plain)
        except BodyError:
            entry = None
        self._entries[operation.id] = entry
        return entry

    def remember(self, operation: Operation, entry: Entry) -> None:
        """Keep an entry that was written here, which need not be opened again."""
        self._entries[operation.id] = entry

    def has_certificate(
        self, instance: InstanceId, lane: LaneId, certificate: CertificateId
    ) -> bool:
        """Whether an operation of this log already brought a certificate into the lane."""
        tip = self.tip(instance, lane)
        if tip is not None and tip.certificate == certificate:
            return True
        return any(
            operation.prefix.certificate == certificate
            for operation in reversed(self._logs.get((instance, lane), []))
        )

    def log(self, instance: InstanceId, lane: LaneId) -> list[Operation]:
        """The operations of one log, ascending; several at one sequence where it forked."""
        found = self._logs.get((instance, lane), [])
        return sorted(found, key=lambda operation: (operation.prefix.sequence, operation.id))

    def tip(self, instance: InstanceId, lane: LaneId) -> LogEnd | None:
        """Where an own log ends: what the next operation links to."""
        found = self._tips.get((instance, lane))
        if found is None and self._logs.get((instance, lane)):
            last = max(self._logs[instance, lane], key=lambda operation: operation.prefix.sequence)
            found = self._tips[instance, lane] = LogEnd.of(last)
        return found

    def latest_stamp(self, now_milliseconds: int) -> Stamp:
        """The latest believable stamp of the chart: what the next one must be later than."""
        latest = witness(Stamp(0), self.latest, now_milliseconds)
        for operation in self.operations.values():
            latest = witness(latest, operation.prefix.stamp, now_milliseconds)
        return latest
