"""Errors of the client.

NodeError
└── ClientError
    ├── NodeGone      nobody answers at the socket: the request was not taken
    ├── NodeBroke     the connection broke before the answer was whole
    └── NodeRefused   the node's own error, as it told it
"""

from node.errors import NodeError
from node.exits import ExitCode
from node.failure import Account


class ClientError(NodeError):
    """the node could not be asked"""


class NodeGone(ClientError):
    """no node answers at its socket"""

    exit_code = ExitCode.IN_USE
    hint = "try again"


class NodeBroke(ClientError):
    """the node ended before it had answered"""

    hint = "what it acknowledged is kept; try again"


class NodeRefused(ClientError):
    """{message}"""

    def __init__(self, account: Account) -> None:
        """Keep what the node told; `account` has its class, hint and exit code too."""
        super().__init__(message=account.message)
        self.account = account
