"""JSON-RPC methods that only look: blocks, accounts, calls, proofs, fees. Called by `JsonRpc`."""

from collections.abc import Sequence
from typing import Any

from eth_typing import Address

from contracts.development import execution
from contracts.development.chain import DevelopmentChain
from contracts.development.errors import ChainFailure, InvalidParameters
from contracts.development.execution import Call
from contracts.development.limits import (
    block_gas_max,
    fee_history_blocks_max,
    priority_fee_wei,
    proof_slots_max,
)
from contracts.development.proofs import prove
from contracts.development.quantities import (
    address_of,
    block_number_of,
    bytes_of,
    flag_of,
    mapping_of,
    number_of,
    shown,
    shown_bytes,
    slot_of,
    word_of,
)
from contracts.development.shapes import block_shape, receipt_shape, transaction_shape


class Reading:
    """The methods; each takes the parameters that its name in Ethereum's JSON-RPC has."""

    def __init__(self, chain: DevelopmentChain) -> None:
        self._chain = chain

    def block_number(self) -> str:
        """eth_blockNumber."""
        return shown(self._chain.head.block_number)

    def block_by_number(self, which: object, full: object = False) -> dict[str, Any] | None:
        """eth_getBlockByNumber; None where it is not there yet. `pending` is an empty block."""
        whole = flag_of(full, "whether transactions are whole")
        if which == "pending":
            shape = block_shape(self._chain, self._chain.next_header(), full=False)
            return shape | {"hash": None, "nonce": None, "miner": None}
        try:
            number = block_number_of(self._chain, which)
        except InvalidParameters:
            raise
        except ChainFailure:
            return None
        return block_shape(self._chain, self._chain.header(number), full=whole)

    def block_by_hash(self, block_hash: object, full: object = False) -> dict[str, Any] | None:
        """eth_getBlockByHash."""
        whole = flag_of(full, "whether transactions are whole")
        number = self._chain.number_of(word_of(block_hash))
        if number is None:
            return None
        return block_shape(self._chain, self._chain.header(number), full=whole)

    def transaction_count_by_number(self, which: object) -> str:
        """eth_getBlockTransactionCountByNumber."""
        number = block_number_of(self._chain, which)
        return shown(int(self._chain.transaction_in(number) is not None))

    def transaction_count_by_hash(self, block_hash: object) -> str:
        """eth_getBlockTransactionCountByHash."""
        return self.transaction_count_by_number({"blockHash": block_hash})

    def transaction_by_number(self, which: object, index: object) -> dict[str, Any] | None:
        """eth_getTransactionByBlockNumberAndIndex; a block has one at most."""
        mined = self._chain.transaction_in(block_number_of(self._chain, which))
        if mined is None or number_of(index, "the index"):
            return None
        return transaction_shape(self._chain, mined)

    def transaction_by_hash_and_index(
        self, block_hash: object, index: object
    ) -> dict[str, Any] | None:
        """eth_getTransactionByBlockHashAndIndex."""
        return self.transaction_by_number({"blockHash": block_hash}, index)

    def receipts(self, which: object) -> list[dict[str, Any]]:
        """eth_getBlockReceipts."""
        mined = self._chain.transaction_in(block_number_of(self._chain, which))
        return [] if mined is None else [receipt_shape(self._chain, mined)]

    def code(self, address: object, which: object = "latest") -> str:
        """eth_getCode."""
        state = self._chain.state_at(block_number_of(self._chain, which))
        return shown_bytes(state.get_code(Address(address_of(address))))

    def storage(self, address: object, slot: object, which: object = "latest") -> str:
        """eth_getStorageAt: a word of 32 bytes."""
        state = self._chain.state_at(block_number_of(self._chain, which))
        value = state.get_storage(Address(address_of(address)), slot_of(slot))
        return shown_bytes(value.to_bytes(32, "big"))

    def balance(self, address: object, which: object = "latest") -> str:
        """eth_getBalance."""
        state = self._chain.state_at(block_number_of(self._chain, which))
        return shown(state.get_balance(Address(address_of(address))))

    def transaction_count(self, address: object, which: object = "latest") -> str:
        """eth_getTransactionCount: the nonce of the account's next transaction."""
        state = self._chain.state_at(block_number_of(self._chain, which))
        return shown(state.get_nonce(Address(address_of(address))))

    def call(self, asked: object, which: object = "latest", *_overrides: object) -> str:
        """eth_call; overrides of state are refused."""
        if any(override not in (None, {}) for override in _overrides):
            raise InvalidParameters("this chain has no state overrides")
        header = (
            self._chain.next_header()
            if which == "pending"
            else self._chain.header(block_number_of(self._chain, which))
        )
        return shown_bytes(execution.call(self._chain, call_of(asked), header))

    def estimate(self, asked: object, _which: object = "latest", *_overrides: object) -> str:
        """eth_estimateGas, for the next block, whichever is named."""
        if any(override not in (None, {}) for override in _overrides):
            raise InvalidParameters("this chain has no state overrides")
        return shown(execution.estimate(self._chain, call_of(asked)))

    def transaction(self, transaction_hash: object) -> dict[str, Any] | None:
        """eth_getTransactionByHash."""
        mined = self._chain.transaction(word_of(transaction_hash))
        return None if mined is None else transaction_shape(self._chain, mined)

    def receipt(self, transaction_hash: object) -> dict[str, Any] | None:
        """eth_getTransactionReceipt."""
        mined = self._chain.transaction(word_of(transaction_hash))
        return None if mined is None else receipt_shape(self._chain, mined)

    def proof(self, address: object, slots: object, which: object = "latest") -> dict[str, Any]:
        """eth_getProof (EIP-1186), of absent accounts and slots as well."""
        account = Address(address_of(address))
        if not isinstance(slots, list) or len(slots) > proof_slots_max:
            raise InvalidParameters(f"the slots are no list of at most {proof_slots_max}")
        header = self._chain.header(block_number_of(self._chain, which))
        state = self._chain.state_for(header)
        nodes = self._chain.node_database
        storage_root = self._chain.storage_root(account, header)
        storage = []
        for asked in slots:
            slot = slot_of(asked)
            proof = prove(nodes, storage_root, slot.to_bytes(32, "big"))
            storage.append(
                {
                    "key": asked if isinstance(asked, str) else shown(slot),
                    "value": shown(state.get_storage(account, slot)),
                    "proof": [shown_bytes(node) for node in proof],
                }
            )
        return {
            "address": shown_bytes(account),
            "accountProof": [shown_bytes(n) for n in prove(nodes, header.state_root, account)],
            "balance": shown(state.get_balance(account)),
            "codeHash": shown_bytes(state.get_code_hash(account)),
            "nonce": shown(state.get_nonce(account)),
            "storageHash": shown_bytes(storage_root),
            "storageProof": storage,
        }

    def gas_price(self) -> str:
        """eth_gasPrice: what the next block asks, and the usual tip."""
        return shown((self._chain.next_header().base_fee_per_gas or 0) + priority_fee_wei)

    def priority_fee(self) -> str:
        """eth_maxPriorityFeePerGas."""
        return shown(priority_fee_wei)

    def fee_history(
        self, count: object, newest: object, percentiles: object = None
    ) -> dict[str, Any]:
        """eth_feeHistory; every transaction is taken to have tipped what the chain advises."""
        asked = min(number_of(count, "the count"), fee_history_blocks_max)
        wanted: Sequence[object] = percentiles if isinstance(percentiles, list) else ()
        if len(wanted) > 100:
            raise InvalidParameters("more than 100 percentiles")
        last = block_number_of(self._chain, newest)
        numbers = range(max(0, last - asked + 1), last + 1)
        headers = [self._chain.header(number) for number in numbers]
        following = self._chain.header(last + 1) if self._is_past(last) else None
        base_fees = [header.base_fee_per_gas or 0 for header in headers]
        base_fees.append((following or self._chain.next_header()).base_fee_per_gas or 0)
        history: dict[str, Any] = {
            "oldestBlock": shown(numbers.start),
            "baseFeePerGas": [shown(fee) for fee in base_fees],
            "gasUsedRatio": [header.gas_used / header.gas_limit for header in headers],
        }
        if wanted:
            history["reward"] = [[shown(priority_fee_wei)] * len(wanted) for _ in headers]
        return history

    def _is_past(self, number: int) -> bool:
        return number < int(self._chain.head.block_number)


def call_of(asked: object) -> Call:
    """What eth_call and eth_estimateGas are given."""
    fields = mapping_of(asked, "the call")
    data = fields.get("input", fields.get("data"))
    gas = fields.get("gas")
    return Call(
        sender=bytes(20) if fields.get("from") is None else address_of(fields["from"], "from"),
        to=b"" if fields.get("to") is None else address_of(fields["to"], "to"),
        data=b"" if data is None else bytes_of(data),
        value=0 if fields.get("value") is None else number_of(fields["value"], "value"),
        gas=block_gas_max if gas is None else min(number_of(gas, "gas"), block_gas_max),
    )
