"""What the peer sends of operations and letters: put in batches, verified, stored, acknowledged.

    frames ──► a batch ──full──► its signatures are being checked ──the next is full──► stored

While the signatures of one batch are checked, perhaps by another process, the one before it is
stored and the next is received. A pause in what comes, or the stage's end, stores what there is.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from sync.digest import Place
from sync.errors import LetterError, NoteError, SessionError
from sync.identifiers import ChartId, DeviceKey, InstanceId, LaneId, operation_text
from sync.letter import parse_letter
from sync.limits import credit_bytes_max, frame_size_bytes_max, take_size_bytes, vector_logs_max
from sync.note import Note, parse_note
from sync.operation import Operation
from sync.session.checking import Checker, Checking
from sync.session.outbox import Outbox
from sync.session.outcome import Outcome
from sync.session.replica import Replica
from sync.wire.message import Deposit, Letters, Notes, Operations
from sync.wire.run import Run, rebuild

WHERE_SIZE_BYTES = 40
"""A `where` spelled out: chart ‖ lane."""

Resolve = Callable[[bytes], tuple[bytes, Place]]
"""Takes a `where` that the peer may use now to its place's short name and place, or raises."""


def spelled(where: bytes) -> Place:
    """Take a spelled-out `where`, or raise SessionError."""
    if len(where) != WHERE_SIZE_BYTES:
        raise SessionError("run names no chart and lane")
    return Place(ChartId(where[:32]), LaneId(where[32:]))


@dataclass(slots=True)
class _Batch:
    """What is verified, stored and acknowledged together."""

    operations: list[Operation] = field(default_factory=list)
    deposits: list[Operation] = field(default_factory=list)
    size_bytes: int = 0
    total_bytes: int = 0
    """All that was received up to its end."""
    checking: Checking | None = None


class Inbox:
    """Receives for one session. `expect` says which sequences a peer may begin a log's run at."""

    def __init__(
        self,
        replica: Replica,
        peer: DeviceKey,
        outcome: Outcome,
        outbox: Outbox,
        checker: Checker,
    ) -> None:
        self._replica = replica
        self._peer = peer
        self._outcome = outcome
        self._outbox = outbox
        self._checker = checker
        self._batch = _Batch()
        self._in_check: _Batch | None = None
        self._received_bytes = 0
        self._expected: dict[tuple[bytes, InstanceId], int] = {}

    def begin_stage(self) -> None:
        """Forget what was expected in the stage before."""
        self._expected.clear()

    def expect(self, place: bytes, instance: InstanceId, length: int) -> None:
        """A log is held to this length: its next run may begin there, or before."""
        self._expected[place, instance] = length

    def take_operations(self, message: Operations, size_bytes: int, resolve: Resolve) -> None:
        """Keep a frame's operations for the next batch.

        Raises SessionError at the first that is not as it must be, in this frame or in the batch
        before; those before it are kept.
        """
        self.charge(size_bytes)
        if not message.runs:
            raise SessionError("frame carries no operation")
        for run in message.runs:
            short, place = resolve(run.where)
            self._admit(short, run)
            self._batch.operations += rebuild(run, place.chart, place.lane)
        self.turn_over_if_full()

    def _admit(self, short: bytes, run: Run) -> None:
        if not run.records:
            raise SessionError("run carries no operation")
        key = (short, run.instance)
        known = self._expected.get(key)
        if known is None and len(self._expected) >= 2 * vector_logs_max:
            raise SessionError("peer begins too many logs")
        if run.first_sequence > (known or 0):
            raise SessionError(f"run of log {run.instance.hex()} leaves a gap")
        self._expected[key] = max(known or 0, run.first_sequence + len(run.records))

    def take_letters(self, message: Letters, size_bytes: int, resolve: Resolve) -> None:
        """Verify and store a frame's letters; those that do not verify are counted as refused."""
        self.charge(size_bytes)
        if not any(letters for _, letters in message.bundles):
            raise SessionError("frame carries no letter")
        for where, letters in message.bundles:
            chart = resolve(where)[1].chart
            good = [letter for letter in letters if _verifies(letter, chart)]
            self._outcome.refused["letter"] += len(letters) - len(good)
            if good:
                self._outcome.letters_received += self._replica.take_letters(
                    self._peer, chart, good
                )

    def take_deposit(self, message: Deposit, size_bytes: int) -> None:
        """Keep a frame of the peer's own operations for the next batch."""
        self.charge(size_bytes)
        if not message.runs or not all(run.records for run in message.runs):
            raise SessionError("frame carries no operation")
        for run in message.runs:
            place = spelled(run.where)
            if run.device != self._peer:
                raise SessionError("peer deposits what it did not write")
            self._batch.deposits += rebuild(run, place.chart, place.lane)
        self.turn_over_if_full()

    def take_notes(self, message: Notes, size_bytes: int) -> None:
        """Verify and hand over a frame's notes; those that do not verify are counted as refused.

        What becomes of the others is not told: the answer is constant.
        """
        self.charge(size_bytes)
        good = [note for note in map(_verified, message.notes) if note is not None]
        if len(good) < len(message.notes):
            self._outcome.refused["note"] += len(message.notes) - len(good)
        self._outcome.notes_received += len(good)
        if good:
            self._replica.take_notes(self._peer, good)
        self.flush()

    def charge(self, size_bytes: int) -> None:
        """Count a frame against the credit, or raise SessionError."""
        self._received_bytes += size_bytes
        self._batch.size_bytes += size_bytes
        open_bytes = self._received_bytes - self._outbox.ack_said_bytes
        if open_bytes > credit_bytes_max + frame_size_bytes_max:
            raise SessionError("peer sends beyond its credit")

    def flush(self) -> None:
        """Store all that waits, and owe the acknowledgement.

        Raises SessionError at an operation that does not verify; those before it are stored.
        """
        self._turn_over()
        self._finish()

    def turn_over_if_full(self) -> None:
        """Store and acknowledge when enough has come, each batch while the next one comes."""
        if self._batch.size_bytes >= take_size_bytes:
            self._turn_over()

    def _turn_over(self) -> None:
        """Begin to check what came since, and meanwhile store what was checked before."""
        batch, self._batch = self._batch, _Batch()
        if not batch.size_bytes:
            return
        batch.total_bytes = self._received_bytes
        batch.checking = self._checker.begin([*batch.operations, *batch.deposits])
        self._finish()
        self._in_check = batch

    def _finish(self) -> None:
        """Wait for the batch that is being checked, and store it as far as it is good."""
        batch, self._in_check = self._in_check, None
        if batch is None:
            return
        assert batch.checking is not None, "a batch is checked when it is turned over"
        bad = batch.checking.first_bad()
        if bad is None:
            self._store(batch)
            return
        listed = [*batch.operations, *batch.deposits]
        count = len(batch.operations)
        batch.operations, batch.deposits = (
            listed[: min(bad, count)],
            listed[count : max(bad, count)],
        )
        self._batch = _Batch()
        self._store(batch)
        name = operation_text(listed[bad].id)
        raise SessionError(f"operation {name} does not verify: its signature does not match")

    def _store(self, batch: _Batch) -> None:
        if batch.operations:
            taken = self._replica.take(self._peer, batch.operations)
            self._outcome.ops_received += taken.stored
            self._outcome.resources_received += taken.resources
            self._outcome.refused.update(taken.refused)
        if batch.deposits:
            self._outcome.deposits_received += len(batch.deposits)
            self._replica.take_deposits(self._peer, batch.deposits)
        self._outbox.owe_ack(batch.total_bytes)


def _verifies(letter: bytes, chart: ChartId) -> bool:
    try:
        return parse_letter(letter).chart == chart
    except LetterError:
        return False


def _verified(note: bytes) -> Note | None:
    try:
        return parse_note(note)
    except NoteError:
        return None
