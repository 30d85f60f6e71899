"""A device's own word that it belongs to an organisation; used by rosters and by proofs of notices.

Without it an organisation could list a stranger's device, and revoke it on chain.
"""

from sync.identifiers import DeviceKey, OrganisationAddress
from sync.signing import Signer, verify

DOMAIN = "belonging"


def sign_belonging(signer: Signer, organisation: OrganisationAddress) -> bytes:
    """The device says that it is this organisation's: 64 bytes."""
    return signer.sign(DOMAIN, organisation)


def verify_belonging(
    device: DeviceKey, organisation: OrganisationAddress, signature: bytes
) -> None:
    """Check a device's word that it belongs to an organisation, or raise SignatureError."""
    verify(device, DOMAIN, organisation, signature)
