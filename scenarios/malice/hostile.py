"""What a hostile peer is, and what it needs of the member whose keys it has; for `kinds`."""

from typing import Protocol

from node.application.node import Node
from node.replicator.interface import Session
from scenarios.engine.errors import MemberDown
from sync.identifiers import DeviceKey


class Owner(Protocol):
    """Whose keys and store are misused: a simulation's member, or a whole node of a test."""

    @property
    def name(self) -> str:
        """How others call it."""

    @property
    def device(self) -> DeviceKey:
        """Its device's key."""

    @property
    def node(self) -> Node | None:
        """The real node; None while it is off."""


class Hostile(Protocol):
    """A peer that does harm in its sessions."""

    @property
    def kind(self) -> str:
        """What it does, by the name that scenario files use."""

    def session(self, peer: DeviceKey, *, initiator: bool) -> Session:
        """Its side of a session with a peer. What the real node raises passes through."""


def running(owner: Owner) -> Node:
    """The owner's node. Raises MemberDown while it is off."""
    if owner.node is None:
        raise MemberDown(owner.name)
    return owner.node
