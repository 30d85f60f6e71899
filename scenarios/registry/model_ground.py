"""A model of a chain with the registry: the contracts' rules in Python, real headers and proofs.

It answers JSON-RPC as a development chain does, so that the production client asks it unchanged.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import rlp  # type: ignore[import-untyped]  # no stubs

from contracts.development_accounts import development_accounts
from contracts.loader import Name, code_hash
from contracts.packing import Council
from contracts.slots import council_slot, member_slot, signers_slot
from contracts.typed_data import Place as SignedPlace
from contracts.typed_data import address_of
from node.registry.deploying import created_address
from node.registry.header import Header, decode_header
from node.registry.keccak import keccak
from node.registry.network import CONTRACTS, Deployed, Genesis, Network
from scenarios.registry.accreditation import Accreditation, require
from scenarios.registry.calldata import read_call
from scenarios.registry.consents import Consents, Identities
from scenarios.registry.errors import CallReverted
from scenarios.registry.ground import (
    CHAIN_ID,
    FOUNDED_BEFORE_SECONDS,
    MEMBERS_ENOUGH,
    Call,
    Founding,
    blocks_due,
)
from scenarios.registry.model_state import State, States
from scenarios.registry.words import Words

_GAS: Final = 100_000
"""What every call is told to take: gas is no part of the model."""
_REVERTED: Final = 3
_MISSING: Final = -32601
_BLOCK_FIELDS: Final = (
    *("parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot"),
    *("logsBloom", "difficulty", "number", "gasLimit", "gasUsed", "timestamp", "extraData"),
    *("mixHash", "nonce", "baseFeePerGas", "withdrawalsRoot"),
)
"""In the order of a header; a model's block ends at `nonce`."""
_QUANTITIES: Final = frozenset({"difficulty", "number", "gasLimit", "gasUsed", "timestamp"}) | {
    "baseFeePerGas"
}


@dataclass(frozen=True)
class _Block:
    header: Header
    state: State
    nonces: Mapping[bytes, int]
    call: Call | None = None
    transaction: bytes = b""
    """Its hash."""
    succeeded: bool = True


class ModelGround:
    """Blocks in a list, one a call and some empty ones."""

    def __init__(self, founding: Founding) -> None:
        """Found the registry in block 0."""
        self.founding = founding
        deployer = address_of(founding.secret("deployer"))
        at = {name: created_address(deployer, nonce) for nonce, name in enumerate(CONTRACTS)}
        kept = {Name.ACCREDITATION: (at[Name.DID],), Name.CONSENT: (at[Name.ACCREDITATION],)}
        contracts = {
            name: Deployed(address, code_hash(name, *kept.get(name, ())))
            for name, address in at.items()
        }
        self._names = {address: name for name, address in at.items()}
        self._states = States(contracts)
        self._now = founding.begins_seconds - FOUNDED_BEFORE_SECONDS
        self._branch = 0
        self._blocks: list[_Block] = []
        self._by_transaction: dict[bytes, int] = {}
        members = [address_of(secret) for secret in founding.council]
        here = Name.ACCREDITATION
        words = {(here, member_slot(member)): 1 for member in members}
        words[here, council_slot()] = Council(len(members), MEMBERS_ENOUGH).to_word()
        words[here, signers_slot()] = int.from_bytes(founding.signer_set.hash)
        self._add(self._now, self._states.changed(self._states.empty, words.items()), {})
        self.network = Network(
            name="the simulated registry",
            chain=CHAIN_ID,
            contracts=contracts,
            signers=founding.signer_set.keys,
            threshold=founding.signer_set.threshold,
            genesis=Genesis(0, self._blocks[0].header.hash),
            development=True,
        )
        self._methods: dict[str, Callable[..., Any]] = {
            "eth_chainId": lambda: hex(CHAIN_ID),
            "eth_getBlockByNumber": lambda which, _full: self._shown(self._number(which)),
            "eth_getBlockByHash": self._block_by_hash,
            "eth_getProof": self._proof,
            "eth_accounts": lambda: ["0x" + of.address.hex() for of in development_accounts()],
            "eth_gasPrice": lambda: hex(10**9),
            "eth_maxPriorityFeePerGas": lambda: hex(10**9),
            "eth_estimateGas": self._estimate,
            "eth_getTransactionCount": lambda of, _which: hex(self._nonce(_octets(of))),
            "eth_sendTransaction": self._take,
            "eth_getTransactionByHash": self._transaction,
            "eth_getTransactionReceipt": self._transaction,
        }

    # -- blocks

    @property
    def head(self) -> int:
        """The number of the newest block."""
        return len(self._blocks) - 1

    @property
    def finalized(self) -> int:
        """The newest block that will stay."""
        return max(0, self.head - self.founding.finality_blocks)

    def header(self, number: int) -> Header:
        """A block's header."""
        return self._blocks[number].header

    def word(self, contract: Name, slot: bytes, block: int | None = None) -> int:
        """A word as it is now, or as it was after a block."""
        of = self._newest if block is None else self._blocks[block]
        return self._states.word(of.state, (contract, slot))

    def keep_up(self, now_seconds: int) -> None:
        """Let it be this time."""
        self._now = max(self._now, now_seconds)
        head_seconds = self._newest.header.timestamp_seconds
        for at in blocks_due(head_seconds, self._now, self.founding):
            self._add(at, self._newest.state, self._newest.nonces)

    def cut(self, number: int) -> list[Call]:
        """Forget all blocks after this one."""
        gone = self._blocks[number + 1 :]
        del self._blocks[number + 1 :]
        for block in gone:
            self._by_transaction.pop(block.transaction, None)
        self._branch += 1
        return [block.call for block in gone if block.call is not None]

    def calls(self) -> list[Call]:
        """The calls that are in blocks and were not refused, in order."""
        return [block.call for block in self._blocks if block.call and block.succeeded]

    def end(self) -> None:
        """Let go of its memory."""
        self._blocks.clear()

    @property
    def _newest(self) -> _Block:
        return self._blocks[-1]

    def _add(self, at_seconds: int, state: State, nonces: Mapping[bytes, int], **more: Any) -> None:
        parent = self._newest.header.hash if self._blocks else bytes(32)
        extra = b"model" + self._branch.to_bytes(2)
        values = [
            *(parent, bytes(32), bytes(20), state.root, bytes(32), bytes(32), bytes(256)),
            *(0, len(self._blocks), 30_000_000, _GAS, at_seconds, extra, bytes(32), bytes(8)),
        ]
        self._blocks.append(_Block(decode_header(rlp.encode(values)), state, nonces, **more))

    # -- calls

    def send(self, call: Call) -> str | None:
        """Put a call in a block of its own."""
        try:
            self._run(call)
        except CallReverted as error:
            return error.reason
        self._mine(call, self._nonce(call.sender))
        return None

    def _run(self, call: Call) -> State:
        """The state after a call in the next block. Raises CallReverted."""
        state, at = self._newest.state, self._next_seconds
        words = Words(lambda place: self._states.word(state, place))
        place = SignedPlace(CHAIN_ID, self.network.contracts[call.contract].address)
        name, arguments = read_call(call.contract, call.calldata)
        contract: Accreditation | Consents | Identities
        if call.contract is Name.ACCREDITATION:
            contract = Accreditation(words, place, call.sender, at)
        elif call.contract is Name.CONSENT:
            contract = Consents(words, place, call.sender, at)
        else:
            contract = Identities(words, place, call.sender, len(self._blocks))
        require(name in contract.functions, f"{name} is no part of the model")
        contract.functions[name](*arguments)
        return self._states.changed(state, words.changed())

    @property
    def _next_seconds(self) -> int:
        return max(self._now, self._newest.header.timestamp_seconds + 1)

    def _mine(self, call: Call, nonce: int) -> bytes:
        try:
            state, succeeded = self._run(call), True
        except CallReverted:
            state, succeeded = self._newest.state, False
        to = self.network.contracts[call.contract].address
        hash_ = keccak(rlp.encode([call.sender, nonce, to, call.calldata]))
        nonces = {**self._newest.nonces, call.sender: nonce + 1}
        self._add(
            self._next_seconds,
            state,
            nonces,
            call=call,
            transaction=hash_,
            succeeded=succeeded,
        )
        self._by_transaction[hash_] = self.head
        return hash_

    def _nonce(self, sender: bytes) -> int:
        return self._newest.nonces.get(sender, 0)

    # -- JSON-RPC

    def make_request(self, method: Any, params: Any, /) -> Any:
        """Answer one question."""
        known = self._methods.get(method)
        if known is None:
            return {"error": {"code": _MISSING, "message": f"no method {method}"}}
        try:
            return {"result": known(*params)}
        except CallReverted as error:
            message = f"execution reverted: {error.reason}"
            return {"error": {"code": _REVERTED, "message": message}}

    def _number(self, which: str) -> int:
        if which == "finalized":
            return self.finalized
        return self.head if which in ("latest", "pending") else int(which, 16)

    def _shown(self, number: int) -> dict[str, str] | None:
        if not 0 <= number <= self.head:
            return None
        return shown_block(self._blocks[number].header)

    def _block_by_hash(self, hash_: str, _full: bool) -> dict[str, str] | None:
        wanted = _octets(hash_)
        for block in reversed(self._blocks):
            if block.header.hash == wanted:
                return shown_block(block.header)
        return None

    def _proof(self, address: str, slots: list[str], which: str) -> dict[str, Any]:
        contract, state = self._names[_octets(address)], self._blocks[self._number(which)].state
        return {
            "accountProof": list(self._states.account_proof(state, contract)),
            "storageProof": [
                {
                    "key": slot,
                    "proof": list(self._states.slot_proof(state, contract, _octets(slot))),
                }
                for slot in slots
            ],
        }

    def _call(self, asked: Mapping[str, str]) -> Call:
        contract = self._names.get(_octets(asked["to"]))
        require(contract, "no such contract")
        assert contract is not None
        return Call(_octets(asked["from"]), contract, _octets(asked["data"]))

    def _estimate(self, asked: Mapping[str, str]) -> str:
        self._run(self._call(asked))
        return hex(_GAS)

    def _take(self, asked: Mapping[str, str]) -> str:
        call = self._call(asked)
        nonce = self._nonce(call.sender)
        require(int(asked.get("nonce", hex(nonce)), 16) == nonce, "its number is taken")
        return "0x" + self._mine(call, nonce).hex()

    def _transaction(self, hash_: str) -> dict[str, str] | None:
        number = self._by_transaction.get(_octets(hash_))
        if number is None:
            return None
        block = self._blocks[number]
        return {
            "transactionHash": hash_,
            "blockNumber": hex(number),
            "blockHash": "0x" + block.header.hash.hex(),
            "status": hex(block.succeeded),
            "gasUsed": hex(_GAS),
        }


def shown_block(header: Header) -> dict[str, str]:
    """A header as JSON-RPC tells it."""
    values = rlp.decode(header.encoded)
    shown = {
        name: hex(int.from_bytes(value)) if name in _QUANTITIES else "0x" + value.hex()
        for name, value in zip(_BLOCK_FIELDS, values, strict=False)
    }
    return shown | {"hash": "0x" + header.hash.hex()}


def _octets(text: str) -> bytes:
    return bytes.fromhex(text[2:])
