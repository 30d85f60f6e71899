"""Gathers facts from a chain with their proofs, under a checkpoint.

`registry sync` calls it in a worker thread. What comes out is a snapshot like one from a peer, and
is verified and taken like one: a chain that this node asks itself is trusted no more than a peer.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from contracts.loader import Name
from node.registry.chain import Chain
from node.registry.checkpoint import Checkpoint
from node.registry.errors import ChainForeign, ChainUntrusted, ProofInvalid, SnapshotInvalid
from node.registry.fact import FactKey
from node.registry.header import Header
from node.registry.limits import gathered_slots_max
from node.registry.network import Network
from node.registry.signer_change import SignerChange
from node.registry.snapshot import Snapshot, make_snapshot
from sync.header import Anchor


class Contradicted(NamedTuple):
    """An adopted block, and the hash that the chain has there now."""

    adopted: Anchor
    now_hash: bytes


@dataclass(frozen=True)
class Seen:
    """A chain's newest final block beside what this node has adopted."""

    header: Header
    stale_blocks: int
    """How many blocks it is behind the newest that signers vouched for; 0 where it is not."""


def look_at(
    chain: Chain, network: Network, adopted: Anchor | None, *, vouches_alone: bool = False
) -> Seen | Contradicted:
    """Check a chain against the network and against what was adopted before.

    Where it has another block than the signers vouched for, and this node is all of the signers,
    nobody else knows better: it is Contradicted. Raises ChainForeign, ChainUntrusted.
    """
    header = chain.check(network)
    if adopted is None:
        return Seen(header, 0)
    if header.number < adopted.block:
        return Seen(header, adopted.block - header.number)
    known = header if header.number == adopted.block else chain.header(adopted.block)
    if known.hash != adopted.hash:
        if vouches_alone:
            return Contradicted(adopted, known.hash)
        reason = f"it has another block {adopted.block} than the one that signers vouched for"
        raise ChainUntrusted(chain.name, reason)
    return Seen(header, 0)


def gather(
    chain: Chain,
    network: Network,
    changes: Sequence[SignerChange],
    checkpoint: Checkpoint,
    keys: Collection[FactKey],
) -> Iterator[Snapshot]:
    """Snapshots that together prove these facts after a checkpoint's block; none is verified yet.

    Raises ChainForeign where the chain has another block there, ChainUntrusted for proofs that do
    not hold, ChainRefused where it keeps no state as old as that.
    """
    header = chain.header(checkpoint.block)
    if header.hash != checkpoint.block_hash:
        raise ChainForeign(
            chain.name, f"it has another block {checkpoint.block} than signers vouch for"
        )
    for portion in _portions(keys):
        proofs = (
            (name, chain.proofs(header, network.contracts[name].address, slots))
            for name, slots in portion.items()
        )
        try:
            yield make_snapshot(network, changes, checkpoint, header, proofs)
        except (ProofInvalid, SnapshotInvalid) as error:
            chain.require_unmoved(header)
            raise ChainUntrusted(chain.name, f"a proof of it is refused: {error}") from error


def _portions(keys: Collection[FactKey]) -> Iterator[dict[Name, list[bytes]]]:
    """Facts by contract, as many at a time as a snapshot may well carry."""
    listed = sorted(keys)
    for start in range(0, len(listed), gathered_slots_max):
        portion: dict[Name, list[bytes]] = {}
        for key in listed[start : start + gathered_slots_max]:
            portion.setdefault(key.contract, []).append(key.slot)
        yield portion
