"""What tests of chains ask with: JSON-RPC in this process, and another verifier of proofs."""

import json
from typing import Any

import rlp  # type: ignore[import-untyped]  # it has no types
from eth_hash.auto import keccak
from trie.hexary import HexaryTrie

from contracts.development.chain import DevelopmentChain
from contracts.development.rpc import JsonRpc

START_SECONDS = 1_700_000_000


class Clock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.seconds = float(START_SECONDS)

    def __call__(self) -> float:
        return self.seconds


class Local:
    """A development chain in this process, asked as over the wire."""

    def __init__(self, chain: DevelopmentChain) -> None:
        self.chain = chain
        self.rpc = JsonRpc(chain)

    def answer(self, method: str, *parameters: Any) -> dict[str, Any]:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(parameters)}
        answer: dict[str, Any] = json.loads(self.rpc.answer_bytes(json.dumps(body).encode()))
        return answer

    def ask(self, method: str, *parameters: Any) -> Any:
        answer = self.answer(method, *parameters)
        return answer.get("result", answer)


def proven(proof: dict[str, Any], state_root: str) -> tuple[list[int | bytes] | None, list[int]]:
    """What an eth_getProof answer proves: the account's fields (None: absent), and each slot.

    Raises BadTrieProof. Values that are said beside the proofs are not looked at.
    """
    address = bytes.fromhex(proof["address"][2:])
    account = _read(state_root, address, proof["accountProof"])
    if not account:
        return None, [0 for _ in proof["storageProof"]]
    nonce, balance, storage_root, code_hash = rlp.decode(account)
    values = []
    for one in proof["storageProof"]:
        slot = int(one["key"], 16).to_bytes(32, "big")
        found = _read("0x" + storage_root.hex(), slot, one["proof"])
        values.append(int.from_bytes(rlp.decode(found), "big") if found else 0)
    fields = [int.from_bytes(nonce, "big"), int.from_bytes(balance, "big"), storage_root, code_hash]
    return fields, values


def _read(root: str, key: bytes, nodes: list[str]) -> bytes:
    decoded = [rlp.decode(bytes.fromhex(node[2:])) for node in nodes]
    # Of an empty trie some list its root and some nothing.
    if not decoded or decoded[0] == b"":
        decoded = [b""]
    read: Any = HexaryTrie.get_from_proof
    found: bytes = read(bytes.fromhex(root[2:]), keccak(key), decoded)
    return found
