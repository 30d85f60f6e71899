"""Vectors in pieces of a frame, and put together again: what the two sides tell of their logs."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sync.errors import SessionError
from sync.identifiers import InstanceId
from sync.limits import fork_ids_max, letters_per_chart_max, vector_logs_max
from sync.session.short import split
from sync.wire.message import SHORT_SIZE_BYTES, LogVector, PlaceVector

LOG_SIZE_BYTES = 40
"""A log's entry without ids, at most."""
PLACE_SIZE_BYTES = 20
PIECE_SIZE_BYTES_MAX = 4096


@dataclass(slots=True)
class Told:
    """What a peer told of one place."""

    logs: dict[InstanceId, LogVector] = field(default_factory=dict)
    letters: set[bytes] = field(default_factory=set)
    attachments: bytes = b""


def pieces(
    vectors: Iterable[PlaceVector], frame_size_bytes: int
) -> Iterator[tuple[PlaceVector, ...]]:
    """Group vectors into frames; a place or a log's ids may go on in the next."""
    batch: list[PlaceVector] = []
    size = 0
    for vector in vectors:
        for piece in _atoms(vector, frame_size_bytes):
            cost = _size(piece)
            if batch and size + cost > frame_size_bytes:
                yield tuple(batch)
                batch, size = [], 0
            if batch and batch[-1].place == piece.place:
                before = batch[-1]
                batch[-1] = PlaceVector(
                    piece.place,
                    before.logs + piece.logs,
                    before.letters + piece.letters,
                    before.attachments or piece.attachments,
                )
            else:
                batch.append(piece)
            size += cost
    if batch:
        yield tuple(batch)


def _atoms(vector: PlaceVector, frame_size_bytes: int) -> Iterator[PlaceVector]:
    step = min(PIECE_SIZE_BYTES_MAX, frame_size_bytes // 2) // SHORT_SIZE_BYTES * SHORT_SIZE_BYTES
    if vector.attachments or not (vector.logs or vector.letters):
        yield PlaceVector(vector.place, (), b"", vector.attachments)
    for log in vector.logs:
        if log.ids is None:
            yield PlaceVector(vector.place, (log,), b"")
        else:
            for start in range(0, max(1, len(log.ids)), step):
                part = log._replace(ids=log.ids[start : start + step])
                yield PlaceVector(vector.place, (part,), b"")
    for start in range(0, len(vector.letters), step):
        yield PlaceVector(vector.place, (), vector.letters[start : start + step])


def _size(vector: PlaceVector) -> int:
    logs = sum(LOG_SIZE_BYTES + len(log.ids or b"") for log in vector.logs)
    return PLACE_SIZE_BYTES + logs + len(vector.letters)


class VectorReader:
    """Puts a peer's vectors together, within limits. Places come in ascending order."""

    def __init__(self) -> None:
        self.places: dict[bytes, Told] = {}
        self._last = b""
        self._logs = 0
        self._ids = 0

    def add(self, vectors: Iterable[PlaceVector]) -> None:
        """Take the vectors of one frame, or raise SessionError."""
        for vector in vectors:
            if vector.place < self._last:
                raise SessionError("places of a vector are not ascending")
            self._last = vector.place
            told = self.places.setdefault(vector.place, Told())
            for log in vector.logs:
                self._add_log(told, log)
            if vector.attachments:
                if told.attachments:
                    raise SessionError("vector tells of attachments twice")
                told.attachments = vector.attachments
            told.letters.update(split(vector.letters))
            if len(told.letters) > letters_per_chart_max:
                raise SessionError("vector lists too many letters")
            self._logs += 1 + len(vector.logs) + len(vector.letters) // SHORT_SIZE_BYTES
        if self._logs > vector_logs_max:
            raise SessionError("vectors list too many logs")

    def _add_log(self, told: Told, log: LogVector) -> None:
        known = told.logs.get(log.instance)
        if known is None:
            told.logs[log.instance] = log
        elif known.ids is not None and log.ids is not None and known.length == log.length:
            told.logs[log.instance] = known._replace(ids=known.ids + log.ids)
        else:
            raise SessionError("vector lists a log twice")
        self._ids += len(log.ids or b"")
        if self._ids > fork_ids_max * SHORT_SIZE_BYTES:
            raise SessionError("vectors list too many operations of forked logs")
