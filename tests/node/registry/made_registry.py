"""Registries that no chain made: states of accounts and slots, signed, in microseconds."""

from collections.abc import Iterable, Mapping

import rlp  # type: ignore[import-untyped]  # no stubs
from trie.hexary import HexaryTrie

from contracts.loader import Name
from node.registry.checkpoint import Checkpoint, combine_checkpoints, sign_checkpoint
from node.registry.header import Header, decode_header
from node.registry.keccak import keccak
from node.registry.network import CONTRACTS, Deployed, Genesis, Network
from node.registry.proof import EMPTY_ROOT, AccountProof
from node.registry.signer_change import SignerChange
from node.registry.signers import SignerSet
from node.registry.snapshot import Snapshot, make_snapshot
from sync.signing import Signer

SIGNERS = tuple(Signer(bytes([number]) * 32) for number in range(1, 8))
ADDRESSES = {name: bytes([number]) * 20 for number, name in enumerate(CONTRACTS, 1)}
CODES = {name: keccak(name.encode()) for name in CONTRACTS}
GENESIS = Genesis(1, b"\x01" * 32)
BLOCK_SECONDS = 100
"""Block n is dated so many seconds times n."""


def signer_set(signers: Iterable[Signer] = SIGNERS[:3], threshold: int = 2) -> SignerSet:
    return SignerSet(tuple(sorted(signer.public for signer in signers)), threshold)


def network(**other: object) -> Network:
    fields: dict[str, object] = {
        "name": "made",
        "chain": 1337,
        "contracts": {name: Deployed(ADDRESSES[name], CODES[name]) for name in CONTRACTS},
        "signers": signer_set().keys,
        "threshold": 2,
        "genesis": GENESIS,
        "development": True,
        "urls": ("http://127.0.0.1:8545",),
    }
    return Network(**{**fields, **other})  # type: ignore[arg-type]  # of many types


def slot(number: int) -> bytes:
    return keccak(b"slot" + number.to_bytes(4))


class State:
    """Words by contract and slot, as a chain would hold them."""

    def __init__(self, words: Mapping[Name, Mapping[bytes, int]], others: int = 20) -> None:
        self._nodes: dict[bytes, bytes] = {}
        self._accounts = HexaryTrie(self._nodes)
        self._storage: dict[Name, HexaryTrie] = {}
        for name in CONTRACTS:
            storage = self._storage[name] = HexaryTrie(self._nodes)
            for place, word in words.get(name, {}).items():
                if word:
                    storage[keccak(place)] = rlp.encode(word)
            account = [1, 0, storage.root_hash, CODES[name]]
            self._accounts[keccak(ADDRESSES[name])] = rlp.encode(account)
        for number in range(others):
            stranger = rlp.encode([number, 1, EMPTY_ROOT, keccak(b"")])
            self._accounts[keccak(number.to_bytes(20))] = stranger

    @property
    def root(self) -> bytes:
        return bytes(self._accounts.root_hash)

    def proof(self, name: Name, slots: Iterable[bytes]) -> AccountProof:
        return AccountProof(
            ADDRESSES[name],
            _encoded(self._accounts, ADDRESSES[name]),
            {place: _encoded(self._storage[name], place) for place in slots},
        )

    def header(self, number: int, salt: bytes = b"") -> Header:
        fields = [
            *(bytes(32), bytes(32), bytes(20), self.root, bytes(32), bytes(32), bytes(256)),
            *(0, number, 30_000_000, 21_000, BLOCK_SECONDS * number, salt, bytes(32), bytes(8)),
            *(7, bytes(32)),
        ]
        return decode_header(rlp.encode(fields))


def _encoded(trie: HexaryTrie, key: bytes) -> tuple[bytes, ...]:
    return tuple(rlp.encode(node) for node in trie.get_proof(keccak(key)))  # type: ignore[no-untyped-call]


def checkpoint(
    of: Network, header: Header, signers: Iterable[Signer] = SIGNERS[:2], threshold: int = 2
) -> Checkpoint:
    """Signed by all of these, who need not be the network's."""
    signers = list(signers)
    alone = [sign_checkpoint(one, of.fingerprint, header.number, header.hash) for one in signers]
    return combine_checkpoints(alone, signer_set(signers, min(threshold, len(signers))))


def snapshot(
    of: Network,
    words: Mapping[Name, Mapping[bytes, int]],
    block: int,
    *,
    asked: Mapping[Name, Iterable[bytes]] | None = None,
    changes: tuple[SignerChange, ...] = (),
    signers: Iterable[Signer] = SIGNERS[:2],
    salt: bytes = b"",
) -> Snapshot:
    """A snapshot of all words of a state (or of the slots asked), signed."""
    state = State(words)
    header = state.header(block, salt)
    wanted = asked if asked is not None else {name: list(held) for name, held in words.items()}
    proofs = [(name, state.proof(name, slots)) for name, slots in wanted.items()]
    return make_snapshot(of, changes, checkpoint(of, header, signers), header, proofs)


def change(
    of: Network, new: SignerSet, block: int, signers: Iterable[Signer] = SIGNERS[:2]
) -> SignerChange:
    """A proven change of the signers, vouched for by these."""
    from contracts.slots import signers_slot
    from node.registry.signer_change import make_signer_change

    state = State({Name.ACCREDITATION: {signers_slot(): int.from_bytes(new.hash)}})
    header = state.header(block)
    proof = state.proof(Name.ACCREDITATION, [signers_slot()])
    nodes = [*proof.nodes, *proof.storage[signers_slot()]]
    return make_signer_change(new, checkpoint(of, header, signers), header, nodes)
