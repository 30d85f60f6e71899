"""What the driver needs of a session, and how sessions are made; `sync.session` implements it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from sync.identifiers import DeviceKey


class Session(Protocol):
    """One sync session as a machine of frames in and frames out.

    Its methods are slow (SQLite, cryptography) and are called in worker threads, one at a time
    but not always in the same thread.
    """

    @property
    def finished(self) -> bool:
        """Both sides are done: nothing is owed and nothing is awaited."""

    def receive(self, frame: bytes) -> None:
        """Take one frame. Raises sync.errors.SyncError on garbage."""

    def receive_pause(self) -> None:
        """Take notice that nothing came for a while: what waits for company is stored now."""

    def receive_end(self) -> None:
        """Take notice that the peer will send nothing more."""

    def next_frame(self) -> bytes | None:
        """The next frame to send now, or None while the peer must speak or take first."""


class Role(StrEnum):
    """Who opened the stream; the initiator speaks first."""

    INITIATOR = "initiator"
    RESPONDER = "responder"


SessionT = TypeVar("SessionT", bound=Session)

SessionFactory = Callable[[DeviceKey, Role], SessionT]
"""Makes the session with a peer; called in a worker thread."""


@dataclass(frozen=True)
class SessionReport(Generic[SessionT]):
    """A session that ended well, and what it cost on the protocol's stream."""

    session: SessionT
    peer_device: DeviceKey
    bytes_in: int
    bytes_out: int
    seconds: float
