"""Errors of a running process.

NodeError
└── RunningError
    ├── NoAddress       a paired peer whose card names no address
    └── SocketFailed    the API's socket cannot be made
"""

from pathlib import Path

from node.errors import NodeError
from node.exits import ExitCode


class RunningError(NodeError):
    """the node cannot run"""


class NoAddress(RunningError):
    """the card of {peer} names no address"""

    exit_code = ExitCode.NETWORK
    hint = "give its multiaddr, or pair again with a card made while it serves"

    def __init__(self, peer: str) -> None:
        """Name the peer."""
        super().__init__(peer=peer)


class SocketFailed(RunningError):
    """the socket {path} cannot be made: {reason}"""

    def __init__(self, path: Path, reason: str) -> None:
        """Name the path and what the system said."""
        super().__init__(path=path, reason=reason)


def first_of(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first error of those that ended a nursery: the others are its consequences."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
