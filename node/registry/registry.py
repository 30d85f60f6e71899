"""The seam through which verdicts come; the application, the replicator and `doctor` ask here.

An implementation answers from facts that it already holds: it never waits for a chain.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING, Protocol

from node.registry.verdict import Verdict
from sync.acts import Notice
from sync.header import Anchor
from sync.identifiers import DeviceKey, OrganisationAddress

if TYPE_CHECKING:
    from node.registry.network import Network


class Registry(Protocol):
    """Judges by the registry's facts as far as they are known here.

    `now_seconds` is the node's clock (seconds since 1970), by which evidence has its age.
    `organisations` are those of which a key is known to be a device's or practitioner's.
    """

    @property
    def fingerprint(self) -> bytes | None:
        """The 32-byte fingerprint of the network file that this registry is of, or None."""
        ...

    @property
    def network(self) -> "Network | None":
        """The network file's content, or None."""
        ...

    def anchor(self) -> Anchor | None:
        """The block of the adopted checkpoint: what operations say they were written by."""
        ...

    def device_verdict(
        self, device: DeviceKey, organisations: Collection[OrganisationAddress], now_seconds: int
    ) -> Verdict:
        """Whether a device's credential stands, whatever its age."""
        ...

    def serving_verdict(
        self, device: DeviceKey, organisations: Collection[OrganisationAddress], now_seconds: int
    ) -> Verdict:
        """As `device_verdict`, degraded where it is too old to serve somebody unknown by."""
        ...

    def organisation_verdict(self, organisation: OrganisationAddress, now_seconds: int) -> Verdict:
        """Whether an organisation is accredited."""
        ...

    def practitioner_verdict(
        self,
        practitioner: DeviceKey,
        organisations: Collection[OrganisationAddress],
        now_seconds: int,
    ) -> Verdict:
        """Whether a practitioner's credential stands."""
        ...

    def release_verdict(
        self, organisation: OrganisationAddress, device: DeviceKey | None, now_seconds: int
    ) -> Verdict:
        """Whether a lane's key may be released to a new grantee, degraded where that is too old.

        `device` is None for a group of the organisation.
        """
        ...

    def was_accredited(
        self, organisation: OrganisationAddress, device: DeviceKey | None, now_seconds: int
    ) -> bool:
        """Whether the newest facts held say so, however old they are: an admin may go by it."""
        ...

    def notice_valid(self, fingerprint: bytes | None, notice: Notice) -> bool:
        """Whether a notice proves that the registry revoked its device (AUTHORITY rule 4).

        It judges by `notice.device` and `notice.proof`, never by the cut.

        A function of its arguments alone, `fingerprint` being the charter's, so that every
        replica answers the same.
        """
        ...
