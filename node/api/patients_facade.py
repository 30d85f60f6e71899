"""What the API needs of a node's desk for patients: broken glass, handover, requests for access."""

from collections.abc import Sequence
from typing import Protocol

Result = dict[str, object]
Results = list[Result]


class Patients(Protocol):
    """The acts that are done for and by patients."""

    def break_glass(
        self, chart: str, *, reason: str, seconds: Sequence[str], holders: Sequence[str]
    ) -> Result:
        """See `satchel break-glass CHART`."""

    def glass_state(self, chart: str) -> Result:
        """Whether the summary of a chart can be read by now."""

    def glass_list(self, chart: str | None) -> Results:
        """See `satchel break-glass list`."""

    def confirm_glass(self, chart: str, *, who: str) -> Result:
        """See `satchel break-glass CHART --confirm-for`."""

    def handover(self, chart: str, *, to: str, recovery: Sequence[str]) -> Result:
        """See `satchel handover`."""

    def request_access(
        self,
        chart: str,
        *,
        holders: Sequence[str],
        lanes: Sequence[str],
        rights: str,
        reason: str,
    ) -> Result:
        """See `satchel consent request`."""

    def access_requests(self) -> Results:
        """See `satchel consent requests`."""

    def approve_request(self, request: str, *, until: str | None) -> Result:
        """See `satchel consent approve`."""

    def decline_request(self, request: str) -> Result:
        """See `satchel consent decline`."""
