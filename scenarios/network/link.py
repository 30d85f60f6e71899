"""A link: how fast, how far, how bad; what one frame meets on its way is drawn here.

Under a session lies a transport that orders, repeats and authenticates (TCP and Noise). Loss
therefore shows as delay, and many losses in a row as a connection that breaks. Duplicated,
reordered and corrupted frames are given to the session as they are, which a real transport never
does: a session must survive a broken one too.
"""

import random
from dataclasses import dataclass
from typing import Final

REPEATS_MAX: Final = 6
"""Frames lost so often in a row break the connection, as TCP's patience ends."""


@dataclass(frozen=True)
class Link:
    """What a link does to frames. Shares are probabilities a frame."""

    name: str
    bytes_per_second: int = 10_000_000
    delay_milliseconds: int = 1
    jitter_milliseconds: int = 0
    loss: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    corrupt: float = 0.0
    cut: float = 0.0
    """The connection breaks before this frame arrives."""


@dataclass(frozen=True)
class Fate:
    """What becomes of one frame: when each copy arrives, or that the connection breaks."""

    arrivals: tuple[int, ...]
    breaks: bool = False
    corrupt_at: int | None = None
    """The place of a byte that is changed."""
    overtakes: bool = False
    what: str | None = None


class Channel:
    """One direction of a connection."""

    def __init__(self, link: Link, draws: random.Random, now: int) -> None:
        """Nothing is under way."""
        self.link = link
        self._draws = draws
        self._free_at = float(now)
        self._last_arrival = now

    def send(self, now: int, size_bytes: int) -> Fate:
        """Send one frame at a moment."""
        link, draws = self.link, self._draws
        begin = max(float(now), self._free_at)
        self._free_at = begin + 1000 * size_bytes / link.bytes_per_second
        delay = link.delay_milliseconds
        if link.jitter_milliseconds:
            delay += draws.randrange(link.jitter_milliseconds + 1)
        if link.cut and draws.random() < link.cut:
            return Fate((), breaks=True, what="cut")
        repeats = 0
        while link.loss and draws.random() < link.loss:
            repeats += 1
            if repeats > REPEATS_MAX:
                return Fate((), breaks=True, what="lost too often")
            delay += 2 * link.delay_milliseconds + (200 << repeats)
        arrival = int(self._free_at) + delay
        if link.reorder and draws.random() < link.reorder:
            return Fate((arrival + 3 * delay + 10,), overtakes=True, what="reordered")
        arrival = self._last_arrival = max(arrival, self._last_arrival)
        if link.corrupt and draws.random() < link.corrupt:
            return Fate((arrival,), corrupt_at=draws.randrange(max(1, size_bytes)), what="corrupt")
        if link.duplicate and draws.random() < link.duplicate:
            return Fate((arrival, arrival), what="duplicated")
        return Fate((arrival,))


PRESETS: Final = {
    "lan": Link("lan"),
    "wifi": Link("wifi", 2_000_000, 4, jitter_milliseconds=6, loss=0.01),
    "radio": Link("radio", 1_200, 350, jitter_milliseconds=400, loss=0.08, cut=0.004),
    "satellite": Link("satellite", 48_000, 650, jitter_milliseconds=150, loss=0.03, cut=0.001),
    "mobile": Link("mobile", 250_000, 90, jitter_milliseconds=60, loss=0.03, cut=0.0005),
    "broken": Link(
        "broken", 20_000, 120, 200, loss=0.1, duplicate=0.02, reorder=0.02, corrupt=0.02, cut=0.02
    ),
}
"""Links by the names that a scenario file may use."""
