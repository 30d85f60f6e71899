"""The registry of a node that was started without a network file: it knows, and claims, nothing."""

from collections.abc import Collection
from typing import Final

from node.registry.verdict import State, Verdict
from sync.acts import Notice
from sync.header import Anchor
from sync.identifiers import DeviceKey, OrganisationAddress

_DEGRADED: Final = Verdict(
    State.DEGRADED, as_of_block=None, age_seconds=None, reason="no shared registry"
)


class NoSharedRegistry:
    """Every verdict is degraded (DESIGN section 8)."""

    @property
    def fingerprint(self) -> None:
        """There is no network file."""
        return None

    @property
    def network(self) -> None:
        """There is none."""
        return None

    def anchor(self) -> Anchor | None:
        """There is no checkpoint."""
        return None

    def device_verdict(
        self, device: DeviceKey, organisations: Collection[OrganisationAddress], now_seconds: int
    ) -> Verdict:
        """Degraded."""
        return _DEGRADED

    def serving_verdict(
        self, device: DeviceKey, organisations: Collection[OrganisationAddress], now_seconds: int
    ) -> Verdict:
        """Degraded."""
        return _DEGRADED

    def organisation_verdict(self, organisation: OrganisationAddress, now_seconds: int) -> Verdict:
        """Degraded."""
        return _DEGRADED

    def practitioner_verdict(
        self,
        practitioner: DeviceKey,
        organisations: Collection[OrganisationAddress],
        now_seconds: int,
    ) -> Verdict:
        """Degraded."""
        return _DEGRADED

    def release_verdict(
        self, organisation: OrganisationAddress, device: DeviceKey | None, now_seconds: int
    ) -> Verdict:
        """Degraded."""
        return _DEGRADED

    def was_accredited(
        self, organisation: OrganisationAddress, device: DeviceKey | None, now_seconds: int
    ) -> bool:
        """Nothing is known."""
        return False

    def notice_valid(self, fingerprint: bytes | None, notice: Notice) -> bool:
        """A notice proves itself: it is judged alike where no registry is known."""
        if fingerprint is None:
            return False
        from node.registry.notice_proof import notice_valid

        return notice_valid(fingerprint, notice)
