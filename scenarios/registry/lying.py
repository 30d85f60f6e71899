"""Endpoints that lie, each in one way; what production's client makes of it is the test.

They lie in the answers of JSON-RPC, over any ground.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final

import rlp  # type: ignore[import-untyped]  # no stubs

from node.registry.checkpoint import Checkpoint, combine_checkpoints, sign_checkpoint
from node.registry.header import Header, decode_header
from scenarios.registry.ground import SIGNERS_ENOUGH, Ground
from scenarios.registry.model_ground import shown_block

FUTURE_SECONDS: Final = 30 * 86_400
"""How far ahead the block is dated that signers with wrong clocks vouch for."""
_FUTURE_BLOCKS: Final = 1_000_000
_STALE_BLOCKS: Final = 50
_NUMBER, _TIMESTAMP, _EXTRA = 8, 11, 12
_BLOCKS: Final = ("eth_getBlockByNumber", "eth_getBlockByHash")
_TAGS: Final = ("finalized", "latest")


class Lie(StrEnum):
    """In what an endpoint lies."""

    STALE = "stale"
    """Shows the chain as it was, as if nothing had come since."""
    FORGED = "forged"
    """Other words, under proofs that do not hold."""
    OTHER_CHAIN = "other-chain"
    """Another chain answers at its address."""
    OTHER_PROOF = "other-proof"
    """Proofs that are true of another block."""
    FUTURE = "future"
    """A block far in the future, for which signers vouched: one and the same in a run."""
    OTHER_HASH = "other-hash"
    """Another block of the same number."""


class Liar:
    """A provider that hands questions on, and answers some otherwise."""

    def __init__(self, ground: Ground, lie: Lie) -> None:
        """Lie in one way."""
        self._ground = ground
        self._lie = lie
        self._answers: dict[Lie, Callable[[str, list[Any]], Any]] = {
            Lie.STALE: self._stale,
            Lie.FORGED: self._forged,
            Lie.OTHER_CHAIN: self._other_chain,
            Lie.OTHER_PROOF: self._other_proof,
            Lie.FUTURE: self._future,
            Lie.OTHER_HASH: self._other_hash,
        }
        self._true_block = ground.finalized
        self._ahead = _altered(ground.header(self._true_block), ahead=True)

    def checkpoint(self) -> Checkpoint | None:
        """What signers vouch for beside the lie; None where it is what they always do."""
        if self._lie is not Lie.FUTURE:
            return None
        founding, network = self._ground.founding, self._ground.network
        header = self._ahead
        signed = [
            sign_checkpoint(one, network.fingerprint, header.number, header.hash)
            for one in founding.signers[:SIGNERS_ENOUGH]
        ]
        return combine_checkpoints(signed, founding.signer_set, network.fingerprint)

    def make_request(self, method: Any, params: Any, /) -> Any:
        """Answer one question."""
        return self._answers[self._lie](method, list(params))

    def _true(self, method: str, params: list[Any]) -> Any:
        return self._ground.make_request(method, params)

    def _stale(self, method: str, params: list[Any]) -> Any:
        if method == "eth_getBlockByNumber" and params[0] in _TAGS:
            first = self._ground.network.genesis.block
            params[0] = hex(max(first, self._ground.finalized - _STALE_BLOCKS))
        return self._true(method, params)

    def _forged(self, method: str, params: list[Any]) -> Any:
        answer = self._true(method, params)
        if method == "eth_getProof":
            for each in answer["result"]["storageProof"]:
                if each["proof"]:
                    last = bytearray.fromhex(each["proof"][-1][2:])
                    last[-1] ^= 1
                    each["proof"] = [*each["proof"][:-1], "0x" + last.hex()]
        return answer

    def _other_chain(self, method: str, params: list[Any]) -> Any:
        if method == "eth_chainId":
            return {"result": hex(self._ground.network.chain + 1)}
        return self._true(method, params)

    def _other_proof(self, method: str, params: list[Any]) -> Any:
        if method == "eth_getProof":
            params[2] = hex(self._ground.network.genesis.block)
        return self._true(method, params)

    def _future(self, method: str, params: list[Any]) -> Any:
        shown = {"finalized", "latest", hex(self._ahead.number), "0x" + self._ahead.hash.hex()}
        if method in _BLOCKS and params[0] in shown:
            return {"result": shown_block(self._ahead)}
        if method == "eth_getProof" and params[2] == hex(self._ahead.number):
            params[2] = hex(self._true_block)
        return self._true(method, params)

    def _other_hash(self, method: str, params: list[Any]) -> Any:
        answer = self._true(method, params)
        block = answer.get("result")
        if method in _BLOCKS and block is not None:
            number = int(block["number"], 16)
            if number > self._ground.network.genesis.block:
                return {"result": shown_block(_altered(self._ground.header(number), ahead=False))}
        return answer


def _altered(header: Header, *, ahead: bool) -> Header:
    """The same block further on in number and time, or with another hash alone."""
    fields = list(rlp.decode(header.encoded))
    if ahead:
        fields[_NUMBER] = _natural(header.number + _FUTURE_BLOCKS)
        fields[_TIMESTAMP] = _natural(header.timestamp_seconds + FUTURE_SECONDS)
    else:
        fields[_EXTRA] = b"another"
    return decode_header(rlp.encode(fields))


def _natural(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8)
