"""Hostile hands on a process's node: from when a file names them, its sessions are theirs."""

import copy
import random
from pathlib import Path
from typing import cast

from node.application.node import Node
from node.replicator.interface import Session as AnySession
from scenarios.malice.hostile import Hostile
from scenarios.malice.kinds import hostile_of
from sync.identifiers import DeviceKey
from sync.session.checking import Checker
from sync.session.outcome import Outcome
from sync.session.session import Session


class Hands:
    """Whose hands a node is in. Its own, until the file says otherwise."""

    def __init__(self, node: Node, file: Path) -> None:
        """Stand before the sessions of a node that was just opened."""
        self.name = node.context.identity.secrets.name
        self.device: DeviceKey = node.context.identity.device
        self.node: Node | None = copy.copy(node)
        """The same node; only its own sessions are as they were."""
        self._file = file
        self._own_session = node.session
        self._own_count = node.count_received
        self._hostile: Hostile | None = None
        node.session = self._session  # type: ignore[method-assign]
        node.count_received = self._count  # type: ignore[method-assign]

    def _session(
        self, peer: DeviceKey, *, initiator: bool, checker: Checker | None = None
    ) -> Session:
        if self._hostile is None and self._file.exists():
            seed, kinds = self._file.read_text().split("\n")
            self._hostile = hostile_of(kinds.split("+"), self, random.Random(seed))
        if self._hostile is None:
            return self._own_session(peer, initiator=initiator, checker=checker)
        return cast("Session", _Counted(self._hostile.session(peer, initiator=initiator)))

    def _count(self, session: Session) -> None:
        if not isinstance(session, _Counted):
            self._own_count(session)


def give(file: Path, kinds: str, seed: str) -> None:
    """Put a node into the hands of these kinds, as `kinds` joins them."""
    file.write_text(f"{seed}\n{kinds}")


class _Counted:
    """A hostile session with what a node tells of every session."""

    refuses = False

    def __init__(self, session: AnySession) -> None:
        self._session = session
        counted = getattr(session, "outcome", None)
        self.outcome = counted if isinstance(counted, Outcome) else Outcome()

    @property
    def finished(self) -> bool:
        return self._session.finished

    def receive(self, frame: bytes) -> None:
        self._session.receive(frame)

    def receive_pause(self) -> None:
        self._session.receive_pause()

    def receive_end(self) -> None:
        self._session.receive_end()

    def next_frame(self) -> bytes | None:
        return self._session.next_frame()
