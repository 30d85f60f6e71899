"""What a notice carries: proof that the registry revoked a device, whole in itself (rule 4).

    proof = [network, snapshot, organisation 20, belonging 64]

The snapshot proves just the credential's slot, under the network whose fingerprint the charter
names; `belonging` is the device's own word that it is the organisation's, so that no organisation
can shut out a stranger's device. Written by duties, judged by every fold.
"""

from functools import lru_cache
from typing import NamedTuple

from node.registry.errors import RegistryError
from node.registry.fact import is_revocation
from node.registry.network import Network, decode_network
from node.registry.snapshot import Snapshot, decode_snapshot
from node.registry.subjects import credential_key
from sync.acts import Notice
from sync.belonging import verify_belonging
from sync.codec import decode, encode, fields, octets
from sync.errors import SyncError
from sync.identifiers import DeviceKey, OrganisationAddress
from sync.limits import body_plain_size_bytes_max


class NoticeProof(NamedTuple):
    """A notice's proof, taken apart."""

    network: bytes
    snapshot: bytes
    organisation: OrganisationAddress
    belonging: bytes

    def encoded(self) -> bytes:
        """The bytes that a notice carries."""
        return encode(list(self))


def prove_revocation(
    network: Network,
    snapshot: Snapshot,
    organisation: OrganisationAddress,
    device: DeviceKey,
    belonging: bytes,
) -> bytes:
    """The proof of a device's revocation from a snapshot that has it among others."""
    key = credential_key(organisation, device)
    only = snapshot.only(frozenset({key}))
    return NoticeProof(network.encoded(), only.encode(), organisation, belonging).encoded()


def notice_valid(fingerprint: bytes | None, notice: Notice) -> bool:
    """Whether a notice's proof holds, by its bytes and the charter's fingerprint alone."""
    if fingerprint is None or len(notice.proof) > body_plain_size_bytes_max:
        return False
    return _is_proven(fingerprint, notice.device, notice.proof)


@lru_cache(maxsize=1024)
def _is_proven(fingerprint: bytes, device: DeviceKey, data: bytes) -> bool:
    """Remembered: folds are many, notices few, and each has signatures and a Merkle proof."""
    try:
        proof = _parse(data)
        network = decode_network(proof.network)
        if network.fingerprint != fingerprint:
            return False
        verify_belonging(device, proof.organisation, proof.belonging)
        key = credential_key(proof.organisation, device)
        facts = decode_snapshot(proof.snapshot).verify(network).facts
    except (SyncError, RegistryError):
        return False
    return set(facts) == {key} and is_revocation(key, facts[key])


def _parse(data: bytes) -> NoticeProof:
    network, snapshot, organisation, belonging = fields(decode(data), 4, "notice's proof")
    return NoticeProof(
        octets(network, None, "network"),
        octets(snapshot, None, "snapshot"),
        OrganisationAddress(octets(organisation, 20, "organisation")),
        octets(belonging, 64, "belonging"),
    )
