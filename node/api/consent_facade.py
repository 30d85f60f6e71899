"""What the API needs of a node's desk for consents."""

from collections.abc import Sequence
from typing import Protocol

Result = dict[str, object]
Results = list[Result]


class Consents(Protocol):
    """Policies, grants by consent, and their ends."""

    def policy(
        self,
        chart: str,
        *,
        roles: Sequence[str],
        accredited_days: int,
        lanes: Sequence[str],
        rights: str,
        until: str | None,
    ) -> Result:
        """See `satchel consent policy`."""

    def grant(
        self,
        chart: str,
        *,
        to: str,
        lanes: Sequence[str],
        rights: str,
        given_by: str,
        how: str,
        until: str | None,
        history: bool,
        override: str | None = None,
    ) -> Result:
        """See `satchel consent grant`."""

    def revoke(self, chart: str, consent: str, *, keep_access: bool = False) -> Result:
        """See `satchel consent revoke`."""

    def list(self, chart: str) -> Results:
        """See `satchel consent list`."""
