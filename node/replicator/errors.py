"""The tree of errors that replication raises; texts name the peer's id, nothing else.

ReplicationError
├── PeerBrokeProtocol   the session refused what the peer sent
├── PeerRefuses         the registry proves to the peer that this device was revoked
├── SessionCutShort     the peer finished while there was more to say
└── SessionFailed       something here failed while serving the session

A stream's own errors (node.transport.errors) pass as they are, and so does every other NodeError.
"""

from node.errors import NodeError
from node.exits import ExitCode


class ReplicationError(NodeError):
    """the session with peer {peer} failed"""

    exit_code = ExitCode.NETWORK
    hint = "what was taken is kept; sync again to go on"

    def __init__(self, peer: str, **facts: object) -> None:
        """Name the peer's id."""
        super().__init__(peer=peer, **facts)


class PeerBrokeProtocol(ReplicationError):
    """peer {peer} broke the sync protocol"""

    exit_code = ExitCode.REFUSED
    hint = "what was taken before is kept; check that both run a current satchel"


class PeerRefuses(ReplicationError):
    """peer {peer} refuses this device, by what the registry proves of it"""

    exit_code = ExitCode.REFUSED
    hint = "what is held here stays; `satchel doctor` says what is proven, your organisation why"


class SessionCutShort(ReplicationError):
    """peer {peer} ended the session before it was done"""


class SessionFailed(ReplicationError):
    """the session with peer {peer} failed here: {kind}"""

    exit_code = ExitCode.FAILED

    def __init__(self, peer: str, kind: str) -> None:
        """Name the kind of the error only: its text could quote a record."""
        super().__init__(peer, kind=kind)
