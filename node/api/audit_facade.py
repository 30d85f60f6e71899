"""What the API needs of a node's desk for anchors of its audit."""

from typing import Protocol

Result = dict[str, object]


class AuditDesk(Protocol):
    """The acts about anchors of the audit. `prove` may ask a chain and holds up no others."""

    def anchor(self) -> Result:
        """See `satchel audit anchor`."""

    def prove(self, url: str | None) -> Result:
        """See `satchel audit verify --against-chain`."""
