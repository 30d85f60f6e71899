"""Who signs checkpoints: keys, and how many of them must; used by networks and snapshots."""

from dataclasses import dataclass

from node.registry.limits import signers_max
from sync import codec
from sync.identifiers import DeviceKey, hashed


@dataclass(frozen=True)
class SignerSet:
    """Ed25519 keys in ascending order, `threshold` of which make a checkpoint.

    Raises ValueError for a set that could never sign, or that one of it could sign for twice.
    """

    keys: tuple[DeviceKey, ...]
    threshold: int

    def __post_init__(self) -> None:
        """Refuse a malformed set."""
        if not 0 < len(self.keys) <= signers_max:
            raise ValueError(f"there are not 1 to {signers_max} signers")
        if any(len(key) != 32 for key in self.keys):
            raise ValueError("a signer is not 32 bytes")
        if list(self.keys) != sorted(set(self.keys)):
            raise ValueError("signers are doubled or not in order")
        if type(self.threshold) is not int or not 0 < self.threshold <= len(self.keys):
            raise ValueError("the threshold is not from 1 to the number of signers")

    @property
    def hash(self) -> bytes:
        """What the registry's `signers` slot holds of this set: 32 bytes."""
        return signers_hash(self.keys, self.threshold)


def signers_hash(signers: tuple[DeviceKey, ...], threshold: int) -> bytes:
    """What `SET_SIGNERS` puts on chain, and Accreditation's constructor takes: 32 bytes.

    The order in which the signers are given makes no difference.
    """
    return hashed("checkpoint-signers", codec.encode([threshold, sorted(signers)]))
