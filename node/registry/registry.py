"""The seam through which verdicts come; the application, the replicator and `doctor` ask here.

An implementation answers from facts that it already holds: it never waits for a chain.
"""

from typing import Protocol

from node.registry.verdict import Verdict
from sync.acts import Notice
from sync.identifiers import DeviceKey, OrganisationAddress, SealingKey


class Registry(Protocol):
    """Judges by the registry's facts as far as they are known here.

    `now_seconds` is the node's clock (seconds since 1970), by which evidence has its age.
    """

    @property
    def fingerprint(self) -> bytes | None:
        """The 32-byte fingerprint of the network file that this registry is of, or None."""
        ...

    def device_verdict(self, device: DeviceKey, now_seconds: int) -> Verdict:
        """Whether a device's DID stands: asked before a peer is served."""
        ...

    def organisation_verdict(self, organisation: OrganisationAddress, now_seconds: int) -> Verdict:
        """Whether an organisation is accredited."""
        ...

    def practitioner_verdict(self, practitioner: DeviceKey, now_seconds: int) -> Verdict:
        """Whether a practitioner's credential stands."""
        ...

    def release_verdict(
        self, organisation: OrganisationAddress, receiver: SealingKey, now_seconds: int
    ) -> Verdict:
        """Whether a lane's key may be released to a new receiver of an organisation."""
        ...

    def notice_valid(self, fingerprint: bytes | None, notice: Notice) -> bool:
        """Whether a notice proves that the registry revoked its device (AUTHORITY rule 4).

        It judges by `notice.device` and `notice.proof`, never by the cut.

        A function of its arguments alone, `fingerprint` being the charter's, so that every
        replica answers the same.
        """
        ...
