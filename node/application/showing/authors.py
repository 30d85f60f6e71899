"""What the registry says of those who signed entries; a chart's pages show it beside their names.

A name is called verified only for a proven allow. A label never hides or holds back anything.
"""

from node.application.access.affiliations import practitioner_verdict
from node.application.access.gates import is_judged
from node.application.context import Context
from node.application.timestamps import time_text
from node.registry.verdict import State, Verdict
from sync.identifiers import DeviceKey


class Authors:
    """Verdicts of practitioners, each asked for once a page. Not kept any longer."""

    def __init__(self, context: Context) -> None:
        """Begin a page."""
        self._context = context
        self._found: dict[DeviceKey, Verdict] = {}

    def verdict(self, practitioner: DeviceKey) -> Verdict:
        """What the registry says of somebody now."""
        found = self._found.get(practitioner)
        if found is None:
            found = self._found[practitioner] = practitioner_verdict(self._context, practitioner)
        return found

    def label(self, practitioner: DeviceKey) -> str | None:
        """What stands beside a name that is not verified; None for one that is.

        None as well without a shared registry, which the page says once for all.
        """
        if not is_judged(self._context):
            return None
        verdict = self.verdict(practitioner)
        if verdict.state is State.ALLOW:
            return None
        if verdict.age_seconds is None:
            return f"author not verified: {verdict.reason}"
        since = self._context.clock() - verdict.age_seconds * 1000
        return f"author not verified since {time_text(since)}: {verdict.reason}"
