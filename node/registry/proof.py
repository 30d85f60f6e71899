"""Merkle proofs of accounts and storage slots, inclusion and absence (EIP-1186), checked offline.

Used by snapshots, whose proofs share nodes, and by the client for each answer of a chain. Strict:
what is not needed is refused like what is missing. A node is decoded once however many ways lead
through it; of libraries only RLP is used, `trie` holds it to account in the tests.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from node.registry.errors import ProofInvalid
from node.registry.keccak import keccak
from node.registry.limits import proof_depth_max, proof_node_size_bytes_max

EMPTY_ROOT: Final = bytes.fromhex(
    "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"
)
"""The root of a trie with nothing in it: Keccak-256 of the empty string's RLP."""
_REMEMBERED_MAX: Final = 2048
"""Nodes that are remembered decoded, of at most 1 KiB each."""
_BRANCH: Final = 17
_SHORT: Final = 2
_NIBBLE: Final = {digit: int(digit, 16) for digit in "0123456789abcdef"}


@dataclass(frozen=True)
class Account:
    """What the state has of a contract."""

    storage_root: bytes
    code_hash: bytes


@dataclass(frozen=True)
class AccountProof:
    """What a chain's `eth_getProof` answers for one contract: lists of RLP-encoded nodes."""

    address: bytes
    """20 bytes."""
    nodes: tuple[bytes, ...]
    """From the state root to the account."""
    storage: Mapping[bytes, tuple[bytes, ...]]
    """By slot (32 bytes): from the storage root to the slot's value, or to where it would be."""


class ProofNodes:
    """Nodes of tries by their hashes, decoded when a way first leads through them."""

    def __init__(self, nodes: Iterable[bytes]) -> None:
        """Take the nodes. Raises ProofInvalid for a doubled or oversized one."""
        self._encoded: dict[bytes, bytes] = {}
        self._decoded: dict[bytes, _Node] = {}
        for node in nodes:
            if len(node) > proof_node_size_bytes_max:
                raise ProofInvalid(f"a node is larger than {proof_node_size_bytes_max} bytes")
            name = _name(node)
            if name in self._encoded:
                raise ProofInvalid("a node is there twice")
            self._encoded[name] = node

    def find(self, root: bytes, key: bytes) -> bytes | None:
        """What the trie under a root has at a key, None where it provably has nothing.

        Raises ProofInvalid where the nodes prove neither.
        """
        if root == EMPTY_ROOT:
            return None
        path = key.hex()
        place = 0
        node = self._node(root)
        for _ in range(proof_depth_max):
            if isinstance(node, _Branch):
                if place == len(path):
                    return node.items[16] or None
                child = node.items[_NIBBLE[path[place]]]
                place += 1
            else:
                if path[place : place + len(node.path)] != node.path:
                    return None
                place += len(node.path)
                if node.leaf:
                    return node.payload if place == len(path) else None
                child = node.payload
            if child == b"":
                return None
            node = _parse(child) if isinstance(child, list) else self._node(child)
        raise ProofInvalid("it goes deeper than any key")

    def require_all_used(self) -> None:
        """Refuse nodes that no way led through, so that one proof has one form."""
        if len(self._decoded) != len(self._encoded):
            raise ProofInvalid("it has nodes that prove nothing")

    def used(self) -> tuple[bytes, ...]:
        """The nodes that ways led through so far, ascending by hash."""
        return tuple(self._encoded[name] for name in sorted(self._decoded))

    def all(self) -> tuple[bytes, ...]:
        """All nodes, ascending by hash: the order in which snapshots carry them."""
        return tuple(self._encoded[name] for name in sorted(self._encoded))

    def account(self, state_root: bytes, address: bytes) -> Account:
        """What the state has of a contract. Raises ProofInvalid where it has none."""
        encoded = self.find(state_root, keccak(address))
        if encoded is None:
            raise ProofInvalid("the state has no such contract")
        fields = _decode(encoded)
        if not isinstance(fields, list) or len(fields) != 4:
            raise ProofInvalid("an account is malformed")
        _, _, storage_root, code_hash = fields
        for value in (storage_root, code_hash):
            if not isinstance(value, bytes) or len(value) != 32:
                raise ProofInvalid("an account is malformed")
        return Account(storage_root, code_hash)

    def word(self, storage_root: bytes, slot: bytes) -> int:
        """A slot's word; 0 where the storage provably has nothing there. Raises ProofInvalid."""
        encoded = self.find(storage_root, keccak(slot))
        if encoded is None:
            return 0
        value = _decode(encoded)
        # anvil leaves slots that became zero in its tries, as empty values under a root of its own.
        if not isinstance(value, bytes) or len(value) > 32 or value[:1] == b"\0":
            raise ProofInvalid("a slot's value is malformed")
        return int.from_bytes(value)

    def _node(self, name: bytes) -> "_Node":
        found = self._decoded.get(name)
        if found is None:
            encoded = self._encoded.get(name)
            if encoded is None:
                raise ProofInvalid("a node is missing")
            found = self._decoded[name] = _parsed(encoded)
        return found


def prove(root: bytes, key: bytes, nodes: Iterable[bytes]) -> bytes | None:
    """What a trie has at a key by one list of nodes, each of which is needed; None: nothing.

    Raises ProofInvalid.
    """
    known = ProofNodes(nodes)
    value = known.find(root, key)
    known.require_all_used()
    return value


def check_account(state_root: bytes, proof: AccountProof) -> tuple[Account, dict[bytes, int]]:
    """A contract and its slots' words as a chain's answer proves them, list by list.

    Raises ProofInvalid: a value that the chain says beside its proof is never looked at.
    """
    nodes = ProofNodes(proof.nodes)
    account = nodes.account(state_root, proof.address)
    nodes.require_all_used()
    words: dict[bytes, int] = {}
    for slot, listed in proof.storage.items():
        known = ProofNodes(listed)
        words[slot] = known.word(account.storage_root, slot)
        known.require_all_used()
    return account, words


@dataclass(frozen=True, slots=True)
class _Branch:
    items: list[Any]
    """16 children (b"" for none, a hash, or a small node itself), then a value."""


@dataclass(frozen=True, slots=True)
class _Short:
    path: str
    """Hexadecimal digits."""
    leaf: bool
    payload: Any
    """A leaf's value, or an extension's child."""


_Node = _Branch | _Short


@lru_cache(maxsize=_REMEMBERED_MAX)
def _name(encoded: bytes) -> bytes:
    return keccak(encoded)


@lru_cache(maxsize=_REMEMBERED_MAX)
def _parsed(encoded: bytes) -> _Node:
    """A node that nobody changes: snapshots of one block, and of the next, share most of theirs."""
    return _parse(_decode(encoded))


def _decode(encoded: bytes) -> Any:
    import rlp  # type: ignore[import-untyped]  # no stubs
    from rlp.exceptions import DecodingError  # type: ignore[import-untyped]  # no stubs

    try:
        return rlp.decode(encoded)
    except (DecodingError, RecursionError) as error:
        raise ProofInvalid("a node is not RLP") from error


def _parse(items: Any) -> _Node:
    """A decoded node in a form to walk through (yellow paper, appendix D)."""
    if isinstance(items, list) and len(items) == _BRANCH:
        if not isinstance(items[16], bytes) or not all(map(_is_child, items[:16])):
            raise ProofInvalid("a branch is malformed")
        return _Branch(items)
    if not isinstance(items, list) or len(items) != _SHORT or not isinstance(items[0], bytes):
        raise ProofInvalid("a node is neither branch nor extension nor leaf")
    prefix, payload = items
    flags = prefix[0] if prefix else 0xFF
    odd = flags & 0x10
    if flags > 0x3F or (not odd and flags & 0x0F):
        raise ProofInvalid("a node's path is malformed")
    leaf = bool(flags & 0x20)
    path = prefix.hex()[1 if odd else 2 :]
    if leaf:
        if not isinstance(payload, bytes) or not payload:
            raise ProofInvalid("a leaf is malformed")
    elif not path or payload == b"" or not _is_child(payload):
        raise ProofInvalid("an extension is malformed")
    return _Short(path, leaf, payload)


def _is_child(value: object) -> bool:
    return isinstance(value, list) or (isinstance(value, bytes) and len(value) in (0, 32))
