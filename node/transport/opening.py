"""Opens the transport between machines; the one place from which libp2p is imported, and late.

Importing it takes most of a second, so callers do so only when they are about to sync or serve.
"""

import warnings
from typing import TYPE_CHECKING

from node.limits import (
    incoming_streams_max,
    incoming_streams_per_peer_max,
    stream_idle_seconds_max,
)

if TYPE_CHECKING:
    from node.transport.libp2p_host import Libp2pHost


def libp2p_transport(
    seed: bytes,
    listen: list[str] | None = None,
    *,
    idle_seconds_max: float = stream_idle_seconds_max,
    streams_per_peer_max: int = incoming_streams_per_peer_max,
    streams_max: int = incoming_streams_max,
) -> "Libp2pHost":
    """A transport with the key of a 32-byte Ed25519 seed, to be opened by `async with`.

    It listens on `listen` (multiaddrs such as `/ip4/0.0.0.0/tcp/4001`); with none it only dials.
    """
    with warnings.catch_warnings():
        # libp2p's WebSocket transport, which we do not use, imports a deprecated module.
        warnings.filterwarnings(
            "ignore", message=r"websockets\.legacy is deprecated", category=DeprecationWarning
        )
        from node.transport.libp2p_host import Libp2pHost

    return Libp2pHost(
        seed,
        listen,
        idle_seconds_max=idle_seconds_max,
        streams_per_peer_max=streams_per_peer_max,
        streams_max=streams_max,
    )
