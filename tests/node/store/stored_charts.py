"""Charts with real, signed and sealed operations for the tests of the store."""

import hashlib

from node.randomness import Randomness
from sync.body import seal_body
from sync.change import Change, ChangeKind, Entry
from sync.charter import Charter, Kind, Root, draw_charter
from sync.clock import Stamp, stamp_of
from sync.identifiers import (
    ActId,
    EpochKey,
    InstanceId,
    LaneId,
    OrganisationAddress,
    SealingKey,
    epoch_id,
)
from sync.operation import HeaderPrefix, Operation, sign_operation
from sync.signing import Signer

KEY = bytes(range(32))
ROOT = Signer(b"r" * 32)
NOW_MILLISECONDS = 1_800_000_000_000


def seeded_randomness(seed: str = "store") -> Randomness:
    """Random bytes that are the same in every run."""
    drawn = 0

    def draw(count: int) -> bytes:
        nonlocal drawn
        drawn += 1
        return hashlib.shake_256(f"{seed} {drawn}".encode()).digest(count)

    return draw


def make_charter(name: str, kind: Kind = Kind.PATIENT) -> Charter:
    """The charter of a chart that exists for a test."""
    root = Root(ROOT.public, SealingKey(b"s" * 32))
    return draw_charter(
        OrganisationAddress(b"o" * 20), root, kind, None, seeded_randomness(name)(48)
    )


class Author:
    """An instance of a device that writes in charts, and forks where it is told to."""

    def __init__(self, name: str) -> None:
        self.signer = Signer(hashlib.sha256(name.encode()).digest())
        self.instance = InstanceId(hashlib.sha256(name.encode()).digest()[:16])
        self.key = EpochKey(b"k" * 32)
        self._random = seeded_randomness(name)
        self._tips: dict[tuple[bytes, bytes], Operation] = {}

    def write(
        self,
        charter: Charter,
        lane: str = "care",
        text: str = "",
        *,
        after: Operation | None = None,
        first: bool = False,
        milliseconds: int = NOW_MILLISECONDS,
    ) -> Operation:
        """Write after the last operation of the log, or after another one, or as a first one."""
        lane_id = charter.lane(lane)
        tip = after or self._tips.get((charter.chart, lane_id))
        if first:
            tip = None
        operation = self.sign(charter, lane_id, text, tip, stamp_of(milliseconds))
        self._tips[charter.chart, lane_id] = operation
        return operation

    def write_many(self, charter: Charter, count: int, lane: str = "care") -> list[Operation]:
        """Write several operations, one after the other."""
        return [self.write(charter, lane) for _ in range(count)]

    def sign(
        self,
        charter: Charter,
        lane: LaneId,
        text: str,
        tip: Operation | None,
        stamp: Stamp,
        *,
        sequence: int | None = None,
    ) -> Operation:
        """Sign an operation after any other; `sequence` is a number that it should not have."""
        chart = charter.chart
        if sequence is None:
            sequence = 0 if tip is None else tip.prefix.sequence + 1
        prefix = HeaderPrefix(
            chart=chart,
            lane=lane,
            device=self.signer.public,
            instance=self.instance,
            sequence=sequence,
            previous=None if tip is None else tip.id,
            stamp=stamp,
            epoch=epoch_id(chart, lane, self.key),
            under=ActId(b"u" * 16),
        )
        change = Change(ChangeKind.PUT, "clinic", "Observation", "o1", text.encode(), ("code",), ())
        entry = Entry(self._random(16), None, None, None, (change,))
        body = seal_body(entry.encoded(), self.key, prefix.encoded(), self._random(24))
        return sign_operation(prefix, body, self.signer)


def without_body(operation: Operation) -> Operation:
    """An operation as it travels once its body was destroyed."""
    return Operation(
        operation.prefix,
        operation.header,
        operation.signature,
        operation.body_hash,
        operation.body_size_bytes,
        None,
    )
