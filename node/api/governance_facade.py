"""What the API needs of a node's desk for governance: keys, credentials, the council."""

from collections.abc import Callable, Sequence
from typing import Protocol

Result = dict[str, object]
Results = list[Result]


class Governance(Protocol):
    """The acts that an organisation does in its own name, and as a member of the council."""

    def rotate(
        self, recovery: Sequence[str] | None, progress: Callable[[str, int, int | None], None]
    ) -> Result:
        """See `satchel org rotate`."""

    def show(self, who: str) -> Result:
        """See `satchel org show`."""

    def issue(
        self,
        *,
        devices: Sequence[str],
        practitioners: Sequence[str],
        own: bool,
        until: str | None,
    ) -> Result:
        """See `satchel credential issue`."""

    def revoke(
        self, *, devices: Sequence[str], practitioners: Sequence[str], own: bool, confirmed: bool
    ) -> Result:
        """See `satchel credential revoke`; without `confirmed` it says what would follow."""

    def check(self, who: str, issuer: str | None) -> Result:
        """See `satchel credential check`."""

    def propose(
        self, actions: Sequence[str], until: str | None, *, sign: bool, network: str | None
    ) -> Result:
        """See `satchel council propose`."""

    def look(self, text: str, network: str | None) -> Result:
        """What a proposal does, who signed it, what is missing."""

    def sign(self, text: str, network: str | None) -> Result:
        """See `satchel council sign`."""

    def execute(self, text: str) -> Result:
        """See `satchel council execute`."""

    def proposals(self) -> Results:
        """See `satchel council list`."""
