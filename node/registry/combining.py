"""Checkpoints as commands and acts tell of them; combining them needs no home."""

from collections.abc import Sequence

from node.registry.checkpoint import (
    Checkpoint,
    checkpoint_text,
    combine_checkpoints,
    parse_checkpoint,
)
from node.registry.network import Network
from node.registry.signers import SignerSet
from sync.identifiers import did_key


def combined(network: Network, signers: SignerSet, texts: Sequence[str]) -> dict[str, object]:
    """One checkpoint of a network from the lines of several.

    Raises CheckpointInvalid, CheckpointsDisagree.
    """
    checkpoints = [parse_checkpoint(text) for text in texts]
    whole = combine_checkpoints(checkpoints, signers, network.fingerprint)
    return checkpoint_told(whole, signers)


def checkpoint_told(checkpoint: Checkpoint, signers: SignerSet) -> dict[str, object]:
    """A checkpoint as JSON can say it; `checkpoint` is its line of text."""
    return {
        "block": checkpoint.block,
        "hash": "0x" + checkpoint.block_hash.hex(),
        "signed": [did_key(signed.signer) for signed in checkpoint.signatures],
        "threshold": signers.threshold,
        "checkpoint": checkpoint_text(checkpoint),
    }
