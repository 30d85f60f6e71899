"""The registry of a node that was started without a network file: it knows, and claims, nothing."""

from typing import Final

from node.registry.verdict import State, Verdict
from sync.acts import Notice
from sync.identifiers import DeviceKey, OrganisationAddress, SealingKey

_DEGRADED: Final = Verdict(
    State.DEGRADED, as_of_block=None, age_seconds=None, reason="no shared registry"
)


class NoSharedRegistry:
    """Every verdict is degraded, and no notice can be proven (DESIGN section 8)."""

    @property
    def fingerprint(self) -> None:
        """There is no network file."""
        return None

    def device_verdict(self, device: DeviceKey, now_seconds: int) -> Verdict:
        """Degraded."""
        return _DEGRADED

    def organisation_verdict(self, organisation: OrganisationAddress, now_seconds: int) -> Verdict:
        """Degraded."""
        return _DEGRADED

    def practitioner_verdict(self, practitioner: DeviceKey, now_seconds: int) -> Verdict:
        """Degraded."""
        return _DEGRADED

    def release_verdict(
        self, organisation: OrganisationAddress, receiver: SealingKey, now_seconds: int
    ) -> Verdict:
        """Degraded."""
        return _DEGRADED

    def notice_valid(self, fingerprint: bytes | None, notice: Notice) -> bool:
        """Nothing can be proven without a registry, so no notice is valid."""
        return False
