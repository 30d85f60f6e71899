"""What the API needs of a node about the registry's network and checkpoints."""

from collections.abc import Sequence
from typing import Protocol

Result = dict[str, object]


class Checkpoints(Protocol):
    """The acts about the home's network file and the blocks that its signers vouch for."""

    def network(self) -> Result:
        """See `satchel network show`."""

    def sign(self, url: str | None) -> Result:
        """See `satchel checkpoint sign`."""

    def combine(self, texts: Sequence[str]) -> Result:
        """See `satchel checkpoint combine`."""

    def follow(self, signers: Sequence[str], threshold: int) -> Result:
        """See `satchel checkpoint follow`."""

    def snapshots(self) -> Result:
        """See `satchel registry snapshot save`."""
