"""What the API needs of a node's desk for the registry's chain."""

from collections.abc import Callable
from typing import Protocol

Progress = Callable[[str, int, int | None], None]

Result = dict[str, object]
Results = list[Result]


class RegistryDesk(Protocol):
    """The acts about the registry's chain. Those that ask a chain hold up no others."""

    def sync(
        self,
        url: str | None,
        *,
        pay: bool,
        payer_key: str | None,
        wei_max: str | None,
        progress: Progress,
    ) -> Result:
        """See `satchel registry sync`."""

    def status(self) -> Result:
        """See `satchel registry status`."""

    def outbox(self) -> Results:
        """See `satchel registry outbox`."""

    def outbox_file(self) -> Result:
        """See `satchel registry outbox --out`."""

    def outbox_take(self, text: str) -> Result:
        """See `satchel registry outbox --take`."""

    def resolve(self, did: str, url: str | None) -> Result:
        """See `satchel registry resolve`."""
