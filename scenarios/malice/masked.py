"""A hostile side of a session: the real machine, or none, behind hands that change its frames."""

import contextlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from scenarios.malice.hostile import Owner, running
from scenarios.malice.view import View
from sync.errors import SyncError
from sync.identifiers import DeviceKey
from sync.session.outcome import Outcome
from sync.session.replica import Replica
from sync.session.session import Session

Outgoing = Callable[[bytes], Iterable[bytes]]
"""Makes of a frame what is sent instead."""
Incoming = Callable[[bytes], None]
"""Sees a frame that came."""

_FRAMES_MAX: Final = 20_000
"""A run must end, whatever a liar makes of its own session."""


def _as_it_is(frame: bytes) -> Iterable[bytes]:
    return (frame,)


def _unseen(frame: bytes) -> None:
    """Nobody looks."""


class Masked:
    """A session whose frames are looked at and changed on their way.

    Once its own machine has given up, it says no more: the harm was sent before.
    """

    def __init__(
        self, real: Session, outgoing: Outgoing = _as_it_is, incoming: Incoming = _unseen
    ) -> None:
        """Stand before a real session."""
        self._real = real
        self._outgoing = outgoing
        self._incoming = incoming
        self._ready: deque[bytes] = deque()
        self._given_up = False
        self._sent = 0

    @property
    def outcome(self) -> Outcome:
        """What the real machine counted."""
        return self._real.outcome

    @property
    def finished(self) -> bool:
        """Whether it says no more."""
        return not self._ready and (self._given_up or self._real.finished)

    def receive(self, frame: bytes) -> None:
        """Take a frame, and raise nothing."""
        self._incoming(frame)
        if not self._given_up and not self._real.finished:
            with self._giving_up():
                self._real.receive(frame)

    def receive_pause(self) -> None:
        """Nothing came for a while."""
        with self._giving_up():
            self._real.receive_pause()

    def receive_end(self) -> None:
        """The peer sends no more."""
        with self._giving_up():
            self._real.receive_end()
        self._given_up |= not self._real.finished

    def next_frame(self) -> bytes | None:
        """The next frame, changed or not."""
        while not self._ready:
            frame = None
            if not self._given_up:
                with self._giving_up():
                    frame = self._real.next_frame()
            if frame is None:
                return None
            self._ready.extend(self._outgoing(frame))
            self._sent += 1
            if self._sent > _FRAMES_MAX:
                self._given_up = True
        return self._ready.popleft()

    @contextlib.contextmanager
    def _giving_up(self) -> Iterator[None]:
        try:
            yield
        except SyncError:
            self._given_up = True


def lying(
    owner: Owner,
    peer: DeviceKey,
    view: Callable[[Replica], View],
    *,
    initiator: bool,
    outgoing: Outgoing = _as_it_is,
    incoming: Incoming = _unseen,
) -> Masked:
    """A session of the owner's node over what a liar shows of its replica."""
    real = running(owner).session(peer, initiator=initiator)
    lied = Session(view(real._replica), real._given)
    return Masked(lied, outgoing, incoming)


def changing(
    owner: Owner,
    peer: DeviceKey,
    *,
    initiator: bool,
    outgoing: Outgoing = _as_it_is,
    incoming: Incoming = _unseen,
) -> Masked:
    """A session of the owner's node whose frames pass through hands."""
    return Masked(running(owner).session(peer, initiator=initiator), outgoing, incoming)
