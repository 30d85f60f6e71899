"""A registry's state that no chain made, with signed proofs: what fuzzing and bench start from.

A few accounts and slots in Merkle tries of `trie`, which is another implementation than the node's.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import rlp  # type: ignore[import-untyped]  # it has no types
from trie.hexary import HexaryTrie

from contracts.keccak import keccak
from contracts.loader import Name
from node.registry.checkpoint import sign_checkpoint
from node.registry.header import Header, decode_header
from node.registry.network import CONTRACTS, Deployed, Genesis, Network
from node.registry.proof import AccountProof
from node.registry.signer_change import SignerChange, make_signer_change
from node.registry.signers import SignerSet
from node.registry.snapshot import Snapshot, make_snapshot
from sync.signing import Signer

SIGNER: Final = Signer(b"checkpoints of nowhere" + bytes(10))
ADDRESSES: Final = {name: bytes([number]) * 20 for number, name in enumerate(CONTRACTS, 1)}
CODES: Final = {name: keccak(name.encode()) for name in CONTRACTS}
NETWORK: Final = Network(
    name="nowhere",
    chain=1337,
    contracts={name: Deployed(ADDRESSES[name], CODES[name]) for name in CONTRACTS},
    signers=(SIGNER.public,),
    threshold=1,
    genesis=Genesis(1, b"\x01" * 32),
    development=True,
    urls=("http://127.0.0.1:8545",),
)


class ChainState:
    """Words by contract and slot, with proofs of them and of what is not there."""

    def __init__(self, words: Mapping[Name, Mapping[bytes, int]]) -> None:
        self.words = words
        nodes: dict[bytes, bytes] = {}
        self._accounts = HexaryTrie(nodes)
        self._storage: dict[Name, HexaryTrie] = {}
        for name in CONTRACTS:
            storage = self._storage[name] = HexaryTrie(nodes)
            for slot, word in words.get(name, {}).items():
                storage[keccak(slot)] = rlp.encode(word)
            account = [1, 0, storage.root_hash, CODES[name]]
            self._accounts[keccak(ADDRESSES[name])] = rlp.encode(account)

    def word(self, name: Name, slot: bytes) -> int:
        """The truth."""
        return self.words.get(name, {}).get(slot, 0)

    def header(self, number: int) -> Header:
        """A block that this state stands after."""
        root = bytes(self._accounts.root_hash)
        fields = [
            *(bytes(32), bytes(32), bytes(20), root, bytes(32), bytes(32), bytes(256), 0, number),
            *(30_000_000, 21_000, 1_800_000_000 + number, b"", bytes(32), bytes(8), 7, bytes(32)),
        ]
        return decode_header(rlp.encode(fields))

    def proof(self, name: Name, slots: Iterable[bytes]) -> AccountProof:
        """What a chain answers when it is asked for slots."""
        account = _nodes(self._accounts, ADDRESSES[name])
        storage = {slot: _nodes(self._storage[name], slot) for slot in slots}
        return AccountProof(ADDRESSES[name], account, storage)

    def snapshot(
        self,
        asked: Mapping[Name, Iterable[bytes]],
        block: int = 50,
        changes: tuple[SignerChange, ...] = (),
        signer: Signer = SIGNER,
    ) -> Snapshot:
        """Facts of this state, vouched for."""
        header = self.header(block)
        checkpoint = sign_checkpoint(signer, NETWORK.fingerprint, block, header.hash)
        proofs = [(name, self.proof(name, slots)) for name, slots in asked.items()]
        return make_snapshot(NETWORK, changes, checkpoint, header, proofs)


def signer_change(new: SignerSet, block: int) -> SignerChange:
    """A change of the signers, proven under SIGNER."""
    from contracts.slots import signers_slot

    slot = signers_slot()
    state = ChainState({Name.ACCREDITATION: {slot: int.from_bytes(new.hash)}})
    header = state.header(block)
    checkpoint = sign_checkpoint(SIGNER, NETWORK.fingerprint, block, header.hash)
    proof = state.proof(Name.ACCREDITATION, [slot])
    return make_signer_change(new, checkpoint, header, (*proof.nodes, *proof.storage[slot]))


def _nodes(trie: HexaryTrie, key: bytes) -> tuple[bytes, ...]:
    found = trie.get_proof(keccak(key))  # type: ignore[no-untyped-call]  # it has no types
    return tuple(rlp.encode(node) for node in found)
