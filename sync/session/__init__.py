"""The sync session: a sans-I/O state machine that brings two replicas level (DESIGN section 7)."""

from sync.session.outcome import Outcome
from sync.session.registry_shelf import EmptyRegistryShelf, RegistryItem, RegistryShelf
from sync.session.replica import Replica, Stage, Taken
from sync.session.session import Session, SessionParameters
from sync.session.short import shared_secret_of

__all__ = [
    "EmptyRegistryShelf",
    "Outcome",
    "RegistryItem",
    "RegistryShelf",
    "Replica",
    "Session",
    "SessionParameters",
    "Stage",
    "Taken",
    "shared_secret_of",
]
