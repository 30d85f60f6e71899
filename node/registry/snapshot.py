"""Snapshots: facts of the registry with all that proves them, as they are kept and passed on.

    snapshot = [1, [signer change …], checkpoint, header, [[contract, address 20, [slot 32 …]] …],
                [node …], check 32]

No value is carried: each is read from the proofs, which share their nodes (ascending by hash).
`check` is a hash of all before it: a changed slot could otherwise be another true proof of
absence. Facts are believed by `verify` alone, offline.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from contracts.loader import Name
from node.registry.checkpoint import Checkpoint, decode_checkpoint
from node.registry.errors import SnapshotInvalid
from node.registry.fact import FactKey
from node.registry.header import Header, decode_header
from node.registry.limits import (
    proof_nodes_max,
    signer_changes_max,
    snapshot_size_bytes_max,
    snapshot_slots_max,
)
from node.registry.network import CONTRACTS, Network
from node.registry.proof import AccountProof, ProofNodes
from node.registry.signer_change import (
    SignerChange,
    decode_header_field,
    decode_nodes,
    decode_signer_change,
    proven_nodes,
    verify_changes,
    vouched_header,
)
from node.registry.signers import SignerSet
from sync import codec
from sync.errors import CodecError
from sync.identifiers import hashed

_VERSION: Final = 1


class Proven(NamedTuple):
    """Slots of one contract, ascending."""

    contract: Name
    address: bytes
    slots: tuple[bytes, ...]


@dataclass(frozen=True)
class Verified:
    """What a snapshot proves."""

    chain: int
    block: int
    block_hash: bytes
    timestamp_seconds: int
    """The block's, since 1970."""
    facts: Mapping[FactKey, int]
    """Words by fact; 0 for what is proven absent."""
    signers: SignerSet
    """Who vouched."""
    signer_sets: tuple[SignerSet, ...]
    """Every set from the network file's on; the last one vouched."""
    changed_at: tuple[int, ...]
    """The block in which each change of signers was proven."""


@dataclass(frozen=True)
class Snapshot:
    """Facts with proofs; nothing of it is checked before `verify`."""

    changes: tuple[SignerChange, ...]
    checkpoint: Checkpoint
    header: bytes
    """RLP bytes of the checkpoint's block."""
    proven: tuple[Proven, ...]
    nodes: tuple[bytes, ...]

    @property
    def keys(self) -> frozenset[FactKey]:
        """The facts that it speaks of."""
        return frozenset(
            FactKey(contract, slot) for contract, _, slots in self.proven for slot in slots
        )

    def encode(self) -> bytes:
        """Canonical CBOR, as `decode_snapshot` reads it."""
        values: list[object] = [
            _VERSION,
            [change.values() for change in self.changes],
            self.checkpoint.values(),
            self.header,
            [
                [CONTRACTS.index(contract), address, list(slots)]
                for contract, address, slots in self.proven
            ],
            list(self.nodes),
        ]
        return codec.encode([*values, _check(values)])

    def verify(self, network: Network) -> Verified:
        """Check everything and read the facts.

        Raises CheckpointInvalid, HeaderInvalid, ProofInvalid, SnapshotInvalid.
        """
        signers, least = verify_changes(network, self.changes)
        header = vouched_header(network, self.checkpoint, self.header, signers, least)
        nodes = proven_nodes(self.nodes)
        facts: dict[FactKey, int] = {}
        _check_order(self.proven)
        for contract, address, slots in self.proven:
            deployed = network.contracts[contract]
            if address != deployed.address:
                raise SnapshotInvalid(f"{contract} is another contract")
            account = nodes.account(header.state_root, address)
            if account.code_hash != deployed.code_hash:
                raise SnapshotInvalid(f"{contract} has another code")
            for slot in slots:
                facts[FactKey(contract, slot)] = nodes.word(account.storage_root, slot)
        nodes.require_all_used()
        return Verified(
            chain=network.chain,
            block=header.number,
            block_hash=header.hash,
            timestamp_seconds=header.timestamp_seconds,
            facts=facts,
            signers=signers,
            signer_sets=(network.signer_set, *(change.signers for change in self.changes)),
            changed_at=tuple(change.checkpoint.block for change in self.changes),
        )

    def only(self, keys: Collection[FactKey]) -> "Snapshot":
        """The same with only these of its facts, and the nodes that prove them.

        Raises HeaderInvalid, ProofInvalid for one that would not verify.
        """
        header = decode_header(self.header)
        nodes = ProofNodes(self.nodes)
        proven: list[Proven] = []
        for contract, address, slots in self.proven:
            kept = tuple(slot for slot in slots if FactKey(contract, slot) in keys)
            if kept:
                account = nodes.account(header.state_root, address)
                for slot in kept:
                    nodes.word(account.storage_root, slot)
                proven.append(Proven(contract, address, kept))
        return Snapshot(self.changes, self.checkpoint, self.header, tuple(proven), nodes.used())


def make_snapshot(
    network: Network,
    changes: Sequence[SignerChange],
    checkpoint: Checkpoint,
    header: Header,
    proofs: Iterable[tuple[Name, AccountProof]],
) -> Snapshot:
    """A snapshot from a chain's proofs, one for each contract that facts are asked of.

    Only nodes that prove something are kept. Raises ProofInvalid, SnapshotInvalid.
    """
    listed: dict[Name, AccountProof] = dict(proofs)
    gathered: dict[bytes, None] = {}
    proven: list[Proven] = []
    for contract in CONTRACTS:
        proof = listed.get(contract)
        if proof is None or not proof.storage:
            continue
        if proof.address != network.contracts[contract].address:
            raise SnapshotInvalid(f"{contract} is another contract")
        gathered.update(dict.fromkeys(proof.nodes))
        for nodes in proof.storage.values():
            gathered.update(dict.fromkeys(nodes))
        proven.append(Proven(contract, proof.address, tuple(sorted(proof.storage))))
    whole = Snapshot(tuple(changes), checkpoint, header.encoded, tuple(proven), tuple(gathered))
    return whole.only(whole.keys)


def decode_snapshot(data: bytes) -> Snapshot:
    """Read what `encode` gave; proves nothing yet. Raises SnapshotInvalid."""
    if len(data) > snapshot_size_bytes_max:
        raise SnapshotInvalid(f"it is larger than {snapshot_size_bytes_max} bytes")
    try:
        *values, check = codec.fields(codec.decode(data), 7, "snapshot")
        version, changes, checkpoint, header, proven, nodes = values
        if not codec.is_number(version, _VERSION):
            raise CodecError("its version is another")
        if check != _check(values):
            raise CodecError("its bytes have changed")
        snapshot = Snapshot(
            tuple(
                decode_signer_change(change)
                for change in codec.items(changes, "signer changes", signer_changes_max)
            ),
            decode_checkpoint(checkpoint),
            decode_header_field(header),
            tuple(_proven(entry) for entry in codec.items(proven, "contracts", len(CONTRACTS))),
            decode_nodes(nodes, proof_nodes_max),
        )
        _check_order(snapshot.proven)
    except CodecError as error:
        raise SnapshotInvalid(str(error)) from error
    return snapshot


def _proven(value: object) -> Proven:
    number, address, slots = codec.fields(value, 3, "contract")
    return Proven(
        CONTRACTS[codec.natural(number, "contract", len(CONTRACTS) - 1)],
        codec.octets(address, 20, "address"),
        tuple(
            codec.octets(slot, 32, "slot")
            for slot in codec.items(slots, "slots", snapshot_slots_max)
        ),
    )


def _check_order(proven: tuple[Proven, ...]) -> None:
    """One set of facts has one form. Raises SnapshotInvalid."""
    numbers = [CONTRACTS.index(entry.contract) for entry in proven]
    if numbers != sorted(set(numbers)):
        raise SnapshotInvalid("its contracts are doubled or not in order")
    for entry in proven:
        if not entry.slots or list(entry.slots) != sorted(set(entry.slots)):
            raise SnapshotInvalid("its slots are doubled or not in order")
    if sum(len(entry.slots) for entry in proven) > snapshot_slots_max:
        raise SnapshotInvalid(f"it has more than {snapshot_slots_max} facts")


def _check(values: list[object]) -> bytes:
    return hashed("snapshot", codec.encode(values))
