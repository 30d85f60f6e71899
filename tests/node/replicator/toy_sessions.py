"""Sessions that sync nothing, for the driver's tests; each notices two calls at once."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sync.errors import SessionError

GOODBYE = b"goodbye"


class ToySession:
    """Sends frames of one size and counts the peer's; finished when both have said goodbye."""

    def __init__(self, frames: int = 0, size_bytes: int = 0, work_seconds: float = 0.0) -> None:
        self.left = frames
        self.frame = b"x" * size_bytes
        self.work_seconds = work_seconds
        self.received = 0
        self.end_seen = False
        self.pauses = 0
        self.said_goodbye = False
        self.heard_goodbye = False
        self._busy = threading.Lock()

    @property
    def finished(self) -> bool:
        return self.said_goodbye and self.heard_goodbye

    def receive(self, frame: bytes) -> None:
        with self._alone():
            if self.heard_goodbye:
                raise SessionError("a frame after the goodbye")
            if frame == GOODBYE:
                self.heard_goodbye = True
            elif frame.strip(b"x"):
                raise SessionError("garbage")
            else:
                self.received += len(frame)

    def receive_pause(self) -> None:
        with self._alone():
            self.pauses += 1

    def receive_end(self) -> None:
        with self._alone():
            self.end_seen = True

    def next_frame(self) -> bytes | None:
        with self._alone():
            if self.left:
                self.left -= 1
                return self.frame
            if self.said_goodbye:
                return None
            self.said_goodbye = True
            return GOODBYE

    @contextmanager
    def _alone(self) -> Iterator[None]:
        assert self._busy.acquire(blocking=False), "a session was called twice at once"
        try:
            if self.work_seconds:
                time.sleep(self.work_seconds)
            yield
        finally:
            self._busy.release()


class PingPong(ToySession):
    """Speaks only when spoken to, `rounds` times; the one who serves begins."""

    def __init__(self, rounds: int, *, serves: bool) -> None:
        super().__init__()
        self.rounds = rounds
        self.to_say = [b"x"] if serves else []

    def receive(self, frame: bytes) -> None:
        super().receive(frame)
        if frame == GOODBYE:
            if not self.said_goodbye:
                self.to_say.append(GOODBYE)
        elif self.received < self.rounds:
            self.to_say.append(b"x")
        else:
            self.to_say.append(GOODBYE)

    def next_frame(self) -> bytes | None:
        with self._alone():
            if not self.to_say:
                return None
            frame = self.to_say.pop()
            self.said_goodbye = self.said_goodbye or frame == GOODBYE
            return frame
