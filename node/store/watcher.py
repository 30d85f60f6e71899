"""What looks on while a database writes; a simulator gives one that lets the power go.

A node in the field has none, and pays one comparison a statement for that.
"""

from typing import Protocol


class Watcher(Protocol):
    """Told of every writing statement, of the beginnings and ends of transactions, of checkpoints.

    Whatever it raises goes to whoever wanted to write. In `before`, an error of the database's own
    kind is taken as if the statement had failed.
    """

    def before(self, statement: str) -> None:
        """Told before a statement runs."""

    def after(self, statement: str) -> None:
        """Told when it has run, before its caller knows."""
