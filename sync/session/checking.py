"""Checks of signatures, a batch at a time: what the inbox asks for, and the plain way to do it.

A node may have another process do them beside its own work (`node.replicator`); what comes of a
session is the same. Nothing is stored, served or cited before its signature was checked.
"""

from collections.abc import Sequence
from typing import Protocol

from sync.errors import SignatureError
from sync.operation import Operation, verify_operation


class Checking(Protocol):
    """A check that was begun."""

    def first_bad(self) -> int | None:
        """The place of the first operation whose signature does not match, or None. May wait."""


class Checker(Protocol):
    """Checks signatures of operations."""

    def begin(self, operations: Sequence[Operation]) -> Checking:
        """Begin to check a batch. Each check that was begun before goes on."""


class Checked:
    """A check that is over."""

    __slots__ = ("_first_bad",)

    def __init__(self, first_bad: int | None) -> None:
        self._first_bad = first_bad

    def first_bad(self) -> int | None:
        """See `Checking`."""
        return self._first_bad


class InlineChecker:
    """Checks at once, in the caller's thread."""

    def begin(self, operations: Sequence[Operation]) -> Checked:
        """See `Checker`."""
        return Checked(first_bad(operations))


def first_bad(operations: Sequence[Operation]) -> int | None:
    """The place of the first operation whose signature does not match, or None."""
    for place, operation in enumerate(operations):
        try:
            verify_operation(operation)
        except SignatureError:
            return place
    return None
