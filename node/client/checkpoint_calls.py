"""Calls about the home's network file, checkpoints and snapshots; as `calls` has the others."""

from collections.abc import Sequence

from node.client.calls import Call, Result


def network() -> Call[Result]:
    """The home's network: file, signers, threshold, signs (whether this node is a signer)."""
    return Call("network")


def checkpoint_sign(url: str | None = None) -> Call[Result]:
    """Vouch for a chain's newest final block: block, hash, signed, threshold, checkpoint."""
    return Call("checkpoint-sign", {"url": url})


def checkpoint_combine(checkpoints: Sequence[str]) -> Call[Result]:
    """One checkpoint from several lines of text."""
    return Call("checkpoint-combine", {"checkpoints": list(checkpoints)})


def checkpoint_follow(signers: Sequence[str], threshold: int) -> Call[Result]:
    """Take over the signers that the registry names: signers, threshold, block."""
    return Call("checkpoint-follow", {"signers": list(signers), "threshold": threshold})


def snapshots() -> Call[Result]:
    """All facts that are held, with their proofs: snapshots, facts, file (base64)."""
    return Call("snapshots")
