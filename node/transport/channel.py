"""A transport's own part of a stream: bytes both ways; `framed_stream` makes frames of them."""

from typing import Protocol


class ByteChannel(Protocol):
    """Bytes with one peer, for one reader and one writer.

    Its methods raise ChannelLost only. `receive_some` loses nothing when it is cancelled while it
    waits; a cancelled `send_all` leaves the channel fit for `abandon` alone.
    """

    async def receive_some(self, size_max: int) -> bytes:
        """Between 1 and `size_max` bytes, or none at the peer's end."""

    async def send_all(self, data: bytes) -> None:
        """Write all of `data`, waiting for room as long as it takes."""

    async def send_end(self) -> None:
        """Say that nothing follows; receiving goes on."""

    async def release(self) -> None:
        """Let go of a channel that has ended both ways."""

    async def abandon(self) -> None:
        """Reset the channel; never raises and never waits long."""
