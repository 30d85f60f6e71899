"""Where a device writes next in one lane; an Author finds it, and the node keeps it for later.

What decides it (grant, epoch, end of the log) follows from the access lane and from the device's
own log alone, so it stays good until either changes: a writer that keeps it needs nothing else of
the chart, however much that holds.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sync.body import NONCE_SIZE_BYTES, seal_body
from sync.certificate import Certificate
from sync.change import Change, Entry, Part
from sync.chart.replica import LogEnd
from sync.clock import Stamp, tick, witness
from sync.identifiers import (
    ActId,
    CertificateId,
    ChartId,
    EpochId,
    EpochKey,
    InstanceId,
    LaneId,
)
from sync.operation import Anchor, HeaderPrefix, Operation, sign_operation
from sync.signing import Signer

Random = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Pen:
    """What an author writes with: a device, one life of its store, a clock, random bytes."""

    signer: Signer
    instance: InstanceId
    certificate: Certificate | None
    now_milliseconds: int
    random: Random
    registry: Anchor | None = None


@dataclass(slots=True)
class LanePlace:
    """The grant, epoch and end of the own log that the next operation of a lane is written with."""

    chart: ChartId
    lane: LaneId
    instance: InstanceId
    under: ActId
    epoch: EpochId
    key: EpochKey
    end: LogEnd | None
    latest: Stamp
    found_at_milliseconds: int
    until_milliseconds: int | None
    """When a grant of the chart runs out next, which may change who reads and writes."""

    def __repr__(self) -> str:
        """Show the lane only, never the key."""
        return f"LanePlace({self.lane.hex()})"

    def serves(self, pen: Pen) -> bool:
        """Whether what was found still holds for this pen, as far as instance and time go."""
        now = pen.now_milliseconds
        until = self.until_milliseconds
        return (
            pen.instance == self.instance
            and now >= self.found_at_milliseconds
            and (until is None or now < until)
        )

    def write(
        self, pen: Pen, plain: bytes, certificate: CertificateId | None, latest: Stamp | None = None
    ) -> Operation:
        """Write the next operation here and move on. Raises LimitError for a body over the limit.

        `latest` is a stamp of the chart's other lanes that this one must be later than.
        """
        now = pen.now_milliseconds
        known = witness(witness(Stamp(0), self.latest, now), latest or Stamp(0), now)
        stamp = tick(known, now)
        end = self.end
        prefix = HeaderPrefix(
            chart=self.chart,
            lane=self.lane,
            device=pen.signer.public,
            instance=self.instance,
            sequence=0 if end is None else end.sequence + 1,
            previous=None if end is None else end.id,
            stamp=stamp,
            epoch=self.epoch,
            under=self.under,
            registry=pen.registry,
            certificate=certificate,
        )
        body = seal_body(plain, self.key, prefix.encoded(), pen.random(NONCE_SIZE_BYTES))
        operation = sign_operation(prefix, body, pen.signer)
        self.end = LogEnd.of(operation)
        self.latest = stamp
        return operation

    def write_entry(
        self,
        pen: Pen,
        transaction: bytes,
        part: Part | None,
        changes: Sequence[Change],
        latest: Stamp | None = None,
    ) -> tuple[Operation, Entry]:
        """Write an entry; it brings the session certificate when the operation before did not."""
        certificate = pen.certificate
        practitioner, brought, named = None, None, None
        if certificate is not None:
            practitioner, named = certificate.practitioner, certificate.id
            if self.end is None or self.end.certificate != named:
                brought = certificate.encoded()
        entry = Entry(transaction, part, practitioner, brought, tuple(changes))
        return self.write(pen, entry.encoded(), named, latest), entry
