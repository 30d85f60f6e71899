"""How many incoming streams are served at once, by peer and in all; the transports ask here."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from sync.identifiers import DeviceKey


class StreamQuota:
    """Counts the incoming streams that are being served."""

    def __init__(self, per_peer: int, in_all: int) -> None:
        self._per_peer = per_peer
        self._in_all = in_all
        self._serving: Counter[DeviceKey] = Counter()

    @property
    def serving(self) -> int:
        """Streams being served now."""
        return self._serving.total()

    @contextmanager
    def place(self, device: DeviceKey) -> Iterator[bool]:
        """Hold a place for one stream; yields False when there is none left."""
        if self._serving[device] >= self._per_peer or self.serving >= self._in_all:
            yield False
            return
        self._serving[device] += 1
        try:
            yield True
        finally:
            self._serving[device] -= 1
            if not self._serving[device]:
                del self._serving[device]
