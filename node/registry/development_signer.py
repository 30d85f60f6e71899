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


def signing_key(network: Network, signers: Sequence[DeviceKey], own: Signer) -> Signer:
    """The key with which a node signs checkpoints: its own, unless it is not listed and the network
    is marked as for development and lists the key that everybody has.
    """  # noqa: D205
    public = development_signer()
    if own.public not in signers and network.development and public.public in signers:
        return public
    return own
