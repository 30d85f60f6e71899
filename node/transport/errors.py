"""The tree of errors that a transport raises; texts name peers and addresses, nothing else.

TransportError
├── AddressError        text that is no address of a peer
├── ListenFailed        an address that cannot be listened on
├── PeerUnreachable     nobody answers there, or another peer does
└── StreamError         a stream that cannot be used further; it has been reset
    ├── StreamLost      the peer reset it, or the connection broke
    ├── StreamStalled   nothing moved for too long
    └── FrameError      a frame over the limit, or cut off in its middle
ChannelLost             what a transport's own part of a stream says to `framed_stream`, which
                        makes a StreamLost of it; never seen outside this package
"""

from node.errors import NodeError
from node.exits import ExitCode


class TransportError(NodeError):
    """the transport could not do what was asked"""

    exit_code = ExitCode.NETWORK


class AddressError(TransportError):
    """{address} is not the address of a peer: {reason}"""

    exit_code = ExitCode.USAGE
    hint = "write /ip4/HOST/tcp/PORT/p2p/PEER, as `satchel id` prints it"

    def __init__(self, address: str, reason: str) -> None:
        """Name the text and what about it is wrong."""
        super().__init__(address=address, reason=reason)


class ListenFailed(TransportError):
    """cannot listen on {address}: {reason}"""

    hint = "choose another with --listen; port 0 takes a free one"

    def __init__(self, address: str, reason: str) -> None:
        """Name the address and why."""
        super().__init__(address=address, reason=reason)


class PeerUnreachable(TransportError):
    """peer {peer} cannot be reached at {address}: {reason}"""

    hint = "check that it runs `satchel serve`, and its address"

    def __init__(self, peer: str, address: str, reason: str) -> None:
        """Name the peer's id, where it was tried and what happened."""
        super().__init__(peer=peer, address=address, reason=reason)


class StreamError(TransportError):
    """the stream with peer {peer} failed"""

    def __init__(self, peer: str, **facts: object) -> None:
        """Name the peer's id."""
        super().__init__(peer=peer, **facts)


class StreamLost(StreamError):
    """peer {peer} closed the stream, or the connection broke"""


class StreamStalled(StreamError):
    """nothing moved on the stream with peer {peer} for too long"""


class FrameError(StreamError):
    """peer {peer} broke the framing: {reason}"""

    def __init__(self, peer: str, reason: str) -> None:
        """Name the peer's id and what it did."""
        super().__init__(peer, reason=reason)


class ChannelLost(Exception):
    """the bytes of a stream stopped: reset, or the connection broke"""
