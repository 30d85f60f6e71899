"""What the peer sends of operations and letters: verified, put in batches, stored, acknowledged."""

from collections.abc import Callable

from sync.digest import Place
from sync.errors import LetterError, SessionError
from sync.identifiers import ChartId, DeviceKey, InstanceId, LaneId
from sync.letter import parse_letter
from sync.limits import credit_bytes_max, frame_size_bytes_max, take_size_bytes, vector_logs_max
from sync.operation import Operation
from sync.session.outbox import Outbox
from sync.session.outcome import Outcome
from sync.session.replica import Replica
from sync.wire.message import Deposit, Letters, Operations
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


class Inbox:
    """Receives for one session. `expect` says which sequences a peer may begin a log's run at."""

    def __init__(self, replica: Replica, peer: DeviceKey, outcome: Outcome, outbox: Outbox) -> None:
        self._replica = replica
        self._peer = peer
        self._outcome = outcome
        self._outbox = outbox
        self._waiting: list[Operation] = []
        self._deposits: list[Operation] = []
        self._waiting_bytes = 0
        self._received_bytes = 0
        self._expected: dict[tuple[bytes, InstanceId], int] = {}

    def begin_stage(self) -> None:
        """Forget what was expected in the stage before."""
        self._expected.clear()

    def expect(self, place: bytes, instance: InstanceId, length: int) -> None:
        """A log is held to this length: its next run may begin there, or before."""
        self._expected[place, instance] = length

    def take_operations(self, message: Operations, size_bytes: int, resolve: Resolve) -> None:
        """Verify a frame's operations and keep them for the next batch.

        Raises SessionError at the first that is not as it must be; those before it are kept.
        """
        self._charge(size_bytes)
        if not message.runs:
            raise SessionError("frame carries no operation")
        for run in message.runs:
            short, place = resolve(run.where)
            self._admit(short, run)
            for operation in rebuild(run, place.chart, place.lane):
                self._waiting.append(operation)
        if self._waiting_bytes >= take_size_bytes:
            self.flush()

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
        self._charge(size_bytes)
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
        """Verify a frame of the peer's own operations and keep them for the next batch."""
        self._charge(size_bytes)
        if not message.runs or not all(run.records for run in message.runs):
            raise SessionError("frame carries no operation")
        for run in message.runs:
            place = spelled(run.where)
            if run.device != self._peer:
                raise SessionError("peer deposits what it did not write")
            self._deposits.extend(rebuild(run, place.chart, place.lane))
        if self._waiting_bytes >= take_size_bytes:
            self.flush()

    def _charge(self, size_bytes: int) -> None:
        self._received_bytes += size_bytes
        self._waiting_bytes += size_bytes
        open_bytes = self._received_bytes - self._outbox.ack_said_bytes
        if open_bytes > credit_bytes_max + frame_size_bytes_max:
            raise SessionError("peer sends beyond its credit")

    def flush(self) -> None:
        """Store what waits, and owe the acknowledgement."""
        operations, self._waiting = self._waiting, []
        deposits, self._deposits = self._deposits, []
        if operations:
            taken = self._replica.take(self._peer, operations)
            self._outcome.ops_received += taken.stored
            self._outcome.resources_received += taken.resources
            self._outcome.refused.update(taken.refused)
        if deposits:
            self._outcome.deposits_received += len(deposits)
            self._replica.take_deposits(self._peer, deposits)
        if self._waiting_bytes:
            self._waiting_bytes = 0
            self._outbox.owe_ack(self._received_bytes)


def _verifies(letter: bytes, chart: ChartId) -> bool:
    try:
        return parse_letter(letter).chart == chart
    except LetterError:
        return False
