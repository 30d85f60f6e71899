"""What the session will send, in order, as far as the peer's credit allows.

Acknowledgements pass everything. Sources are lazy: an operation is read when its frame is due.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from sync.errors import SessionError
from sync.limits import (
    credit_bytes_max,
    frame_size_bytes_least,
    frame_size_bytes_target,
    session_frames_max,
    session_size_bytes_max,
)
from sync.operation import Operation
from sync.session.outcome import Outcome
from sync.wire.attachment_message import Manifests, Pieces
from sync.wire.message import Ack, Deposit, Letters, Message, Notes, Operations
from sync.wire.message_codec import encode_message
from sync.wire.run import (
    RECORD_SIZE_BYTES,
    RECORDS_MAX,
    RUN_SIZE_BYTES,
    Record,
    Run,
    begin_run,
    continues,
    record_of,
)

Routed = tuple[bytes, Operation]
"""An operation with the `where` of its run."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message to send. Parcels that carry operations, letters, pieces or notes take credit."""

    message: Message
    operations: Sequence[Operation] = ()
    letters: int = 0
    pieces: int = 0

    @property
    def charged(self) -> bool:
        """Whether it takes credit and is acknowledged."""
        charged = Operations | Letters | Deposit | Manifests | Pieces | Notes
        return isinstance(self.message, charged)


class Outbox:
    """Frames in order. The owner counts what it hands out."""

    def __init__(self, outcome: Outcome, resources: Callable[[Sequence[Operation]], int]) -> None:
        self.frame_size_bytes = frame_size_bytes_target
        self.credit_bytes = credit_bytes_max
        self.ack_said_bytes = 0
        self._outcome = outcome
        self._resources = resources
        self._sources: deque[Iterator[Parcel]] = deque()
        self._held: tuple[Parcel, bytes] | None = None
        self._ack_due_bytes = 0
        self._sent_bytes = 0
        self._acked_bytes = 0
        self._frames = 0

    def set_frame_size(self, size_bytes: int, peer_limit_bytes: int) -> None:
        """Set how large frames are made, within our limits and the peer's."""
        wanted = min(size_bytes, frame_size_bytes_target, peer_limit_bytes)
        self.frame_size_bytes = max(wanted, frame_size_bytes_least)

    def say(self, messages: Iterable[Message]) -> None:
        """Queue messages, made when they are due."""
        self._sources.append(Parcel(message) for message in messages)

    def send(self, parcels: Iterable[Parcel]) -> None:
        """Queue parcels, made when they are due."""
        self._sources.append(iter(parcels))

    def owe_ack(self, total_bytes: int) -> None:
        """Acknowledge, next, everything up to a total."""
        self._ack_due_bytes = total_bytes

    def acknowledged(self, total_bytes: int) -> None:
        """Take the peer's acknowledgement, or raise SessionError."""
        if not self._acked_bytes < total_bytes <= self._sent_bytes:
            raise SessionError("acknowledgement of what was not sent")
        self._acked_bytes = total_bytes

    @property
    def in_flight_bytes(self) -> int:
        """Sent and not acknowledged."""
        return self._sent_bytes - self._acked_bytes

    @property
    def ack_pending(self) -> bool:
        """Whether an acknowledgement waits to be sent."""
        return self._ack_due_bytes > self.ack_said_bytes

    @property
    def spent(self) -> bool:
        """Whether the session is so long that the rest must wait for the next."""
        return (
            self._frames > session_frames_max // 2
            or self._outcome.bytes_out > session_size_bytes_max // 2
        )

    def clear(self) -> None:
        """Forget everything: the session has failed."""
        self._sources.clear()
        self._held = None
        self._ack_due_bytes = self.ack_said_bytes

    def next(self) -> tuple[Message, bytes] | None:
        """The next message with its frame, or None while nothing may be sent."""
        if self.ack_pending:
            self.ack_said_bytes = self._ack_due_bytes
            ack = Ack(self._ack_due_bytes)
            return self._count(Parcel(ack), encode_message(ack))
        if self._held is None:
            self._held = self._make()
        if self._held is None:
            return None
        parcel, frame = self._held
        if parcel.charged:
            if self.in_flight_bytes and self.in_flight_bytes + len(frame) > self.credit_bytes:
                return None
            self._sent_bytes += len(frame)
        self._held = None
        return self._count(parcel, frame)

    def _make(self) -> tuple[Parcel, bytes] | None:
        while self._sources:
            parcel = next(self._sources[0], None)
            if parcel is not None:
                return parcel, encode_message(parcel.message)
            self._sources.popleft()
        return None

    def _count(self, parcel: Parcel, frame: bytes) -> tuple[Message, bytes]:
        self._frames += 1
        self._outcome.bytes_out += len(frame)
        self._outcome.letters_sent += parcel.letters
        self._outcome.pieces_sent += parcel.pieces
        if isinstance(parcel.message, Notes):
            self._outcome.notes_sent += len(parcel.message.notes)
        elif isinstance(parcel.message, Deposit):
            self._outcome.deposits_sent += len(parcel.operations)
        elif parcel.operations:
            self._outcome.ops_sent += len(parcel.operations)
            self._outcome.resources_sent += self._resources(parcel.operations)
        return parcel.message, frame

    def packed(
        self, routed: Iterable[Routed], kind: type[Operations] | type[Deposit]
    ) -> Iterator[Parcel]:
        """Pack operations into parcels of runs of about the frame size."""
        packer = _Packer()
        for where, operation in routed:
            if self.spent:
                break
            if packer.full_with(operation, self.frame_size_bytes):
                yield packer.parcel(kind)
                packer = _Packer()
            packer.add(where, operation)
        if packer.operations:
            yield packer.parcel(kind)


class _Packer:
    def __init__(self) -> None:
        self.operations: list[Operation] = []
        self._runs: list[tuple[Run, list[Record]]] = []
        self._size = 0

    def full_with(self, operation: Operation, frame_size_bytes: int) -> bool:
        cost = RUN_SIZE_BYTES + RECORD_SIZE_BYTES + len(operation.body or b"")
        return bool(self.operations) and self._size + cost > frame_size_bytes

    def add(self, where: bytes, operation: Operation) -> None:
        last = self.operations[-1] if self.operations else None
        if last is None or not continues(last, operation) or len(self._runs[-1][1]) == RECORDS_MAX:
            self._runs.append((begin_run(where, operation), []))
            self._size += RUN_SIZE_BYTES
        self._runs[-1][1].append(record_of(operation))
        self._size += RECORD_SIZE_BYTES + len(operation.body or b"")
        self.operations.append(operation)

    def parcel(self, kind: type[Operations] | type[Deposit]) -> Parcel:
        runs = tuple(run.with_records(records) for run, records in self._runs)
        return Parcel(kind(runs), tuple(self.operations))


def letter_parcels(
    bundles: Iterable[tuple[bytes, Sequence[bytes]]], frame_size_bytes: int
) -> Iterator[Parcel]:
    """Pack letters, each with its `where`, into parcels of about the frame size."""
    batch: list[tuple[bytes, tuple[bytes, ...]]] = []
    size = 0
    for where, letters in bundles:
        for letter in letters:
            cost = len(letter) + len(where) + 16
            if batch and size + cost > frame_size_bytes:
                yield Parcel(Letters(tuple(batch)), letters=_count(batch))
                batch, size = [], 0
            if batch and batch[-1][0] == where:
                batch[-1] = (where, (*batch[-1][1], letter))
            else:
                batch.append((where, (letter,)))
            size += cost
    if batch:
        yield Parcel(Letters(tuple(batch)), letters=_count(batch))


def _count(batch: list[tuple[bytes, tuple[bytes, ...]]]) -> int:
    return sum(len(letters) for _, letters in batch)
