"""What a transport is: addresses, dialled and incoming streams of frames (DESIGN section 7).

The replicator and the node's serving and dialling use these types; `libp2p_host` and
`memory_transport` implement them and pass one acceptance suite.
"""

from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Protocol, Self

from sync.identifiers import DeviceKey


class Stream(Protocol):
    """One stream of frames with one authenticated peer.

    One task may read while another writes. Whatever raises has reset the stream before.
    """

    @property
    def peer_device(self) -> DeviceKey:
        """The peer's Ed25519 public key, proven by the connection's handshake."""

    @property
    def bytes_in(self) -> int:
        """Bytes read of the protocol's stream, length prefixes included."""

    @property
    def bytes_out(self) -> int:
        """Bytes written of the protocol's stream, length prefixes included."""

    async def read_frame(self) -> bytes | None:
        """The next frame, or None once the peer has finished. Raises StreamError."""

    async def write_frame(self, frame: bytes) -> None:
        """Write one frame; returns when the transport has taken it. Raises StreamError."""

    async def finish(self) -> None:
        """Say that no frame will follow; reading goes on. Raises StreamError."""

    async def close(self) -> None:
        """Finish and let go of the stream; call it after the peer has finished, too."""

    async def reset(self) -> None:
        """Give the stream up at once; the peer reads an error. Never raises, may be repeated."""


StreamHandler = Callable[[Stream], Awaitable[None]]
"""Serves one incoming stream; when it returns the stream is closed, when it raises, reset."""


class Transport(Protocol):
    """A way to reach peers; listens and serves between `async with` and its end."""

    @property
    def device(self) -> DeviceKey:
        """This node's own public key."""

    def addresses(self) -> list[str]:
        """Full multiaddrs that this node listens on, each ending in `/p2p/<peer id>`."""

    async def dial(self, multiaddr: str) -> Stream:
        """Open a stream with the peer that the address names.

        Raises AddressError, or PeerUnreachable also when another peer answers there.
        """

    def handle(self, handler: StreamHandler | None) -> None:
        """Serve incoming streams by `handler` from now on; None refuses them."""

    async def __aenter__(self) -> Self:
        """Start to listen. Raises ListenFailed."""

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop: cancel what is being served, close every connection."""
