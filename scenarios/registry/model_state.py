"""Accounts and storage of the contracts as Merkle tries; every state is kept, and proves itself."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import rlp  # type: ignore[import-untyped]  # no stubs
from trie.hexary import HexaryTrie

from contracts.loader import Name
from node.registry.keccak import keccak
from node.registry.network import CONTRACTS, Deployed
from node.registry.proof import EMPTY_ROOT
from scenarios.registry.words import Place

_STRANGERS = 20


class State(NamedTuple):
    """One state, by its roots."""

    root: bytes
    storage: tuple[bytes, ...]
    """The storage roots of `CONTRACTS`, in their order."""


class States:
    """Every state that there was; nodes are shared, and none is forgotten."""

    def __init__(self, contracts: Mapping[Name, Deployed]) -> None:
        """Hold nothing but some strangers' accounts, so that proofs have branches."""
        self._contracts = contracts
        self._nodes: dict[bytes, bytes] = {}
        self._proofs: dict[tuple[bytes, bytes], tuple[str, ...]] = {}
        self._words: dict[tuple[bytes, bytes], int] = {}
        accounts = HexaryTrie(self._nodes)
        for number in range(_STRANGERS):
            stranger = rlp.encode([number, 1, EMPTY_ROOT, keccak(b"")])
            accounts[keccak(number.to_bytes(20))] = stranger
        self._strangers = bytes(accounts.root_hash)
        self.empty = State(self._strangers, (EMPTY_ROOT,) * len(CONTRACTS))

    def word(self, state: State, place: Place) -> int:
        """A storage word."""
        contract, slot = place
        root = state.storage[CONTRACTS.index(contract)]
        found = self._words.get((root, slot))
        if found is None:
            encoded = HexaryTrie(self._nodes, root)[keccak(slot)]
            found = int.from_bytes(rlp.decode(encoded)) if encoded else 0
            self._words[root, slot] = found
        return found

    def changed(self, state: State, changes: Iterable[tuple[Place, int]]) -> State:
        """The state after some words were changed."""
        roots = list(state.storage)
        by_contract: dict[Name, list[tuple[bytes, int]]] = {}
        for (contract, slot), word in changes:
            by_contract.setdefault(contract, []).append((slot, word))
        accounts = HexaryTrie(self._nodes, state.root)
        for place, name in enumerate(CONTRACTS):
            if name in by_contract:
                storage = HexaryTrie(self._nodes, roots[place])
                for slot, word in by_contract[name]:
                    if word:
                        storage[keccak(slot)] = rlp.encode(word)
                    else:
                        storage[keccak(slot)] = b""  # which a trie takes for none
                roots[place] = bytes(storage.root_hash)
            if name in by_contract or state == self.empty:
                account = [1, 0, roots[place], self._contracts[name].code_hash]
                accounts[keccak(self._contracts[name].address)] = rlp.encode(account)
        return State(bytes(accounts.root_hash), tuple(roots))

    def account_proof(self, state: State, contract: Name) -> tuple[str, ...]:
        """The nodes, as hexadecimal text, from the state root to a contract's account."""
        return self._prove(state.root, self._contracts[contract].address)

    def slot_proof(self, state: State, contract: Name, slot: bytes) -> tuple[str, ...]:
        """The nodes from a contract's storage root to a slot, or to where it would be."""
        return self._prove(state.storage[CONTRACTS.index(contract)], slot)

    def _prove(self, root: bytes, key: bytes) -> tuple[str, ...]:
        found = self._proofs.get((root, key))
        if found is None:
            if root == EMPTY_ROOT:
                found = ()
            else:
                nodes = HexaryTrie(self._nodes, root).get_proof(keccak(key))  # type: ignore[no-untyped-call]
                found = tuple("0x" + rlp.encode(node).hex() for node in nodes)
            self._proofs[root, key] = found
        return found
