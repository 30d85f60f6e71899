"""The checkpoint signer of networks that are only tried out: everybody has its key.

`chain deploy` names it where nobody else is named, so that one node on a development chain gets
checkpoints at all. What may sign for a node is asked here by all that sign checkpoints.
"""

from collections.abc import Sequence
from functools import cache

from node.registry.network import Network
from sync.identifiers import DeviceKey, hashed
from sync.signing import Signer


@cache
def development_signer() -> Signer:
    """A key that is no secret."""
    return Signer(hashed("development-checkpoint-signing-key", b""))


def checkpoint_signer_for(
    network: Network, signers: Sequence[DeviceKey], own: Signer
) -> Signer | None:
    """The key with which this node may sign for these signers: its own, or on a network that is
    marked as for development the one that everybody has; None where neither is listed.
    """  # noqa: D205
    if own.public in signers:
        return own
    public = development_signer()
    return public if network.development and public.public in signers else None
