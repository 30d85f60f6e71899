"""Changes of the checkpoint signers, each proven under the set before it; carried by snapshots.

    change = [[signer 32 …], threshold, checkpoint, header, [node …]]

The council puts the hash of the new set into Accreditation's `signers` slot; the old set signs a
block in which it stands there. From that block on the old set vouches for nothing more.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from contracts.loader import Name
from contracts.slots import signers_slot
from node.registry.checkpoint import Checkpoint, decode_checkpoint, verify_checkpoint
from node.registry.errors import CheckpointInvalid, SnapshotInvalid
from node.registry.header import Header, decode_header
from node.registry.limits import (
    header_size_bytes_max,
    proof_depth_max,
    proof_node_size_bytes_max,
    signers_max,
)
from node.registry.network import Network
from node.registry.proof import ProofNodes
from node.registry.signers import SignerSet
from sync import codec
from sync.errors import CodecError
from sync.identifiers import DeviceKey


@dataclass(frozen=True)
class SignerChange:
    """A new set of signers, with the proof that the registry names it."""

    signers: SignerSet
    checkpoint: Checkpoint
    """Signed by the set before."""
    header: bytes
    """RLP bytes of the checkpoint's block."""
    nodes: tuple[bytes, ...]
    """The proof of the `signers` slot, ascending by hash."""

    def values(self) -> list[object]:
        """The change as a value of canonical CBOR."""
        return [
            list(self.signers.keys),
            self.signers.threshold,
            self.checkpoint.values(),
            self.header,
            list(self.nodes),
        ]


def make_signer_change(
    signers: SignerSet, checkpoint: Checkpoint, header: Header, nodes: Iterable[bytes]
) -> SignerChange:
    """A change from a chain's proof of the `signers` slot: account's and storage's nodes."""
    return SignerChange(signers, checkpoint, header.encoded, ProofNodes(dict.fromkeys(nodes)).all())


def decode_signer_change(value: object) -> SignerChange:
    """Read `SignerChange.values` from decoded CBOR. Raises CodecError."""
    keys, threshold, checkpoint, header, nodes = codec.fields(value, 5, "signer change")
    try:
        signers = SignerSet(
            tuple(
                DeviceKey(codec.octets(key, 32, "signer"))
                for key in codec.items(keys, "signers", signers_max)
            ),
            threshold,
        )
    except ValueError as error:
        raise CodecError("signers are malformed") from error
    return SignerChange(
        signers,
        decode_checkpoint(checkpoint),
        decode_header_field(header),
        decode_nodes(nodes, 2 * proof_depth_max),
    )


def decode_header_field(value: object) -> bytes:
    """A header's bytes, not yet read. Raises CodecError."""
    header = codec.octets(value, None, "header")
    if len(header) > header_size_bytes_max:
        raise CodecError("header is too large")
    return header


def decode_nodes(value: object, count_max: int) -> tuple[bytes, ...]:
    """Nodes of proofs, not yet read. Raises CodecError."""
    nodes = tuple(
        codec.octets(node, None, "node") for node in codec.items(value, "nodes", count_max)
    )
    if any(len(node) > proof_node_size_bytes_max for node in nodes):
        raise CodecError("node is too large")
    return nodes


def vouched_header(
    network: Network, checkpoint: Checkpoint, encoded: bytes, signers: SignerSet, least: int
) -> Header:
    """The header that a checkpoint vouches for, from the block `least` on.

    Raises CheckpointInvalid, HeaderInvalid.
    """
    verify_checkpoint(checkpoint, network.fingerprint, signers)
    header = decode_header(encoded)
    if (header.hash, header.number) != (checkpoint.block_hash, checkpoint.block):
        raise CheckpointInvalid("its header is another block's")
    if header.number < least:
        raise CheckpointInvalid(f"block {header.number} is before block {least}")
    genesis = network.genesis
    if header.number == genesis.block and header.hash != genesis.block_hash:
        raise CheckpointInvalid("its block is not the network's genesis")
    return header


def proven_nodes(nodes: tuple[bytes, ...]) -> ProofNodes:
    """Nodes of proofs, in their one order. Raises SnapshotInvalid, ProofInvalid."""
    known = ProofNodes(nodes)
    if known.all() != nodes:
        raise SnapshotInvalid("its nodes are not in order")
    return known


def verify_changes(network: Network, changes: Iterable[SignerChange]) -> tuple[SignerSet, int]:
    """The set in charge after all changes, and the block from which it is.

    Raises CheckpointInvalid, HeaderInvalid, ProofInvalid, SnapshotInvalid.
    """
    signers, block = network.signer_set, network.genesis.block
    for change in changes:
        header = vouched_header(network, change.checkpoint, change.header, signers, block)
        nodes = proven_nodes(change.nodes)
        deployed = network.contracts[Name.ACCREDITATION]
        account = nodes.account(header.state_root, deployed.address)
        word = nodes.word(account.storage_root, signers_slot())
        nodes.require_all_used()
        if account.code_hash != deployed.code_hash:
            raise SnapshotInvalid("a contract has another code")
        if word != int.from_bytes(change.signers.hash) or change.signers == signers:
            raise SnapshotInvalid("a change of signers is not the registry's")
        signers, block = change.signers, header.number
    return signers, block
