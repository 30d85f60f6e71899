"""Merkle proofs of accounts and of their storage, for present and absent ones. For eth_getProof.

A proof is the nodes from the root down, as go-ethereum lists them: a node that is kept inside its
parent is no item of its own, and the proof of an empty trie has none.
"""

from collections.abc import Mapping

import rlp  # type: ignore[import-untyped]  # it has no types
from eth.constants import BLANK_ROOT_HASH

from contracts.development.database import ChainDatabase
from contracts.keccak import keccak


def prove(nodes: Mapping[bytes, bytes] | ChainDatabase, root: bytes, key: bytes) -> list[bytes]:
    """The encoded nodes that show what lies under Keccak(key), or that nothing does."""
    proof: list[bytes] = []
    if root == BLANK_ROOT_HASH:
        return proof
    path = _nibbles(keccak(key))
    reference: bytes | list[object] = root
    while reference != b"":
        if isinstance(reference, bytes):
            encoded = nodes[reference]
            proof.append(encoded)
            node = rlp.decode(encoded)
        else:
            node = reference
        if len(node) == 17:
            if not path:
                break
            reference, path = node[path[0]], path[1:]
            continue
        part, is_leaf = _part_of(node[0])
        if is_leaf or path[: len(part)] != part:
            break
        reference, path = node[1], path[len(part) :]
    return proof


def _nibbles(value: bytes) -> list[int]:
    return [nibble for byte in value for nibble in (byte >> 4, byte & 15)]


def _part_of(compact: bytes) -> tuple[list[int], bool]:
    """The nibbles of a leaf or an extension, from their hex-prefix form."""
    nibbles = _nibbles(compact)
    return nibbles[1 if nibbles[0] & 1 else 2 :], bool(nibbles[0] & 2)
