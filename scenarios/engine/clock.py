"""A member's own clock: it may be set wrong, drift, and jump; true time is the timeline's."""

from collections.abc import Callable
from typing import Final

_PARTS: Final = 1_000_000


class MemberClock:
    """Milliseconds since 1970 as one node believes them."""

    def __init__(
        self,
        now: Callable[[], int],
        offset: int = 0,
        drift_ppm: float = 0.0,
        since: int | None = None,
    ) -> None:
        """`offset` milliseconds off at `since`, or now; gains `drift_ppm` microseconds a second."""
        self._now = now
        self._since = now() if since is None else since
        self._offset = offset
        self._drift_ppm = drift_ppm

    def __call__(self) -> int:
        """The time this node's clock shows."""
        return self._now() + self.offset

    @property
    def offset(self) -> int:
        """How far from true time, in milliseconds; positive is fast."""
        drifted = (self._now() - self._since) * self._drift_ppm / _PARTS
        return self._offset + int(drifted)

    def jump(self, milliseconds: int) -> None:
        """Go forward, or back, at once."""
        self._offset += milliseconds

    def set_right(self) -> None:
        """Show the true time; it drifts on from here."""
        self._since, self._offset = self._now(), 0
