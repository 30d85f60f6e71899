"""What the API needs of a node's desk for the devices of its organisation."""

from collections.abc import Callable
from typing import Protocol

Result = dict[str, object]
Progress = Callable[[str, int, int | None], None]


class Devices(Protocol):
    """The devices of the organisation that a node serves."""

    def request(self, peer: str) -> Result:
        """See `satchel device request`."""

    def add(self, request: str, progress: Progress) -> Result:
        """See `satchel device add`."""

    def remove(self, who: str, progress: Progress) -> Result:
        """See `satchel device remove`."""

    def list(self) -> list[Result]:
        """See `satchel device list`."""
