"""Who a node is: its keys in the form that the rest of the node uses, made from its secrets."""

from dataclasses import dataclass
from functools import cached_property

from node.keystore.secrets import Secrets
from node.transport.peer_id import peer_id
from sync.belonging import sign_belonging
from sync.identifiers import (
    DeviceKey,
    OrganisationAddress,
    SealingKey,
    did_ethr,
    did_key,
    hashed,
)
from sync.roster import organisation_address, parse_roster
from sync.sealing import Opener, sign_sealing_key
from sync.signing import Signer


@dataclass(frozen=True, repr=False)
class Identity:
    """A node's own keys, ready to sign and open. Its repr shows the public device key only."""

    secrets: Secrets

    @cached_property
    def signer(self) -> Signer:
        """The device's Ed25519 key."""
        return Signer(self.secrets.device_seed)

    @cached_property
    def opener(self) -> Opener:
        """The device's X25519 key."""
        return Opener(self.secrets.device_sealing_secret)

    @cached_property
    def owner(self) -> Signer:
        """The owner practitioner's Ed25519 key."""
        return Signer(self.secrets.owner_seed)

    @cached_property
    def checkpoint_signer(self) -> Signer:
        """The Ed25519 key that vouches for blocks, where the network file lists its public half.

        A key of its own, so that what signs checkpoints is never what signs operations.
        """
        return Signer(hashed("checkpoint-signing-key", self.secrets.device_seed))

    @cached_property
    def audit_publisher_secret(self) -> bytes:
        """The secp256k1 key that signs this node's audit roots for a chain, and nothing else.

        The device's own: what it has published does not tell which organisation it serves.
        """
        return hashed("audit-publisher-key", self.secrets.device_seed)

    def group_opener(self, group: str, generation: int) -> Opener:
        """A group's X25519 key. Raises KeyError for one that is not held."""
        return Opener(self.secrets.group_secrets[group, generation])

    @property
    def device(self) -> DeviceKey:
        """The device's public key."""
        return self.signer.public

    @property
    def device_did(self) -> str:
        """The device's `did:key`."""
        return did_key(self.device)

    @property
    def peer_id(self) -> str:
        """The device's libp2p peer id."""
        return peer_id(self.device)

    @property
    def sealing_key(self) -> SealingKey:
        """The public key that boxes for this device are sealed to."""
        return self.opener.public

    @cached_property
    def sealing_key_signature(self) -> bytes:
        """The device's own statement of its sealing key."""
        return sign_sealing_key(self.signer, self.sealing_key)

    @cached_property
    def organisation(self) -> OrganisationAddress:
        """The 20-byte address of the organisation that the device serves."""
        statement = self.secrets.devices.statement
        if statement is not None:
            return parse_roster(statement).organisation
        return organisation_address(self.secrets.organisation_secret)

    @property
    def holds_organisation(self) -> bool:
        """Whether this device holds the organisation's key; its other devices do not."""
        return self.secrets.devices.statement is None

    @cached_property
    def belonging(self) -> bytes:
        """The device's own word that it belongs to the organisation."""
        return sign_belonging(self.signer, self.organisation)

    @property
    def organisation_did(self) -> str:
        """The organisation's `did:ethr`."""
        return did_ethr(self.organisation)

    def __repr__(self) -> str:
        """Show the public device key's first bytes."""
        return f"Identity({self.device[:4].hex()})"
